import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rename, stat, unlink, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { FileBody } from '../../ports/fileStore.ts';

/** Directory of unfinished writes. No key can name it, because keys start with a letter or a digit. */
const incomingName = '.incoming';
const abandonedAfterMs = 60 * 60_000;

/**
 * Writes a body to a temporary file and syncs it to the disk.
 *
 * @returns the path of the temporary file
 */
export async function writeIncoming(root: string, body: FileBody, signal: AbortSignal): Promise<string> {
  const directory = path.join(root, incomingName);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = path.join(directory, randomUUID());
  const file = await open(temporary, 'wx', 0o600);
  let whole = false;
  try {
    let written = 0;
    for await (const chunk of body.open(signal)) {
      await file.writeFile(chunk);
      written += chunk.byteLength;
      // What goes on for longer than it said is known as damaged by its size, and must not fill the disk.
      if (written > body.sizeBytes) break;
    }
    await file.sync();
    whole = true;
  } finally {
    await file.close();
    if (!whole) await unlink(temporary).catch(() => undefined);
  }
  return temporary;
}

/**
 * Gives a finished temporary file its name, in one step and without overwriting: a hard link fails where a rename
 * would replace. Then syncs the directories, so that the name survives a power cut.
 *
 * @returns false when the name is taken
 */
export async function publish(root: string, temporary: string, target: string): Promise<boolean> {
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  try {
    await link(temporary, target);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  }
  // Up to the root: another write may have made a parent just now and not have synced it yet.
  for (
    let directory = path.dirname(target);
    directory.length >= root.length;
    directory = path.dirname(directory)
  ) {
    await syncDirectory(directory);
  }
  return true;
}

/** Takes an object's name away. Returns where it lies now; undefined when there is none. */
export async function setAside(root: string, target: string, now: Date): Promise<string | undefined> {
  const directory = path.join(root, incomingName);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const aside = path.join(directory, randomUUID());
  try {
    // Else it would be old enough to be swept away at once as abandoned.
    await utimes(target, now, now);
    await rename(target, aside);
  } catch (thrown) {
    if (['ENOENT', 'ENOTDIR'].includes((thrown as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw thrown;
  }
  await syncDirectory(path.dirname(target));
  return aside;
}

/** Makes names in a directory survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what killed processes left behind. Never fails: it is housekeeping. */
export async function removeAbandoned(root: string, now: Date): Promise<void> {
  const directory = path.join(root, incomingName);
  const names = await readdir(directory).catch(() => []);
  for (const name of names) {
    const file = path.join(directory, name);
    const info = await stat(file).catch(() => undefined);
    if (info && now.getTime() - info.mtimeMs > abandonedAfterMs) await unlink(file).catch(() => undefined);
  }
}
