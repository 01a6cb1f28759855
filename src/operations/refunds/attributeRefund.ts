import { z } from 'zod';
import { refundStands } from '../../domain/refunds.ts';
import type { JobControl, LockedJob } from '../../ports/jobControl.ts';
import type { KnownRefunds, RefundControl } from '../../ports/refundControl.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { jobInput, jobOutput } from '../jobs/jobInput.ts';
import { lockAsSeen } from '../jobs/lockAsSeen.ts';

export interface AttributeRefundOptions {
  jobs: JobControl;
  refunds: RefundControl;
  slaSeconds: number;
}

const input = z.strictObject({
  ...jobInput,
  refundId: z
    .string()
    .regex(/^(re|pyr)_[A-Za-z0-9_]{1,250}$/)
    .describe('The refund, as the settlement’s question names it.'),
  lineNos: z
    .array(z.int().positive())
    .max(100)
    .describe('The lines of the order that it is for, by number; none: money only, and access stays.'),
});
const output = z.strictObject({
  ...jobOutput,
  refundId: z.string(),
  lineNos: z.array(z.int()),
});

/**
 * Says which lines a refund is for, where Stripe does not. The answer is kept with the payment's facts; what follows from
 * it is for the settlement, which begins anew.
 */
export function createAttributeRefund({
  jobs,
  refunds,
  slaSeconds,
}: AttributeRefundOptions): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'change',
    name: 'refund:attribute',
    permission: 'refund:attribute',
    summary: 'Say which lines of its order a refund is for, or that it is money only',
    path: '/jobs/:jobId/attribute-refund',
    reason: 'required',
    input,
    output,
    target: ({ jobId }) => ({ kind: 'job', id: jobId }),
    async change(tx, given, by) {
      const job = await lockAsSeen(jobs, tx, given);
      const payment = settled(job);
      const { refundId } = given;
      const known = await refunds.read(tx, payment.id);
      const lineNos = linesMeant(known, given);
      const before = known.answers[refundId] ?? null;
      const { jobId } = job;
      const { reopened } = await refunds.answer(tx, {
        jobId,
        paymentId: payment.id,
        refundId,
        lines: lineNos,
        slaSeconds,
      });
      const version = await jobs.decide(tx, job, {
        due: 'keep',
        event: {
          kind: 'refund.attributed',
          step: null,
          data: { refund: refundId, lines: lineNos, reopened },
        },
        actor: by.actor,
      });
      return {
        output: { jobId, version, state: reopened ? 'open' : job.state, refundId, lineNos },
        before: { version: job.version, lines: before },
        after: { version, lines: lineNos },
        details: { refund: refundId, lines: lineNos },
        work: true,
      };
    },
  };
}

function settled({ kind, payment }: LockedJob): NonNullable<LockedJob['payment']> {
  if (kind === 'settle' && payment) return payment;
  throw new Refusal({
    kind: 'wrong_state',
    code: 'not_a_settlement',
    field: 'jobId',
    detail: `This job is a ${kind}, not a settlement.`,
    remedy: 'Name the settle job of the payment: orders:show tells it among the related jobs.',
  });
}

function linesMeant(
  { refunds, lineNos: ordered }: KnownRefunds,
  { refundId, lineNos }: { refundId: string; lineNos: number[] },
): number[] {
  const refund = refunds.find(({ id }) => id === refundId);
  if (!refund)
    throw new Refusal({
      kind: 'not_found',
      code: 'unknown_refund',
      field: 'refundId',
      detail: 'The payment has no such refund, as far as Stripe has told us.',
      remedy: refunds.length > 0 ? `It has: ${refunds.map(({ id }) => id).join(', ')}.` : 'It has none.',
    });
  if (!refundStands(refund))
    throw new Refusal({
      kind: 'wrong_state',
      code: 'refund_failed',
      detail: `The refund is ${refund.status}: no money has gone back, so it is for nothing.`,
    });
  if (ordered === null)
    throw new Refusal({
      kind: 'wrong_state',
      code: 'order_not_resolved',
      detail: 'What was bought is not known yet.',
      remedy: 'Mend what the order’s own job waits for; then ask again.',
    });
  const unknown = lineNos.find((lineNo) => !ordered.includes(lineNo));
  if (unknown !== undefined)
    throw new Refusal({
      kind: 'invalid_input',
      code: 'unknown_line',
      field: 'lineNos',
      detail: `The order has no line ${unknown}.`,
      remedy: `Its lines are: ${ordered.join(', ')}.`,
    });
  return [...new Set(lineNos)].toSorted((one, other) => one - other);
}
