import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { exitCodes } from '../exitCodes.ts';
import { CommandFailure } from '../failure.ts';

const keptSchema = z.object({
  issuer: z.string(),
  clientId: z.string(),
  audience: z.string(),
  accessToken: z.string(),
  refreshToken: z.string().nullable(),
  /** Null: the identity provider did not say. */
  expiresAt: z.iso.datetime().nullable(),
});

/** One sign-in, with what is needed to renew it. */
export type KeptSignIn = z.infer<typeof keptSchema>;

const fileSchema = z.object({
  version: z.literal(1),
  /** The service signed in at last: the one that is asked when none is named. */
  current: z.string().nullable(),
  signIns: z.record(z.string(), keptSchema),
});
type Content = z.infer<typeof fileSchema>;

/** The sign-ins of this machine's user, by the service's address, in a file that nobody else can read. */
export interface TokenFile {
  readonly path: string;
  /** The service signed in at last. */
  current(): Promise<string | undefined>;
  read(apiUrl: string): Promise<KeptSignIn | undefined>;
  write(apiUrl: string, signIn: KeptSignIn): Promise<void>;
  /** Tells whether there was anything. */
  remove(apiUrl: string): Promise<boolean>;
}

/** XDG Base Directory Specification: what lasts between runs and is not worth a backup. */
export function tokenFilePath(place: { xdgStateHome: string | undefined; homeDirectory: string }): string {
  const { xdgStateHome, homeDirectory } = place;
  // A relative one is to be ignored, says the specification.
  const given = xdgStateHome !== undefined && path.isAbsolute(xdgStateHome) ? xdgStateHome : undefined;
  return path.join(given ?? path.join(homeDirectory, '.local', 'state'), 'fulfillment', 'sign-ins.json');
}

/** All throw `CommandFailure` when the file is open to others, or cannot be read or written. */
export function createTokenFile(filePath: string): TokenFile {
  async function load(): Promise<Content> {
    const text = await readOwn(filePath);
    if (text === undefined) return { version: 1, current: null, signIns: {} };
    const parsed = fileSchema.safeParse(readJson(text));
    if (parsed.success) return parsed.data;
    throw unusable(filePath, 'does not hold what it should');
  }

  return {
    path: filePath,
    current: async () => (await load()).current ?? undefined,
    async read(apiUrl) {
      const { signIns } = await load();
      return Object.hasOwn(signIns, apiUrl) ? signIns[apiUrl] : undefined;
    },
    async write(apiUrl, signIn) {
      const { signIns } = await load();
      await replace(filePath, {
        version: 1,
        current: apiUrl,
        signIns: { ...signIns, [apiUrl]: signIn },
      });
    },
    async remove(apiUrl) {
      const { signIns, current } = await load();
      if (!Object.hasOwn(signIns, apiUrl)) return false;
      const { [apiUrl]: _gone, ...rest } = signIns;
      await replace(filePath, { version: 1, current: current === apiUrl ? null : current, signIns: rest });
      return true;
    },
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Undefined when there is no such file. One that others may read has been a password on a postcard. */
async function readOwn(filePath: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(filePath);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new CommandFailure(`Others on this machine can read ${filePath}.`, {
        exitCode: exitCodes.notAllowed,
        code: 'sign_in_file_open',
        details: [`Remove it and sign in again: rm '${filePath}' && fulfillment login`],
      });
    return await readFile(filePath, 'utf8');
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unusable(filePath, `cannot be read (${code ?? 'unknown error'})`);
  }
}

/** Whole or not at all: a second command that runs at the same time reads the old or the new one. */
async function replace(filePath: string, content: Content): Promise<void> {
  const temporary = `${filePath}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(path.dirname(filePath), { recursive: true, mode: 0o700 });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(content, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, filePath);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unusable(
      filePath,
      `cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`,
    );
  }
}

const unusable = (filePath: string, why: string) =>
  new CommandFailure(`The file of sign-ins ${filePath} ${why}.`, {
    code: 'sign_in_file_unusable',
    details: ['Remove it, and sign in again: fulfillment login'],
  });
