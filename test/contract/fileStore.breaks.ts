import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FileBody, FileStore } from '../../src/ports/fileStore.ts';
import { openTcpGate } from '../builders/tcpGate.ts';

export interface ServerUnderTest {
  address: string;
  /** A store that asks the server under another address. */
  storeAt(address: string): FileStore;
  /** It takes what it has when an upload breaks off for the whole, which no real service does. */
  keepsHalves?: boolean;
  stop(): Promise<void>;
}

const never = new AbortController().signal;
const contentType = 'application/pdf';
const chunk = new Uint8Array(Buffer.alloc(250_000, 'book '));
/** 20 MB are more than connections hold by themselves. */
const chunksRead = 80;
const chunksSent = 20;

interface Book {
  chunks: number;
  /** Called before the chunk of that number. */
  at?: (count: number) => Promise<void> | void;
}

function book({ chunks, at }: Book): FileBody {
  const hash = createHash('sha256');
  for (let count = 0; count < chunks; count += 1) hash.update(chunk);
  return {
    sizeBytes: chunk.byteLength * chunks,
    sha256: hash.digest('hex'),
    async *open() {
      for (let count = 0; count < chunks; count += 1) {
        await at?.(count);
        yield chunk;
      }
    },
  };
}

/** What a file store must do when the line breaks, or the work is called off, in the middle of a file. */
export function describeBreaks(name: string, start: () => Promise<ServerUnderTest>): void {
  describe(`${name}, when a transfer breaks off in the middle`, () => {
    let server: ServerUnderTest;
    let store: FileStore;
    let gate: Awaited<ReturnType<typeof openTcpGate>>;
    let brittle: FileStore;
    let key = '';
    let tests = 0;

    beforeAll(async () => {
      server = await start();
      store = server.storeAt(server.address);
    });
    afterAll(() => server.stop());
    afterEach(() => gate.close());

    const sizeBytes = chunk.byteLength * chunksRead;

    async function open(): Promise<void> {
      key = `copies/7K3M-${(tests += 1)}/1.pdf`;
      gate = await openTcpGate(new URL(server.address));
      brittle = server.storeAt(gate.url.replace(/\/$/, ''));
    }

    /** Nothing half is there, and the next attempt succeeds. */
    async function goesOn(): Promise<void> {
      if (server.keepsHalves) return;
      expect(await store.stat(key, never)).toBeUndefined();
      const body = book({ chunks: chunksSent });
      const { sizeBytes, sha256 } = body;
      const stored = await store.put({ key, contentType, body }, never);
      expect(stored).toEqual({ sizeBytes, sha256 });
      expect(await store.stat(key, never)).toEqual(stored);
    }

    it('an upload whose line breaks is a fault that may pass, and leaves nothing', async () => {
      await open();
      const body = book({ chunks: chunksSent, at: (count) => (count === 10 ? gate.close() : undefined) });
      await expect(brittle.put({ key, contentType, body }, never)).rejects.toMatchObject({
        name: 'Fault',
        kind: 'transient',
        reason: 'storage_unreachable',
      });
      await goesOn();
    });

    it('an upload that is called off is a fault that may pass, and leaves nothing', async () => {
      await open();
      const calling = new AbortController();
      const body = book({ chunks: chunksSent, at: (count) => (count === 10 ? calling.abort() : undefined) });
      await expect(brittle.put({ key, contentType, body }, calling.signal)).rejects.toMatchObject({
        name: 'Fault',
        kind: 'transient',
        reason: 'aborted',
      });
      await goesOn();
    });

    it.each([
      ['whose line breaks', 'storage_unreachable', () => void gate.close()],
      ['that is called off', 'aborted', (calling: AbortController) => calling.abort()],
    ])('a download %s is a fault that may pass, and never a shorter book', async (_, reason, end) => {
      await open();
      await store.put({ key, contentType, body: book({ chunks: chunksRead }) }, never);
      const calling = new AbortController();
      const opened = await brittle.open(key, {}, calling.signal);
      let readBytes = 0;
      const reading = async () => {
        for await (const part of opened?.chunks ?? []) {
          if (readBytes === 0) end(calling);
          readBytes += part.byteLength;
        }
      };
      await expect(reading()).rejects.toMatchObject({ name: 'Fault', kind: 'transient', reason });
      expect(readBytes).toBeLessThan(sizeBytes);
      expect((await store.stat(key, never))?.sizeBytes).toBe(sizeBytes);
    });
  });
}
