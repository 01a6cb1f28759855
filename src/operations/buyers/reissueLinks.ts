import { z } from 'zod';
import type { ChangeOperation } from '../frame/operation.ts';
import { jobInput, jobOutput } from '../jobs/jobInput.ts';
import { wrongState } from '../jobs/wrongState.ts';
import { askForMail, type BuyerOperationsOptions, insistOnNoneOnItsWay } from './askForMail.ts';
import { insistOnPaid, insistOnSomethingOwned, lockOrder, resolvedOrder } from './orderUnderLock.ts';
import { insistOnOwnMailOver } from './ownMail.ts';

const input = z.strictObject(jobInput);
const output = z.strictObject({
  ...jobOutput,
  mailJobId: z.string().describe('The job that sends the mail with the new links.'),
  endedLinks: z.int().describe('Links that work no more.'),
});

/** Links that may have fallen into other hands end, and the buyer gets new ones. */
export function createReissueLinks(
  options: BuyerOperationsOptions,
): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  const { jobs, buyers } = options;
  const plan = options.plans.sendLinks;
  return {
    kind: 'change',
    name: 'links:reissue',
    permission: 'links:reissue',
    summary: 'End all links in the mails of an order, and send a mail with new ones',
    path: '/jobs/:jobId/reissue-links',
    reason: 'optional',
    input,
    output,
    target: ({ jobId }) => ({ kind: 'job', id: jobId }),
    async change(tx, given, by) {
      const locked = await lockOrder(jobs, tx, given);
      const { job, payment } = locked;
      insistOnPaid(locked);
      // A mail that nobody can tell of may hold the only receipt: sending that again is the better remedy.
      if (insistOnOwnMailOver(locked) !== 'over')
        throw wrongState(job, 'given new links', 'Resend the receipt, which brings new links as well.');
      await insistOnSomethingOwned(buyers, tx, locked);
      await insistOnNoneOnItsWay(options, tx, locked);
      const { whole: order } = resolvedOrder(locked);
      const endedLinks = await buyers.endLinks(tx, payment.id, 'mail');
      const mailJobId = await askForMail(options, tx, { of: locked, plan, order, actor: by.actor });
      const version = await jobs.decide(tx, job, {
        due: 'keep',
        event: {
          kind: 'links.reissued',
          step: null,
          data: { mail_job: mailJobId, ended_links: endedLinks },
        },
        actor: by.actor,
      });
      return {
        output: { jobId: job.jobId, version, state: job.state, mailJobId, endedLinks },
        before: { state: job.state, version: job.version },
        after: { state: job.state, version },
        details: { mailJobId, endedLinks },
        work: true,
      };
    },
  };
}
