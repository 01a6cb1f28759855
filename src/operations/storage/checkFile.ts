import { createHash } from 'node:crypto';
import { Fault } from '../../domain/fault.ts';
import type { FileStore, StoredObject } from '../../ports/fileStore.ts';
import type { StoredBody } from '../../ports/orders.ts';

/** How a stored file is. */
export type Condition =
  | { state: 'sound' }
  | { state: 'missing' }
  | { state: 'damaged'; found: StoredObject }
  /** The store has it, and does not give it. */
  | { state: 'unreadable'; reason: string };

/**
 * Reads every byte of a stored file and compares size and hash with what was recorded: no word of the store is taken
 * for it.
 *
 * @throws Fault when the store cannot be asked now
 */
export async function checkFile(
  store: Pick<FileStore, 'open'>,
  wanted: StoredBody,
  signal: AbortSignal,
): Promise<Condition> {
  try {
    const opened = await store.open(wanted.key, {}, signal);
    if (!opened) return { state: 'missing' };
    const hash = createHash('sha256');
    let sizeBytes = 0;
    try {
      for await (const chunk of opened.chunks) {
        hash.update(chunk);
        sizeBytes += chunk.byteLength;
      }
    } finally {
      opened.close();
    }
    signal.throwIfAborted();
    const sha256 = hash.digest('hex');
    if (sizeBytes === wanted.sizeBytes && sha256 === wanted.sha256) return { state: 'sound' };
    return { state: 'damaged', found: { sizeBytes, sha256 } };
  } catch (error) {
    // About this one object; everything else is about the store.
    if (error instanceof Fault && error.kind === 'permanent')
      return { state: 'unreadable', reason: error.reason };
    throw error;
  }
}
