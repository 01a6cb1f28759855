import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLocalDiskStore } from './adapter.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'given-up-'));
  await writeFile(join(root, 'a-book'), Buffer.alloc(200_000));
});
afterAll(() => rm(root, { recursive: true }));

/** Looks whether the process would have ended while something is done. */
async function endsNobody(work: () => Promise<void>): Promise<void> {
  const unheard: unknown[] = [];
  const hear = (error: unknown) => unheard.push(error);
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', hear);
  try {
    await work();
    // A stream tells its end a few turns later.
    await new Promise((resolve) => setTimeout(resolve, 30));
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const other of others) process.on('uncaughtException', other);
  }
  expect(unheard).toEqual([]);
}

const store = () =>
  createLocalDiskStore({ rootDirectory: root, signingKey: 'k'.repeat(32), publicBaseUrl: 'http://x' });

it('a file that is given up before anybody reads it ends nobody’s process, and is no book to read', () =>
  endsNobody(async () => {
    const calling = new AbortController();
    const opened = await store().open('a-book', {}, calling.signal);
    calling.abort();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const reading = async () => {
      for await (const chunk of opened?.chunks ?? []) expect(chunk.byteLength).toBeGreaterThan(0);
    };
    await expect(reading()).rejects.toMatchObject({ name: 'Fault', kind: 'transient', reason: 'aborted' });
  }));

it('a file that is given up while it is opened is told as such', () =>
  endsNobody(async () => {
    // However far the opening has come: each turn of the loop is tried.
    for (let turns = 0; turns < 12; turns += 1) {
      const calling = new AbortController();
      const opening = store().open('a-book', {}, calling.signal);
      const given = opening.then(
        (opened) => opened?.close(),
        (error: unknown) => expect(error).toMatchObject({ name: 'Fault', reason: 'aborted' }),
      );
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      calling.abort();
      await given;
    }
  }));
