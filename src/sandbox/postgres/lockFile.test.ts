import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findOrphan, isPostmasterOf, parseLockFile } from './lockFile.ts';

const text = (pid: number) =>
  `${pid}\n/data/cluster\n1795000000\n5432\n\n127.0.0.1\n  1234567    98304\nready   \n`;

describe('a lock file of Postgres', () => {
  it('gives pid and port', () => {
    expect(parseLockFile(text(4711))).toEqual({ pid: 4711, port: 5432 });
  });

  it.each(['', 'nonsense\n', '-5\n/data', '0\n'])('gives nothing when it holds %j', (content) => {
    expect(parseLockFile(content)).toBeUndefined();
  });

  it('gives the pid alone when it ends early', () => {
    expect(parseLockFile('4711\n/data')).toEqual({ pid: 4711, port: undefined });
  });
});

describe('the command line of a server', () => {
  it.each([
    ['/opt/a folder/bin/postgres -D /data/cluster -c port=5432', true],
    ['postgres -D /data/cluster', true],
    ['/bin/postgres -D /data/cluster2 -c port=5432', false],
    ['/bin/postgres -c port=5432 -D /other', false],
    ['/usr/bin/vim -D /data/cluster', false],
    ['postgres: checkpointer', false],
    ['', false],
  ])('%j: %s', (command, expected) => {
    expect(isPostmasterOf(command, '/data/cluster')).toBe(expected);
  });
});

describe('looking for a server left running', () => {
  it('finds none without a lock file', async () => {
    expect(await findOrphan('/no/such/directory')).toBeUndefined();
  });

  it('disowns a lock file whose pid is another program, and keeps the rest of it for Postgres to check', async () => {
    const cluster = await mkdtemp(join(tmpdir(), 'lock-file-test-'));
    const path = join(cluster, 'postmaster.pid');
    await writeFile(path, text(process.ppid));
    expect(await findOrphan(cluster)).toBeUndefined();
    expect(await readFile(path, 'utf8')).toBe(text(process.pid));
    await rm(cluster, { recursive: true });
  });
});
