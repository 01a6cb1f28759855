import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Fault } from '../domain/fault.ts';
import type { FileBody } from '../ports/fileStore.ts';

const chunkBytes = 1 << 20;

/** A file of this machine as something to be stored: its hash is read once, its bytes again for each attempt. */
export async function bodyOfFile(
  path: string,
  signal: AbortSignal,
  onBytes: (count: number) => void = () => undefined,
): Promise<FileBody> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes, signal })) {
    const bytes = chunk as Buffer;
    hash.update(bytes);
    sizeBytes += bytes.byteLength;
    onBytes(bytes.byteLength);
  }
  return {
    sizeBytes,
    sha256: hash.digest('hex'),
    async *open(given) {
      try {
        yield* createReadStream(path, {
          highWaterMark: chunkBytes,
          signal: given,
        }) as AsyncIterable<Uint8Array>;
      } catch (error) {
        if (given.aborted) throw error;
        const { code = 'unknown' } = error as NodeJS.ErrnoException;
        throw new Fault(
          {
            kind: 'needs_human',
            reason: 'book_unreadable',
            message: `A file cannot be read any more (${code}).`,
          },
          { cause: error },
        );
      }
    },
  };
}

/** Changes whenever somebody writes to the file, as far as a file system tells. */
export async function stampOf(path: string): Promise<string> {
  const { size, mtimeMs, ino } = await stat(path);
  return `${size}:${mtimeMs}:${ino}`;
}
