import { Fault } from '../domain/fault.ts';
import type { FileStore, PutRequest } from '../ports/fileStore.ts';

/** Stores what is never overwritten. @throws Fault `master_differs` with what to do, where other bytes are stored */
export async function putNew(store: FileStore, request: PutRequest, signal: AbortSignal): Promise<void> {
  try {
    await store.put(request, signal);
  } catch (error) {
    if (error instanceof Fault && error.reason === 'stored_object_differs') {
      throw new Fault({
        kind: 'needs_human',
        reason: 'master_differs',
        message: `${request.key} is stored with other bytes. Give the changed book a new version, or remove the damaged file first.`,
      });
    }
    throw error;
  }
}

/** Whether something is stored there, without reading it. */
export async function isThere(store: FileStore, key: string, signal: AbortSignal): Promise<boolean> {
  const opened = await store.open(key, { range: { start: 0, end: 0 } }, signal);
  opened?.close();
  return opened !== undefined;
}
