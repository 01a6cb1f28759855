import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { createReadStream, createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fork } from 'node:child_process';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { FileStore } from '../../src/ports/fileStore.ts';
import { createLocalDiskStore } from '../../src/providers/localDisk/adapter.ts';
import { createS3Store } from '../../src/providers/s3/adapter.ts';
import { createSupabaseStore } from '../../src/providers/supabaseStorage/adapter.ts';

/**
 * A program of its own: puts 200 MB into a store, reads them back, and prints by how much its resident memory grew beyond
 * that of a process which has moved 1 MB, and so has loaded all it needs. The other side of the network is a second
 * process, whose memory does not count.
 */
const chunkBytes = 64 * 1024;
const largeChunks = 3_200;
const smallChunks = 16;
const never = new AbortController().signal;

/** Made before anything is measured: the book itself must not leave garbage, or it would be measured, too. */
const patterns = Array.from({ length: 61 }, (_, index) => new Uint8Array(chunkBytes).fill(index));

/** Bytes that differ from chunk to chunk. */
async function* book(chunks: number): AsyncGenerator<Uint8Array> {
  for (let count = 0; count < chunks; count += 1) yield patterns[count % patterns.length] ?? new Uint8Array();
}

if (process.send) await serveObjects();
else await transfer(process.argv[2] ?? '');

async function transfer(kind: string): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'transfer-'));
  const child = kind === 'localDisk' ? undefined : fork(fileURLToPath(import.meta.url), [directory]);
  const port =
    child && (await new Promise<number>((told) => child.once('message', (one) => told(one as number))));
  const store = storeOf(kind, { directory, address: `http://127.0.0.1:${port}` });
  await moved(store, smallChunks);
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  const look = () => (most = Math.max(most, process.memoryUsage.rss()));
  const timer = setInterval(look, 20);
  const { sha256, expected } = await moved(store, largeChunks, look);
  clearInterval(timer);
  child?.kill();
  await rm(directory, { recursive: true, force: true });
  process.stdout.write(JSON.stringify({ grownMb: Math.round((most - before) / 1e6), sha256, expected }));
  process.exit();
}

/** There and back: the hash of what has come back, and that of what was sent. */
async function moved(store: FileStore, chunks: number, onChunk: () => void = () => undefined) {
  const key = `copies/of-${chunks}/1.pdf`;
  const hash = createHash('sha256');
  for await (const chunk of book(chunks)) hash.update(chunk);
  const expected = hash.digest('hex');
  const body = { sizeBytes: chunkBytes * chunks, sha256: expected, open: () => book(chunks) };
  await store.put({ key, body, contentType: 'application/pdf' }, never);
  const read = createHash('sha256');
  const opened = await store.open(key, {}, never);
  for await (const chunk of opened?.chunks ?? []) {
    read.update(chunk);
    onChunk();
  }
  return { sha256: read.digest('hex'), expected };
}

function storeOf(kind: string, { directory, address }: { directory: string; address: string }): FileStore {
  if (kind === 's3') {
    const keys = { accessKeyId: 'key', secretAccessKey: 'secret' };
    return createS3Store({
      ...keys,
      bucket: 'books',
      region: 'eu-central-1',
      endpoint: address,
      pathStyle: true,
    });
  }
  if (kind === 'supabase')
    return createSupabaseStore({ projectUrl: address, secretKey: 'key', bucket: 'books' });
  return createLocalDiskStore({
    rootDirectory: path.join(directory, 'store'),
    signingKey: 'k'.repeat(32),
    publicBaseUrl: 'https://shop.example',
  });
}

/** One object on disk, spoken for in both protocols as far as this transfer needs it. */
async function serveObjects(): Promise<void> {
  const file = path.join(process.argv[2] ?? '', 'object');
  let md5 = '';
  let sizeBytes = 0;
  async function take(request: IncomingMessage): Promise<string> {
    const [sha256, sum] = [createHash('sha256'), createHash('md5')];
    sizeBytes = 0;
    await pipeline(
      request,
      async function* (incoming: AsyncIterable<Buffer>) {
        for await (const chunk of incoming) {
          sha256.update(chunk);
          sum.update(chunk);
          sizeBytes += chunk.length;
          yield chunk;
        }
      },
      createWriteStream(file),
    );
    md5 = sum.digest('hex');
    return sha256.digest('base64');
  }
  const server = createServer((request, response) => {
    const { method, url = '' } = request;
    if (method === 'PUT' || method === 'POST') {
      void take(request).then((sum) =>
        response
          .writeHead(200, { 'x-amz-checksum-sha256': sum, 'x-amz-checksum-type': 'FULL_OBJECT' })
          .end('{"Id":"1","Key":"k"}'),
      );
    } else if (url.includes('/object/info/')) {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ size: sizeBytes, etag: `"${md5}"` }));
    } else {
      response.writeHead(200, { 'content-length': sizeBytes });
      createReadStream(file).pipe(response);
    }
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}
