import { z } from 'zod';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { jobInput, jobOutput } from '../jobs/jobInput.ts';
import type { BuyerOperationsOptions } from './askForMail.ts';
import { insistOnPaid, lockOrder } from './orderUnderLock.ts';

const input = z.strictObject({
  ...jobInput,
  days: z.int().min(1).max(30).describe('For how many days from now the links work, 1 to 30.'),
});
const output = z.strictObject({
  ...jobOutput,
  links: z.int().describe('Links that work again, or longer.'),
  until: z.string().describe('Until when they work at least, ISO 8601.'),
});

/** Links in the mails a buyer has work again. How often they may be used in a day is another matter: downloads:reset. */
export function createExtendDownloads({
  jobs,
  buyers,
}: BuyerOperationsOptions): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'change',
    name: 'downloads:extend',
    permission: 'downloads:extend',
    summary: 'Let the links in the mails of an order work again, or longer',
    path: '/jobs/:jobId/extend-downloads',
    reason: 'optional',
    input,
    output,
    target: ({ jobId }) => ({ kind: 'job', id: jobId }),
    async change(tx, given, by) {
      const locked = await lockOrder(jobs, tx, given);
      const { job, payment } = locked;
      insistOnPaid(locked);
      const { days } = given;
      const { links, until } = await buyers.extendLinks(tx, payment.id, days);
      if (links === 0)
        throw new Refusal({
          kind: 'wrong_state',
          code: 'no_links',
          detail: 'None of the order’s links can work again: none was sent, or all were ended for good.',
          remedy: 'Issue new links, or resend the receipt.',
        });
      const version = await jobs.decide(tx, job, {
        due: 'keep',
        event: { kind: 'downloads.extended', step: null, data: { links, days } },
        actor: by.actor,
      });
      return {
        output: { jobId: job.jobId, version, state: job.state, links, until: until.toISOString() },
        before: { version: job.version },
        after: { version },
        details: { links, days, until: until.toISOString() },
      };
    },
  };
}
