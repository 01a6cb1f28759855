import { existsSync } from 'node:fs';
import { access, constants, mkdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SandboxError } from '../sandboxError.ts';
import { moveOutside, pointedTo, withinReach } from './outside.ts';
import { canWrite, chooseAccount, isRoot, type Account } from './runAs.ts';

/** The directory of one cluster and what belongs to it, and the account that owns its data. */
export interface Home {
  directory: string;
  /** What Postgres calls PGDATA. */
  cluster: string;
  account: Account;
}

/**
 * Settles where the data is. That is `dataDir`, unless this is root and the account Postgres has to run as cannot reach
 * `dataDir`: then it is a directory of ours outside, and a README in `dataDir` says so.
 */
export async function settleHome(dataDir: string, log: (message: string) => void): Promise<Home> {
  const wanted = await makeDirectory(dataDir);
  const directory = (await pointedTo(wanted, log)) ?? wanted;
  const account = await chooseAccount(clusterOf(directory));
  if (!isRoot()) await insistOnAccess(directory);
  else if (existsSync(clusterOf(directory))) await insistOnReach(clusterOf(directory), account);
  else if (!(await withinReach(directory, account)))
    return homeIn(await moveOutside(wanted, account, log), account);
  return homeIn(directory, account);
}

function homeIn(directory: string, account: Account): Home {
  return { directory, cluster: clusterOf(directory), account };
}

function clusterOf(directory: string): string {
  return join(directory, 'cluster');
}

async function makeDirectory(dataDir: string): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true });
    return await realpath(dataDir);
  } catch (cause) {
    throw new SandboxError(
      `The data directory ${dataDir} cannot be made: ${(cause as Error).message}`,
      `Give this user write access to ${dirname(dataDir)}, or choose another data directory.`,
      { cause },
    );
  }
}

async function insistOnAccess(directory: string): Promise<void> {
  await access(directory, constants.R_OK | constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    throw new SandboxError(
      `No permission to write in the data directory ${directory}.`,
      'Give this user write access to it (chown or chmod), or choose another data directory.',
      { cause },
    );
  });
}

async function insistOnReach(cluster: string, account: Account): Promise<void> {
  if (await canWrite(account, cluster)) return;
  throw new SandboxError(
    `Postgres has to run as ${account.name}, who owns ${cluster} but cannot enter it any more.`,
    'Let that user through the directories above it (chmod o+x), or remove it to start afresh.',
  );
}
