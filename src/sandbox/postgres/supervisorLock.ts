import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SandboxError } from '../sandboxError.ts';
import { birthMark, isAlive } from './processes.ts';

const holderSchema = z.object({ pid: z.number().int().positive(), born: z.string() });

export interface SupervisorLock {
  release(): Promise<void>;
}

/**
 * Makes sure that one process looks after a data directory: a second one would adopt the server of the first and stop it
 * under its hands. The lock of a process that was killed is taken over.
 */
export async function takeSupervisorLock(directory: string): Promise<SupervisorLock> {
  const path = lockPath(directory);
  const mine = JSON.stringify({ pid: process.pid, born: await birthMark(process.pid) });
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (await writeIfAbsent(path, mine)) return { release: () => rm(path, { force: true }) };
    const holder = await livingHolder(path);
    if (holder !== undefined) throw heldBy(holder, directory);
    await rm(path, { force: true });
  }
  throw heldBy('another process', directory);
}

/** Whether a living process looks after this data directory. */
export async function isLookedAfter(directory: string): Promise<boolean> {
  return (await livingHolder(lockPath(directory))) !== undefined;
}

function lockPath(directory: string): string {
  return join(directory, 'supervisor.json');
}

async function writeIfAbsent(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o644 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function livingHolder(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const holder = holderSchema.safeParse(parseJson(text));
  if (!holder.success || !isAlive(holder.data.pid)) return undefined;
  return (await birthMark(holder.data.pid)) === holder.data.born ? `process ${holder.data.pid}` : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function heldBy(holder: string, directory: string): SandboxError {
  return new SandboxError(
    `The database in ${directory} is already in use by ${holder}.`,
    'Stop that process first, or choose another data directory.',
  );
}
