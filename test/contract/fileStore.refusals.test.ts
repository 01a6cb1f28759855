import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FileBody } from '../../src/ports/fileStore.ts';
import { createS3Store } from '../../src/providers/s3/adapter.ts';
import { createSupabaseStore } from '../../src/providers/supabaseStorage/adapter.ts';

const never = new AbortController().signal;
const keys = { accessKeyId: 'key', secretAccessKey: 'secret', region: 'eu-central-1', bucket: 'books' };
const chunk = new Uint8Array(1_000_000);
const chunks = 30;

/** A book that tells whether anybody still has it open. */
function watched() {
  const hash = createHash('sha256');
  for (let count = 0; count < chunks; count += 1) hash.update(chunk);
  const seen = { opened: 0, closed: 0 };
  const body: FileBody = {
    sizeBytes: chunk.byteLength * chunks,
    sha256: hash.digest('hex'),
    async *open() {
      seen.opened += 1;
      try {
        for (let count = 0; count < chunks; count += 1) yield chunk;
      } finally {
        seen.closed += 1;
      }
    },
  };
  return { body, seen };
}

describe('an upload that is refused while it is sent', () => {
  let proxy: Server;
  let address = '';
  beforeAll(async () => {
    // A proxy that has seen the length and reads no further.
    proxy = createServer((_, response) => {
      response.writeHead(413, { 'content-type': 'text/html' }).end('<h1>413 Request Entity Too Large</h1>');
    });
    await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
    address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    proxy.closeAllConnections();
    await new Promise((closed) => proxy.close(closed));
  });

  it.each([
    ['S3', () => createS3Store({ ...keys, endpoint: address, pathStyle: true })],
    [
      'Supabase Storage',
      () => createSupabaseStore({ projectUrl: address, secretKey: 'key', bucket: 'books' }),
    ],
  ])('to %s wants a person, and lets go of its file and its connection', async (_, open) => {
    const { body, seen } = watched();
    const put = open().put({ key: 'copies/A/1.pdf', body, contentType: 'application/pdf' }, never);
    await expect(put).rejects.toMatchObject({ kind: 'needs_human', reason: 'storage_too_large' });
    await vi.waitFor(() => expect(seen).toEqual({ opened: 1, closed: 1 }));
    await vi.waitFor(async () => {
      const connections = await new Promise((told) => proxy.getConnections((_error, count) => told(count)));
      expect(connections).toBe(0);
    });
  });
});
