import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildConfig } from '../../../test/builders/config.ts';
import { judgeRoom, storageCheck } from './storage.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'doctor-storage-'));
});
afterEach(async () => {
  await chmod(directory, 0o700);
  await rm(directory, { recursive: true });
});

const check = (storageDirectory: string) =>
  storageCheck.run({
    config: buildConfig({ STORAGE_DIRECTORY: storageDirectory }),
    migratorUrl: null,
    signal: new AbortController().signal,
  });

describe('the storage directory', () => {
  it('is fine when it can be written, and nothing stays in it', async () => {
    const [finding] = await check(directory);
    expect(finding?.state).not.toBe('failed');
    expect(await readdir(directory)).toEqual([]);
  });

  it('fails when it is missing, and says what to do', async () => {
    expect(await check(path.join(directory, 'none'))).toMatchObject([
      {
        state: 'failed',
        detail: expect.stringContaining('ENOENT'),
        remedy: expect.stringContaining('mkdir -p'),
      },
    ]);
  });

  it.each([
    [0.1, ['failed']],
    [2, ['warning']],
    [100, []],
  ])('with %d GiB free gives %j', (gib, states) => {
    expect(judgeRoom(gib * 1024 ** 3).map(({ state }) => state)).toEqual(states);
  });
});
