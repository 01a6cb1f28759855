import { z } from 'zod';
import { bulkStates } from '../../ports/bulk.ts';
import type { ReadOperation } from '../frame/operation.ts';
import type { BulkOperationsOptions } from './bulkOptions.ts';
import { runFields, shownRun } from './bulkShown.ts';

const input = z.strictObject({
  state: z.enum(bulkStates).optional().describe('Only runs in this state.'),
  limit: z.int().min(1).max(100).default(20).describe('How many runs a page has.'),
  cursor: z.uuid().optional().describe('Where to go on: `next` of the page before.'),
});
const output = z.strictObject({
  runs: z.array(z.strictObject(runFields)).describe('The latest first.'),
  next: z.string().nullable().describe('Where to go on; null at the end.'),
});

/** Plans and runs, with how far they are. */
export function createListBulk({
  reports,
}: BulkOperationsOptions): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'bulk:list',
    permission: 'bulk:read',
    summary: 'List plans and runs of actions on many orders, the latest first',
    path: '/bulk/runs',
    input,
    output,
    async read({ state, limit, cursor }) {
      const runs = await reports.list({
        limit: limit + 1,
        ...(state === undefined ? {} : { state }),
        ...(cursor === undefined ? {} : { after: cursor }),
      });
      const shown = runs.slice(0, limit);
      return { runs: shown.map(shownRun), next: runs.length > limit ? (shown.at(-1)?.runId ?? null) : null };
    },
  };
}
