import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '../../acceptance/until.ts';

const run = promisify(execFile);

export interface SmallDisk {
  sizeKilobytes: number;
  /** Whom its root directory belongs to, and nobody else may enter it. */
  owner: { uid: number; gid: number };
}

const optionsOf = ({ sizeKilobytes, owner }: SmallDisk) =>
  `size=${sizeKilobytes}k,mode=700,uid=${owner.uid},gid=${owner.gid}`;

/** Why there can be no small disk on this machine: for that it needs root, and a kernel that lets it. */
export function whyNoSmallDisk(): string | undefined {
  if (process.getuid?.() !== 0) return 'a disk is mounted by root alone';
  const trial = mkdtempSync(join(tmpdir(), 'fulfillment-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', trial], { stdio: 'pipe' });
    execFileSync('umount', [trial], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    // Which command has failed, and on the next line what it says.
    const said = (error as Error).message.split('\n').slice(0, 2).at(-1);
    return `no disk can be mounted (${said})`;
  } finally {
    rmdirSync(trial);
  }
}

/** Lays an empty disk of this size over a directory. */
export async function mountSmallDisk(directory: string, disk: SmallDisk): Promise<void> {
  await run('mount', ['-t', 'tmpfs', '-o', optionsOf(disk), 'tmpfs', directory]);
}

/** Takes it away, with all that is on it; nothing happens where there is none. */
export async function unmountSmallDisk(directory: string): Promise<void> {
  await until(
    `${directory} without its disk`,
    async () => {
      if (!(await isMounted(directory))) return true;
      // Somebody may still be reading.
      await run('umount', [directory]).catch(() => undefined);
      return false;
    },
    { withinMs: 10_000 },
  );
}

async function isMounted(directory: string): Promise<boolean> {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n');
  return mounts.some((line) => line.split(' ')[1] === directory);
}

const fillerOf = (directory: string) => join(directory, 'filler');

/** Leaves no room on it. */
export async function fillDisk(directory: string): Promise<void> {
  const filler = await open(fillerOf(directory), 'a');
  try {
    for (;;) await filler.write(Buffer.alloc(65_536));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await filler.close();
  }
}

/** Gives the room back that was filled. */
export const freeDisk = (directory: string): Promise<void> => rm(fillerOf(directory), { force: true });
