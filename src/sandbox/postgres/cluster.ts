import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '../sandboxError.ts';
import type { Binaries } from './binaries.ts';
import type { Home } from './home.ts';
import { runAs, type Account, type Outcome } from './runAs.ts';

export const SUPERUSER = 'postgres';

/**
 * Sorting and case by code point as Unicode has them, built into Postgres, so that no locale of the machine is needed.
 * Only the character classes of extensions (pg_trgm) still ask the machine: the first of these it knows is taken.
 */
const CHARACTER_CLASSES = ['C.UTF-8', 'en_US.UTF-8', 'C'];

/** Makes the cluster if it is not there yet. Answers the password of its superuser. */
export async function ensureCluster(home: Home, binaries: Binaries): Promise<string> {
  if (!existsSync(home.cluster)) return createCluster(home, binaries);
  const written = (await readFile(join(home.cluster, 'PG_VERSION'), 'utf8').catch(() => 'unknown')).trim();
  if (written !== binaries.version.split('.')[0]) {
    throw new SandboxError(
      `The data in ${home.cluster} was written by Postgres ${written}, and this is ${binaries.version}.`,
      'Go back to the former version of the package, or remove that directory to start afresh.',
    );
  }
  return readPassword(home);
}

async function readPassword(home: Home): Promise<string> {
  const path = passwordFile(home);
  const password = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (password !== '') return password;
  throw new SandboxError(
    `The password of the database in ${home.cluster} is missing: ${path} cannot be read or is empty.`,
    `Restore that file, or remove ${home.directory} to start afresh.`,
  );
}

/** Works in a directory of another name and renames it at the end, so that a cluster which exists is whole. */
async function createCluster(home: Home, binaries: Binaries): Promise<string> {
  await removeUnfinished(home.directory);
  const password = randomBytes(24).toString('base64url');
  const unfinished = join(home.directory, `cluster.unfinished-${randomUUID()}`);
  const handedOver = `${unfinished}.password`;
  try {
    await mkdir(unfinished, { mode: 0o700 });
    await writeFile(handedOver, password, { mode: 0o600 });
    await giveTo(home.account, unfinished, handedOver);
    await initialise({
      account: home.account,
      initdb: binaries.initdb,
      directory: unfinished,
      passwordFile: handedOver,
    });
    await writeFile(passwordFile(home), `${password}\n`, { mode: 0o600 });
    await chmod(passwordFile(home), 0o600);
    await rename(unfinished, home.cluster);
    return password;
  } finally {
    await rm(handedOver, { force: true });
    await rm(unfinished, { recursive: true, force: true });
  }
}

function passwordFile(home: Home): string {
  return join(home.directory, 'password');
}

async function giveTo({ uid, gid }: Account, ...paths: string[]): Promise<void> {
  if (uid === undefined) return;
  for (const path of paths) await chown(path, uid, gid ?? uid);
}

async function removeUnfinished(directory: string): Promise<void> {
  const left = (await readdir(directory)).filter((name) => name.startsWith('cluster.unfinished-'));
  for (const name of left) await rm(join(directory, name), { recursive: true, force: true });
}

interface Initialisation {
  account: Account;
  initdb: string;
  directory: string;
  passwordFile: string;
}

async function initialise(job: Initialisation): Promise<void> {
  let outcome: Outcome = { ok: false, stdout: '', stderr: '' };
  for (const characterClass of CHARACTER_CLASSES) {
    outcome = await runAs(job.account, job.initdb, initdbArguments(job, characterClass));
    if (outcome.ok) return;
    if (!/invalid locale name/.test(outcome.stderr)) break;
  }
  throw new SandboxError(
    `Postgres could not make its files in ${job.directory}: ${outcome.stderr.trim()}`,
    'Make room and write access there, or choose another data directory.',
  );
}

function initdbArguments(job: Initialisation, characterClass: string): string[] {
  return [
    `--pgdata=${job.directory}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${job.passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    `--lc-ctype=${characterClass}`,
    '--lc-messages=C',
  ];
}
