import { createHash } from 'node:crypto';
import { Fault } from '../domain/fault.ts';
import type { FileBody } from '../ports/fileStore.ts';

/**
 * A body on its way to a store that cannot take an object back. The last chunk is held until all bytes are known to be
 * the announced ones; what is damaged breaks off before its end, so that the store has no whole request and keeps nothing.
 *
 * @throws Fault transient `stored_bytes_damaged`, while it is read
 */
export async function* sendingBody(
  body: FileBody,
  provider: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of body.open(signal)) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > body.sizeBytes) throw damagedBytes(provider);
    hash.update(chunk);
    if (held) yield held;
    held = chunk;
  }
  if (sizeBytes !== body.sizeBytes || hash.digest('hex') !== body.sha256) throw damagedBytes(provider);
  if (held) yield held;
}

/** SHA-256 of a stream, and its length. */
export async function measureChunks(chunks: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

export const damagedBytes = (provider: string) =>
  new Fault({
    kind: 'transient',
    reason: 'stored_bytes_damaged',
    message: 'The bytes are not the bytes that were announced.',
    provider,
  });

export const otherObject = (provider: string) =>
  new Fault({
    kind: 'permanent',
    reason: 'stored_object_differs',
    message: 'Another object is stored under this key.',
    provider,
  });
