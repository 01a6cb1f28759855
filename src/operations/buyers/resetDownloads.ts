import { z } from 'zod';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { jobInput, jobOutput } from '../jobs/jobInput.ts';
import type { BuyerOperationsOptions } from './askForMail.ts';
import { insistOnPaid, lockOrder } from './orderUnderLock.ts';

const input = z.strictObject(jobInput);
const output = z.strictObject({
  ...jobOutput,
  links: z.int().describe('Links whose downloads are counted from now on.'),
});

/** A buyer who has reached the limit of downloads may download again at once: what was counted before counts no more. */
export function createResetDownloads({
  jobs,
  buyers,
}: BuyerOperationsOptions): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'change',
    name: 'downloads:reset',
    permission: 'downloads:extend',
    summary: 'Count the downloads of an order from now on, so that a buyer who reached the limit may go on',
    path: '/jobs/:jobId/reset-downloads',
    reason: 'optional',
    input,
    output,
    target: ({ jobId }) => ({ kind: 'job', id: jobId }),
    async change(tx, given, by) {
      const locked = await lockOrder(jobs, tx, given);
      const { job, payment } = locked;
      insistOnPaid(locked);
      const links = await buyers.resetDownloads(tx, payment.id);
      if (links === 0)
        throw new Refusal({
          kind: 'wrong_state',
          code: 'no_links',
          detail: 'The order has no links whose downloads could be counted.',
          remedy: 'Issue new links, or resend the receipt.',
        });
      const version = await jobs.decide(tx, job, {
        due: 'keep',
        event: { kind: 'downloads.reset', step: null, data: { links } },
        actor: by.actor,
      });
      return {
        output: { jobId: job.jobId, version, state: job.state, links },
        before: { version: job.version },
        after: { version },
        details: { links },
      };
    },
  };
}
