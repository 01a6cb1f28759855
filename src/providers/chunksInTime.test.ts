import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { chunksInTime } from './chunksInTime.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

it('gives on what comes in time', async () => {
  const chunks = chunksInTime(Readable.from([bytes('a'), bytes('b')]), 60_000, () => undefined);
  expect(Buffer.concat(await Readable.from(chunks).toArray()).toString()).toBe('ab');
});

it('stops what falls silent in the middle', async () => {
  const silent = new Readable({ read: () => undefined });
  silent.push(bytes('a'));
  const chunks = chunksInTime(silent, 10, (reason) => silent.destroy(reason));
  expect((await chunks.next()).value).toEqual(Buffer.from('a'));
  await expect(chunks.next()).rejects.toMatchObject({ name: 'TimeoutError' });
});

it('never stops for a reader that is slow, and lets go when it leaves', async () => {
  const source = Readable.from([bytes('a'), bytes('b'), bytes('c')]);
  let stopped = false;
  const chunks = chunksInTime(source, 5, () => void (stopped = true));
  await chunks.next();
  await new Promise((resolve) => setTimeout(resolve, 30));
  await chunks.next();
  await chunks.return(undefined);
  expect({ stopped, destroyed: source.destroyed }).toEqual({ stopped: false, destroyed: true });
});
