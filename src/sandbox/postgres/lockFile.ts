import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandLine, isAlive } from './processes.ts';

/** What Postgres writes into postmaster.pid, as far as we use it. */
export interface LockFile {
  pid: number;
  port: number | undefined;
}

/** Reads the text of a postmaster.pid: pid, data directory, start time, port, each on its line. */
export function parseLockFile(text: string): LockFile | undefined {
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isSafeInteger(pid) || pid < 1) return undefined;
  return { pid, port: Number.isSafeInteger(port) && port > 0 ? port : undefined };
}

/**
 * The server left running on this cluster, if there is one. A lock file whose pid now belongs to another program is made
 * such that the next start takes it for stale.
 */
export async function findOrphan(cluster: string): Promise<LockFile | undefined> {
  const path = join(cluster, 'postmaster.pid');
  const text = await readFile(path, 'utf8').catch(() => '');
  const lock = parseLockFile(text);
  if (!lock || !isAlive(lock.pid)) return undefined;
  if (isPostmasterOf(await commandLine(lock.pid), cluster)) return lock;
  await writeFile(path, disownedBy(process.pid, text));
  return undefined;
}

/** Whether a command line is that of a server started on `cluster`, by us or by pg_ctl. */
export function isPostmasterOf(command: string, cluster: string): boolean {
  const words = `${command} `;
  const option = words.indexOf(` -D ${cluster} `);
  return option >= 0 && /(^|\/)postgres /.test(words.slice(0, option + 1));
}

/**
 * Postgres takes a lock file with the pid of its own parent for a left-over of an earlier boot. Better than deleting it:
 * the rest of the file lets Postgres find out whether backends of the old server still use the data.
 */
export function disownedBy(parentPid: number, lockFile: string): string {
  return lockFile.replace(/^\s*-?\d+/, String(parentPid));
}
