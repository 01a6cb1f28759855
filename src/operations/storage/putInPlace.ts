import { Fault } from '../../domain/fault.ts';
import type { FileStore } from '../../ports/fileStore.ts';
import type { Repair, RepairOutcome } from '../../ports/storageScrub.ts';

/**
 * Puts a file in the place of a damaged or missing one. The damaged one is removed by its hash: what others have
 * mended meanwhile stays. Cut off in between, the file is missing, which the next scrub mends.
 *
 * @throws Fault
 */
export async function putInPlace(
  store: Pick<FileStore, 'remove' | 'put'>,
  { file, found, with: made }: Repair,
  signal: AbortSignal,
): Promise<RepairOutcome> {
  if (found && !(await store.remove(file.key, found, signal))) return 'others_came_first';
  if (!made) return 'done';
  try {
    const stored = await store.put({ key: file.key, ...made }, signal);
    if (stored.sha256 === file.sha256 && stored.sizeBytes === file.sizeBytes) return 'done';
    throw new Fault({
      kind: 'transient',
      reason: 'stored_bytes_differ',
      message: 'What the file store gave back is not what was put in.',
    });
  } catch (error) {
    if (error instanceof Fault && error.reason === 'stored_object_differs') return 'others_came_first';
    throw error;
  }
}
