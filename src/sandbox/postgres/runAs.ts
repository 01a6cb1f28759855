import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { SandboxError } from '../sandboxError.ts';

/** Who Postgres runs as. Without `uid` it is whoever runs this process. */
export interface Account {
  name: string;
  uid?: number;
  gid?: number;
}

export interface Outcome {
  ok: boolean;
  stdout: string;
  stderr: string;
}

const EXISTING_POSTGRES = 'or point the product to a Postgres you already have (DATABASE_URL)';

/** Nothing of the caller's environment: PGDATA, PGOPTIONS or a missing locale there must not reach Postgres. */
export const childEnvironment = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
  HOME: '/',
  LC_ALL: 'C',
};

/**
 * What `spawn` needs to start a program as `account`. Node clears the supplementary groups itself when a uid is given.
 * The working directory is one that everybody may enter.
 */
export function spawnOptionsFor(account: Account): {
  uid?: number;
  gid?: number;
  cwd: string;
  env: typeof childEnvironment;
} {
  const ids = account.uid === undefined ? {} : { uid: account.uid, gid: account.gid ?? account.uid };
  return { ...ids, cwd: '/', env: childEnvironment };
}

/** Runs a program to its end as `account`. Never rejects: a program that cannot be started is an outcome too. */
export function runAs(account: Account, program: string, args: string[]): Promise<Outcome> {
  const options = { ...spawnOptionsFor(account), timeout: 120_000, maxBuffer: 4 * 1024 * 1024 };
  return new Promise((resolve) => {
    const settle = (error: Error | null, stdout: string, stderr: string) =>
      resolve({ ok: error === null, stdout, stderr: stderr.trim() === '' && error ? error.message : stderr });
    try {
      execFile(program, args, options, settle);
    } catch (error) {
      settle(error as Error, '', '');
    }
  });
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The account for a cluster: its owner if it exists already; else oneself, or for root the first existing of `postgres`
 * and `nobody` (Postgres refuses to run as root, and no user is created).
 */
export async function chooseAccount(clusterDir: string): Promise<Account> {
  const owner = await stat(clusterDir).catch(() => undefined);
  if (!isRoot()) return ourselves(clusterDir, owner?.uid);
  if (owner && owner.uid !== 0) return { name: `user ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    const ids = await idsOf(name);
    if (ids) return insistOnBecoming({ name, ...ids });
  }
  throw new SandboxError(
    'Postgres does not run as root, and this machine has neither a user `postgres` nor a user `nobody`.',
    `Run this as an ordinary user, add one (useradd --system postgres), ${EXISTING_POSTGRES}.`,
  );
}

/** Root of a container with a single user, or without the capabilities, cannot become anybody else. */
async function insistOnBecoming(account: Account): Promise<Account> {
  const tried = await runAs(account, '/bin/sh', ['-c', ':']);
  if (tried.ok) return account;
  throw new SandboxError(
    `Postgres does not run as root, and this root may not become ${account.name}: ${tried.stderr.trim()}`,
    `Run this as an ordinary user, allow it (the capabilities SETUID, SETGID and CHOWN), ${EXISTING_POSTGRES}.`,
  );
}

function ourselves(clusterDir: string, ownerUid: number | undefined): Account {
  const uid = process.getuid?.();
  if (ownerUid !== undefined && uid !== undefined && ownerUid !== uid) {
    throw new SandboxError(
      `The database in ${clusterDir} belongs to user ${ownerUid}, and this is user ${uid}.`,
      'Run this as that user (or as root), remove the directory, or choose another data directory.',
    );
  }
  try {
    return { name: userInfo().username };
  } catch (cause) {
    throw new SandboxError(
      `User ${uid} has no entry in /etc/passwd, and Postgres insists on one.`,
      `Run this as a user with a name, add one (echo 'app:x:${uid}:${process.getgid?.()}::/tmp:/bin/sh' >> /etc/passwd), ${EXISTING_POSTGRES}.`,
      { cause },
    );
  }
}

async function idsOf(name: string): Promise<{ uid: number; gid: number } | undefined> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const entry = passwd
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.split(':');
  if (entry) return { uid: signed(entry[2]), gid: signed(entry[3]) };
  // macOS keeps most accounts outside /etc/passwd.
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map((flag) => runAs({ name: 'root' }, 'id', [flag, name])),
  );
  return uid?.ok && gid?.ok ? { uid: signed(uid.stdout), gid: signed(gid.stdout) } : undefined;
}

/** macOS prints the uid of nobody, -2, as 4294967294, which `spawn` does not take. */
function signed(id: string | undefined): number {
  return Number(id) | 0;
}

/** Whether `account` may write in `directory`, which includes being let through every directory above it. */
export async function canWrite(account: Account, directory: string): Promise<boolean> {
  return (await runAs(account, '/bin/sh', ['-c', 'test -w "$0" && test -x "$0"', directory])).ok;
}
