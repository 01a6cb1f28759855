import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../src/sandbox/postgres/startPostgres.ts';
import { isLookedAfter } from '../../src/sandbox/postgres/supervisorLock.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The superuser's connection string to the Postgres of this test run. */
    postgresAdminUrl: string;
  }
}

const PREFIX = 'fulfillment-test-';

/** Starts one Postgres for the whole test run. Nothing in it outlives the run, so it need not reach the disk. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandoned();
  const dataDir = join(tmpdir(), `${PREFIX}${randomUUID()}`);
  const postgres = await startPostgres({
    dataDir,
    extraSettings: { fsync: 'off', full_page_writes: 'off', max_connections: '200' },
  });
  project.provide('postgresAdminUrl', postgres.url());
  return async () => {
    await postgres.stop();
    await rm(postgres.directory, { recursive: true, force: true });
    await rm(dataDir, { recursive: true, force: true });
  };
}

/** What test runs that were killed have left. Their servers end by themselves when they miss their lock file. */
async function removeAbandoned(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  for (const directory of names.map((name) => join(tmpdir(), name))) {
    // A young one may be another run that is just beginning.
    if ((await ageMs(directory)) < 600_000 || (await isLookedAfter(directory))) continue;
    await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function ageMs(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found ? Date.now() - found.mtimeMs : 0;
}
