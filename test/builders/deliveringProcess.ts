import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LinkTarget, ShelfStore } from '../../src/ports/shelf.ts';
import { createLocalDiskStore } from '../../src/providers/localDisk/adapter.ts';
import { createFollowLink } from '../../src/shelf/followLink.ts';
import { createLinkTokens } from '../../src/shelf/linkTokens.ts';
import { buildHttpServer } from './httpServer.ts';

/**
 * A program of its own: delivers a small and a large book by `/d/<token>` to whoever started it, which is another process,
 * so that the reader's memory does not count. `measure` begins to measure its resident memory; at the end of
 * each delivery it says by how much that has grown at most, and how many bytes were noted as sent.
 */
const chunkBytes = 64 * 1024;
const never = new AbortController().signal;

/** Sizes in chunks, by the link that leads to them. */
const books = {
  '0193a5f2-7c1e-7abc-8def-000000000001': 16,
  '0193a5f2-7c1e-7abc-8def-000000000200': 3_200,
} as const;

/** Made before anything is measured, and different from chunk to chunk. */
const patterns = Array.from({ length: 61 }, (_, index) => new Uint8Array(chunkBytes).fill(index));
async function* book(chunks: number): AsyncGenerator<Uint8Array> {
  for (let count = 0; count < chunks; count += 1) yield patterns[count % patterns.length] ?? new Uint8Array();
}

const directory = await mkdtemp(path.join(tmpdir(), 'delivering-'));
const files = createLocalDiskStore({
  rootDirectory: directory,
  signingKey: 'k'.repeat(32),
  publicBaseUrl: 'https://shop.example',
});

async function store(chunks: number): Promise<NonNullable<LinkTarget['file']>> {
  const hash = createHash('sha256');
  for await (const chunk of book(chunks)) hash.update(chunk);
  const sha256 = hash.digest('hex');
  const sizeBytes = chunks * chunkBytes;
  const storageKey = `copies/of-${chunks}/1.pdf`;
  const body = { sizeBytes, sha256, open: () => book(chunks) };
  await files.put({ key: storageKey, body, contentType: 'application/pdf' }, never);
  return { storageKey, kept: 'stored', sizeBytes, sha256 };
}

const targets = new Map<string, LinkTarget>();
for (const [linkId, chunks] of Object.entries(books))
  targets.set(linkId, {
    linkId,
    entitlementId: linkId,
    format: 'pdf',
    expired: false,
    state: 'active',
    title: 'A large book',
    language: 'en',
    file: await store(chunks),
  });

let [before, most] = [0, 0];
const shelf: Partial<ShelfStore> = {
  readLink: async (linkId) => targets.get(linkId),
  beginDownload: async () => ({ kind: 'begun', downloadId: 'd' }),
  endDownload: async (_id, sent) => {
    process.send?.({ kind: 'ended', grownMb: Math.round((most - before) / 1e6), sentBytes: sent });
    return true;
  },
};
const tokens = createLinkTokens({ keys: [new Uint8Array(32)] });
const telemetry = { emit: () => undefined };
const { server } = buildHttpServer({
  telemetry,
  followLink: createFollowLink({
    store: shelf as ShelfStore,
    openCopy: ({ storageKey }, range) => files.open(storageKey, { range }, never),
    redirectTo: null,
    limits: { perLink: 10, perEbook: 30 },
    tokens,
    telemetry,
    clientHashKey: new Uint8Array(32),
  }),
});
await server.listen({ port: 0, host: '127.0.0.1' });

process.on('message', () => {
  globalThis.gc?.();
  before = process.memoryUsage.rss();
  most = before;
  setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 10);
  process.send?.({ kind: 'measuring' });
});
process.once('disconnect', () => {
  void rm(directory, { recursive: true, force: true }).then(() => process.exit());
});
process.send?.({
  kind: 'listening',
  port: (server.server.address() as AddressInfo).port,
  books: [...targets].map(([linkId, { file }]) => ({
    path: `/d/${tokens.write('download-link', linkId)}`,
    sha256: file?.sha256,
    sizeBytes: file?.sizeBytes,
  })),
});
