import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '../sandboxError.ts';
import { privatePlaces } from './privatePlace.ts';
import { canWrite, type Account } from './runAs.ts';

const POINTER = 'README';
const LOCATION = /^Location: (.+)$/m;

/** Where the README in `wanted` says the data is, if there is one and it is right. */
export async function pointedTo(wanted: string, log: (message: string) => void): Promise<string | undefined> {
  const readme = await readFile(join(wanted, POINTER), 'utf8').catch(() => '');
  const location = LOCATION.exec(readme)?.[1];
  if (location === undefined || existsSync(location)) return location;
  log(`The data of ${wanted} was in ${location}, which is gone. Starting afresh.`);
  return undefined;
}

/** Whether a directory that `account` owns could live in `directory`. */
export async function withinReach(directory: string, account: Account): Promise<boolean> {
  const trial = await mkdtemp(join(directory, 'trial-'));
  try {
    await chown(trial, account.uid ?? 0, account.gid ?? 0);
    return await canWrite(account, trial);
  } finally {
    await rmdir(trial);
  }
}

/** Makes a directory for the data of `wanted` where `account` can reach it, and leaves a README in `wanted`. */
export async function moveOutside(
  wanted: string,
  account: Account,
  log: (message: string) => void,
): Promise<string> {
  const name = `data-${createHash('sha256').update(wanted).digest('hex').slice(0, 16)}-`;
  for (const place of await privatePlaces()) {
    await removeLeftovers(place, name, log);
    const directory = await mkdtemp(join(place, name));
    await chmod(directory, 0o755);
    if (await withinReach(directory, account)) {
      await writeFile(join(wanted, POINTER), explanation(directory, account));
      log(`Postgres has to run as ${account.name}, who cannot enter ${wanted}. Its data is in ${directory}.`);
      return directory;
    }
    await rmdir(directory);
  }
  throw new SandboxError(
    `Postgres has to run as ${account.name}, who can reach neither ${wanted} nor /var/tmp.`,
    'Choose a data directory this user can enter (every directory above it needs o+x).',
  );
}

/**
 * Removes the data of a `wanted` that somebody has deleted since, and with it the README that led there. A server still
 * running on it ends by itself once it misses its lock file.
 */
async function removeLeftovers(place: string, name: string, log: (message: string) => void): Promise<void> {
  const left = (await readdir(place)).filter((entry) => entry.startsWith(name));
  for (const path of left.map((entry) => join(place, entry))) {
    log(`Removing ${path}: the data directory it belonged to was deleted.`);
    await rm(path, { recursive: true, force: true });
  }
}

function explanation(directory: string, account: Account): string {
  return [
    'The database of the sandbox is not in this directory.',
    '',
    `It was started by root, Postgres refuses to run as root, and the user it runs as instead (${account.name})`,
    'cannot enter this directory. Its data, log and password are in:',
    '',
    `Location: ${directory}`,
    '',
    'To start afresh, stop the sandbox and remove both directories.',
    '',
  ].join('\n');
}
