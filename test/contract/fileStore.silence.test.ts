import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bodyOf } from '../../src/domain/fileBody.ts';
import type { FileStore } from '../../src/ports/fileStore.ts';
import { createS3Store } from '../../src/providers/s3/adapter.ts';
import { createSupabaseStore } from '../../src/providers/supabaseStorage/adapter.ts';
import { openTcpGate } from '../builders/tcpGate.ts';
import { startS3StandIn } from '../vendors/s3StandIn.ts';
import { startSupabaseStandIn } from '../vendors/supabaseStorage.ts';

const never = new AbortController().signal;
const shortMs = 500;
const key = 'copies/7K3M-Q9XT-4BVD/1.pdf';
const contentType = 'application/pdf';
const bytes = new Uint8Array(Buffer.alloc(20_000_000, 'book '));
const body = bodyOf(bytes, createHash('sha256').update(bytes).digest('hex'));

interface Server {
  address: string;
  storeAt(address: string, timeoutMs: number): FileStore;
  showPages(does: boolean): void;
  stop(): Promise<void>;
}

async function s3(): Promise<Server> {
  const standIn = await startS3StandIn();
  return {
    address: standIn.endpoint,
    storeAt: (endpoint, timeoutMs) =>
      createS3Store({ ...standIn, endpoint, region: 'eu-central-1', pathStyle: true, timeoutMs }),
    showPages: (does) => standIn.mood(does ? 'html' : 'well'),
    stop: standIn.stop,
  };
}

async function supabase(): Promise<Server> {
  const standIn = await startSupabaseStandIn();
  return {
    address: standIn.projectUrl,
    storeAt: (projectUrl, timeoutMs) => createSupabaseStore({ ...standIn, projectUrl, timeoutMs }),
    showPages: (does) => standIn.mood(does ? 'html' : 'well'),
    stop: standIn.stop,
  };
}

describe.each([
  ['S3', s3],
  ['Supabase Storage', supabase],
])('%s that says nothing', (_, start) => {
  let server: Server;
  let gate: Awaited<ReturnType<typeof openTcpGate>>;
  let store: FileStore;
  beforeAll(async () => {
    server = await start();
    await server.storeAt(server.address, 20_000).put({ key, contentType, body }, never);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    gate = await openTcpGate(new URL(server.address));
    store = server.storeAt(gate.url.replace(/\/$/, ''), shortMs);
  });
  afterEach(async () => {
    server.showPages(false);
    await gate.close();
  });

  /** `aborted` would be our own doing, and no breaker would ever hear of it. */
  const unreachable = { name: 'Fault', kind: 'transient', reason: 'storage_unreachable' };

  it('at all is unreachable, and not called off by ourselves', async () => {
    gate.shut();
    await expect(store.open(key, {}, never)).rejects.toMatchObject(unreachable);
  });

  it('any more in the middle of a book is unreachable, however long one would wait', async () => {
    const opened = await store.open(key, {}, never);
    const reading = async () => {
      for await (const chunk of opened?.chunks ?? []) if (chunk.byteLength > 0) gate.freeze();
    };
    await expect(reading()).rejects.toMatchObject(unreachable);
  });

  it('but shows a page, is never taken for a book', async () => {
    server.showPages(true);
    await expect(store.stat(key, never)).rejects.toMatchObject({
      kind: 'transient',
      reason: 'storage_answer_unreadable',
    });
  });
});
