import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const hourMs = 60 * 60_000;

/** Where a name ends, and how long such a file stays that nobody touches. */
const staysMs: Record<string, number> = {
  /** Half written by a process that was killed. */
  '.part': hourMs,
  /** A buyer's copy, with their name in it: whoever downloads it again within a day finds it. */
  '.copy': 24 * hourMs,
};

/** Removes from a directory what was left half written, and buyers' copies that nobody has asked for lately. */
export async function removeLeftovers(directory: string, now: Date): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names) {
    const most = staysMs[path.extname(name)];
    if (most === undefined) continue;
    const file = path.join(directory, name);
    const info = await stat(file).catch(() => undefined);
    if (info && now.getTime() - info.mtimeMs > most) await rm(file, { force: true });
  }
}

const prefix = 'fulfillment-books-';
const ofProcess = new RegExp(`^${prefix}(\\d+)-`);

/** A directory for this process alone. Those of processes that were killed before they could remove theirs go. */
export async function makeOwnDirectory(parent: string = os.tmpdir()): Promise<string> {
  for (const name of await readdir(parent).catch(() => [])) {
    const [, pid] = ofProcess.exec(name) ?? [];
    const place = path.join(parent, name);
    // Another user's stays.
    if (pid !== undefined && (await isLeft(place, Number(pid))))
      await rm(place, { recursive: true, force: true }).catch(() => undefined);
  }
  return mkdtemp(path.join(parent, `${prefix}${process.pid}-`));
}

/** In a container, the next process has the number of the one that was killed. */
async function isLeft(place: string, pid: number): Promise<boolean> {
  if (pid !== process.pid) return !isAlive(pid);
  const info = await stat(place).catch(() => undefined);
  return info !== undefined && info.birthtimeMs < performance.timeOrigin;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
