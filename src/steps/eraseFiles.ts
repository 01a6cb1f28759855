import { z } from 'zod';
import { Fault } from '../domain/fault.ts';
import type { Plan } from '../domain/plan.ts';
import { defaultRetryPolicy } from '../domain/retryPolicy.ts';
import type { FileStore } from '../ports/fileStore.ts';
import type { ErasureLedger } from '../ports/personControl.ts';
import type { OutsideStep } from '../ports/step.ts';
import { subjectOf } from './orderOf.ts';

/** Removes the files of somebody who was forgotten. What is said of them in rows is gone by then. */
export const eraseFilesPlan: Plan = {
  name: 'erase_files',
  version: 1,
  steps: [{ name: 'erase_files', version: 1, needs: [], holds: true }],
};

export interface EraseFilesOptions {
  store: FileStore;
  ledger: ErasureLedger;
}

/** Far more than one buyer has. */
const filesMax = 10_000;
const evidenceOf = z.object({ removed: z.array(z.string()) });

/** Proof: nothing is stored under the keys any more. Twice: what is gone already is gone. */
export function createEraseFiles({ store, ledger }: EraseFilesOptions): OutsideStep<string[]> {
  async function remove(key: string, signal: AbortSignal): Promise<void> {
    const stored = await store.stat(key, signal);
    if (!stored) return;
    if (await store.remove(key, stored, signal)) return;
    throw new Fault({
      kind: 'transient',
      reason: 'stored_bytes_differ',
      provider: store.name,
      message: 'A file changed while it was removed.',
    });
  }

  return {
    kind: 'outside',
    name: 'erase_files',
    version: 1,
    timeoutMs: 600_000,
    retry: defaultRetryPolicy,
    effects: (job) => [{ key: `erase:${subjectOf(job)}`, provider: 'storage' }],
    prepare: async (job) => ({ kind: 'ready', prepared: await ledger.left(subjectOf(job), filesMax) }),
    async make({ prepared }, { signal }) {
      for (const key of prepared) await remove(key, signal);
      return { removed: prepared };
    },
    record: (tx, rows) =>
      ledger.removed(
        tx,
        rows.flatMap(({ evidence }) => evidenceOf.parse(evidence).removed),
      ),
  };
}
