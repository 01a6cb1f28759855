import { randomUUID } from 'node:crypto';
import { access, constants, statfs, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Finding } from '../../cli/duties.ts';
import { examineBucket } from './storageBucket.ts';
import { findingsOf, type Check } from './check.ts';

const gib = 1024 ** 3;
const freeWantedBytes = 5 * gib;
const freeNeededBytes = gib / 2;

/** The file store: a directory that is there, writable and has room, or a bucket that does what we need of one. */
export const storageCheck: Check = {
  name: 'storage',
  async run({ config, signal }) {
    if (config.objectStore !== null) return examineBucket(config.objectStore, signal);
    const { storageDirectory: directory } = config;
    const { ok, failed } = findingsOf('storage');
    try {
      await tryWriting(directory);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      const remedy = `As the service's user: mkdir -p ${directory} and make it writable.`;
      return [failed(`${directory} cannot be written (${code})`, remedy)];
    }
    const { bavail, bsize } = await statfs(directory);
    const room = judgeRoom(bavail * bsize);
    return room.length > 0 ? room : [ok(`${directory} is writable, ${roomText(bavail * bsize)} free`)];
  },
};

/** Nothing stays behind: the probe is removed at once, and its name can be no stored object's. */
async function tryWriting(directory: string): Promise<void> {
  await access(directory, constants.W_OK | constants.X_OK);
  const probe = path.join(directory, `.doctor-${randomUUID()}`);
  await writeFile(probe, 'probe', { flag: 'wx', mode: 0o600 });
  await unlink(probe);
}

/** @returns nothing when there is room */
export function judgeRoom(freeBytes: number): Finding[] {
  const { warning, failed } = findingsOf('storage');
  const remedy = 'Make room, or move STORAGE_DIRECTORY to a larger disk.';
  if (freeBytes < freeNeededBytes) return [failed(`only ${roomText(freeBytes)} free`, remedy)];
  return freeBytes < freeWantedBytes ? [warning(`only ${roomText(freeBytes)} free`, remedy)] : [];
}

const roomText = (bytes: number) => `${(bytes / gib).toFixed(1)} GiB`;
