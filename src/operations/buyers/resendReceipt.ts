import { z } from 'zod';
import type { ChangeOperation } from '../frame/operation.ts';
import { jobInput, jobOutput } from '../jobs/jobInput.ts';
import { askForMail, type BuyerOperationsOptions, insistOnNoneOnItsWay } from './askForMail.ts';
import { insistOnPaid, insistOnSomethingOwned, lockOrder, resolvedOrder } from './orderUnderLock.ts';
import { insistOnOwnMailOver, insistOnReceipt, leaveBehind } from './ownMail.ts';

const input = z.strictObject(jobInput);
const output = z.strictObject({
  ...jobOutput,
  mailJobId: z.string().describe('The job that sends the mail; look there for how far it has come.'),
});

/** Receipt and fresh links once more, to the order's address as it is now. */
export function createResendReceipt(
  options: BuyerOperationsOptions,
): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  const { jobs, buyers } = options;
  const plan = options.plans.resendReceipt;
  return {
    kind: 'change',
    name: 'receipt:resend',
    permission: 'receipt:resend',
    summary: 'Send the receipt once more, with fresh links, to the address the order has now',
    path: '/jobs/:jobId/resend-receipt',
    reason: 'optional',
    input,
    output,
    target: ({ jobId }) => ({ kind: 'job', id: jobId }),
    async change(tx, given, by) {
      const locked = await lockOrder(jobs, tx, given);
      const { job } = locked;
      insistOnPaid(locked);
      await insistOnReceipt(buyers, tx, locked);
      const own = insistOnOwnMailOver(locked);
      await insistOnSomethingOwned(buyers, tx, locked);
      await insistOnNoneOnItsWay(options, tx, locked);
      const { whole: order } = resolvedOrder(locked);
      const mailJobId = await askForMail(options, tx, { of: locked, plan, order, actor: by.actor });
      const decided = own === 'over' ? { due: 'keep' as const } : leaveBehind(job, own, mailJobId);
      const version = await jobs.decide(tx, job, {
        ...decided,
        event: {
          kind: 'receipt.resend_wanted',
          step: own === 'over' ? null : own.step,
          data: {
            mail_job: mailJobId,
            ...('effects' in decided && { effect: decided.effects?.[0]?.effectKey }),
          },
        },
        actor: by.actor,
      });
      const state = ('state' in decided ? decided.state?.state : undefined) ?? job.state;
      return {
        output: { jobId: job.jobId, version, state, mailJobId },
        before: { state: job.state, version: job.version },
        after: { state, version },
        details: { mailJobId },
        work: true,
      };
    },
  };
}
