import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import path from 'node:path';

/** Directory of unfinished writes. No key can name it, because keys start with a letter or a digit. */
const incomingName = '.incoming';
const abandonedAfterMs = 60 * 60_000;

/**
 * Writes bytes to a temporary file and syncs them to the disk.
 *
 * @returns the path of the temporary file
 */
export async function writeIncoming(root: string, bytes: Uint8Array): Promise<string> {
  const directory = path.join(root, incomingName);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = path.join(directory, randomUUID());
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
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
