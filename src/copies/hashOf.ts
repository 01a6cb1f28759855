import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** SHA-256 after all bytes of a file, and how many there are. One buffer for all of them: a stream leaves as much garbage as it reads. */
export async function hashOf(file: string): Promise<{ hash: Hash; sizeBytes: number }> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(256 * 1024);
  let sizeBytes = 0;
  const handle = await open(file);
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength, null);
      if (bytesRead === 0) return { hash, sizeBytes };
      hash.update(buffer.subarray(0, bytesRead));
      sizeBytes += bytesRead;
    }
  } finally {
    await handle.close();
  }
}
