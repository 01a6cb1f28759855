import { z } from 'zod';
import type { FailureLedger } from '../../ports/failures.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { shownFailure, shownFailureOf } from './failureGroup.ts';

const input = z.strictObject({
  state: z.enum(['failed', 'blocked']).optional().describe('Only these; both without it.'),
});
const output = z.strictObject({
  failures: z.array(shownFailure).describe('The largest first.'),
  lookedAt: z.int().describe('Jobs that were looked at.'),
  complete: z.boolean().describe('False: there are so many that only the latest were looked at.'),
});

/** What has failed or is blocked, grouped by cause. */
export function createListFailures(
  ledger: Pick<FailureLedger, 'groups'>,
): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'failures:list',
    permission: 'failures:read',
    summary: 'List what has failed or is blocked, grouped by step, reason and provider',
    path: '/failures',
    input,
    output,
    async read({ state }) {
      const { groups, lookedAt, complete } = await ledger.groups();
      const wanted = groups.filter((group) => state === undefined || group.state === state);
      return { failures: wanted.map(shownFailureOf), lookedAt, complete };
    },
  };
}
