import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLookedAfter, takeSupervisorLock } from './supervisorLock.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'supervisor-lock-test-'));
});

afterEach(() => rm(directory, { recursive: true }));

const leave = (content: string) => writeFile(join(directory, 'supervisor.json'), content);

describe('the lock of who looks after a data directory', () => {
  it('is held by one, and free again once released', async () => {
    const lock = await takeSupervisorLock(directory);
    await expect(takeSupervisorLock(directory)).rejects.toThrow(`in use by process ${process.pid}`);
    expect(await isLookedAfter(directory)).toBe(true);
    await lock.release();
    expect(await isLookedAfter(directory)).toBe(false);
    await (await takeSupervisorLock(directory)).release();
  });

  it.each([
    ['of a process that is dead', JSON.stringify({ pid: 999_999_999, born: '1' })],
    ['of a pid that is another process by now', JSON.stringify({ pid: process.pid, born: 'long ago' })],
    ['that was cut off', '{"pid": 1'],
    ['that is empty', ''],
  ])('is taken over from one %s', async (_what, content) => {
    await leave(content);
    expect(await isLookedAfter(directory)).toBe(false);
    await (await takeSupervisorLock(directory)).release();
  });
});
