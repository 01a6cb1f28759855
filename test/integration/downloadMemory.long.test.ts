import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Listening {
  port: number;
  books: Array<{ path: string; sha256: string; sizeBytes: number }>;
}

let child: ChildProcess;
let listening: Listening;

/** The next thing that the process says. */
const said = async <Said>() => ((await once(child, 'message')) as [Said])[0];

beforeAll(async () => {
  const program = fileURLToPath(new URL('../builders/deliveringProcess.ts', import.meta.url));
  child = fork(program, { execArgv: ['--expose-gc', '--import', 'tsx'] });
  listening = await said<Listening>();
});
afterAll(async () => {
  const gone = once(child, 'exit');
  child.disconnect();
  await gone;
});

/** Reads a book with rests of this long after each so many bytes, and before the first. */
async function read(bookNo: number, { restMs, everyBytes }: { restMs: number; everyBytes: number }) {
  const { path } = listening.books[bookNo] ?? expect.fail('There is no such book.');
  const request = get({
    host: '127.0.0.1',
    port: listening.port,
    path,
    headers: { 'user-agent': 'Firefox' },
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const hash = createHash('sha256');
  let [bytes, rested] = [0, 0];
  if (restMs > 0) await after(20 * restMs);
  for await (const chunk of response as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
    if (restMs > 0 && bytes - rested >= everyBytes) {
      rested = bytes;
      await after(restMs);
    }
  }
  return { status: response.statusCode, bytes, sha256: hash.digest('hex') };
}

describe('a book of 200 MB', () => {
  it('goes to a slow reader whole, and is not held in memory meanwhile', async () => {
    const warm = said();
    await read(0, { restMs: 0, everyBytes: 0 });
    await warm;
    child.send('measure');
    await said();
    const ended = said<{ grownMb: number; sentBytes: number }>();
    // A store that is read ahead of its reader would be in memory as a whole after the first rest.
    const got = await read(1, { restMs: 50, everyBytes: 4_000_000 });
    const [, large] = listening.books;
    expect(got).toEqual({ status: 200, bytes: large?.sizeBytes, sha256: large?.sha256 });
    const { grownMb, sentBytes } = await ended;
    expect(sentBytes).toBe(large?.sizeBytes);
    expect(grownMb).toBeLessThan(64);
  });
});
