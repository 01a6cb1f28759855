import { z } from 'zod';
import { bulkItemStates } from '../../ports/bulk.ts';
import type { ReadOperation } from '../frame/operation.ts';
import type { BulkOperationsOptions } from './bulkOptions.ts';
import { runIdInput } from './bulkRunInput.ts';
import { runFields, shownRun } from './bulkShown.ts';
import { unknownRun } from './runUnderLock.ts';

const input = z.strictObject({
  runId: runIdInput,
  itemState: z.enum(bulkItemStates).optional().describe('Only items in this state.'),
  limit: z.int().min(1).max(200).default(50).describe('How many items a page has.'),
  after: z.int().min(0).default(0).describe('Where to go on: `next` of the page before.'),
});
const output = z.strictObject({
  ...runFields,
  outcomes: z
    .array(z.strictObject({ state: z.enum(bulkItemStates), outcome: z.string(), items: z.int() }))
    .describe('How many items ended how: refusals and failures by their codes.'),
  page: z.array(
    z.strictObject({
      ordinal: z.int(),
      jobId: z.string(),
      orderId: z.string().nullable(),
      buyer: z.string().nullable().describe('The buyer’s masked address.'),
      amountMinor: z.int().nullable(),
      currency: z.string().nullable(),
      version: z.int().describe('The version of the job that the plan was made on.'),
      ineligibleReason: z.string().nullable().describe('Why it is left out; null: eligible.'),
      state: z.enum(bulkItemStates),
      outcome: z.string().nullable(),
      auditSeq: z.int().nullable().describe('The row of audit of what was done.'),
      finishedAt: z.string().nullable(),
    }),
  ),
  next: z.int().nullable().describe('Where to go on; null at the end.'),
});

/** One run: what it is to do, how far it is, and how each item ended. */
export function createShowBulk({
  reports,
}: BulkOperationsOptions): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'bulk:show',
    permission: 'bulk:read',
    summary: 'Show a plan or run: what it does, how far it is, and how each item ended',
    path: '/bulk/runs/:runId',
    input,
    output,
    async read({ runId, itemState, limit, after }) {
      const run = await reports.read(runId);
      if (!run) throw unknownRun();
      const [outcomes, items] = await Promise.all([
        reports.outcomes(runId),
        reports.items(runId, { limit: limit + 1, after, ...(itemState && { state: itemState }) }),
      ]);
      const page = items.slice(0, limit);
      return {
        ...shownRun(run),
        outcomes,
        page: page.map((item) => ({ ...item, finishedAt: item.finishedAt?.toISOString() ?? null })),
        next: items.length > limit ? (page.at(-1)?.ordinal ?? null) : null,
      };
    },
  };
}
