import { z } from 'zod';
import { maskAddressesIn } from '../../domain/masking.ts';
import type { FailureLedger } from '../../ports/failures.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { shownFailure, shownFailureOf } from './failureGroup.ts';

const input = z.strictObject({
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{12}$/, 'twelve hexadecimal digits, as failures:list shows them')
    .describe('Of the group.'),
  limit: z.int().min(1).max(200).default(50).describe('Jobs of a page.'),
  cursor: z.uuid().optional().describe('`next` of the page before.'),
});

const text = z.string().nullable();
const output = z.strictObject({
  failure: shownFailure,
  jobs: z
    .array(
      z.strictObject({
        jobId: z.string(),
        kind: z.string(),
        orderId: text,
        paymentKey: text,
        amountMinor: z.number().nullable(),
        currency: text,
        createdAt: z.string(),
        since: z.string().describe('Since when it has failed, or is blocked.'),
        attempts: z.int(),
        detail: text.describe('What was told last of why.'),
      }),
    )
    .describe('The latest first.'),
  next: z.string().nullable().describe('The cursor of the next page; null at the end.'),
});

/** The jobs of one group. */
export function createShowFailure(
  ledger: FailureLedger,
): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'failures:show',
    permission: 'failures:read',
    summary: 'Show the jobs of one group of failures, and the search that selects them',
    path: '/failures/:fingerprint',
    input,
    output,
    async read({ fingerprint, limit, cursor }) {
      const { groups } = await ledger.groups();
      const group = groups.find((one) => one.fingerprint === fingerprint);
      if (!group) throw noSuchGroup();
      const found = await ledger.jobs({
        fingerprint,
        limit,
        ...(cursor !== undefined && { before: cursor }),
      });
      const jobs = found.slice(0, limit).map(({ createdAt, since, detail, ...job }) => ({
        ...job,
        createdAt: createdAt.toISOString(),
        since: since.toISOString(),
        detail: detail && maskAddressesIn(detail),
      }));
      return {
        failure: shownFailureOf(group),
        jobs,
        next: found.length > limit ? (jobs.at(-1)?.jobId ?? null) : null,
      };
    },
  };
}

const noSuchGroup = () =>
  new Refusal({
    kind: 'not_found',
    code: 'unknown_failure',
    field: 'fingerprint',
    detail: 'Nothing fails in this way now.',
    remedy: 'See what does: fulfillment failures list (failures:list).',
  });
