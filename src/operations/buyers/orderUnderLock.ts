import { z } from 'zod';
import { languages } from '../../domain/order.ts';
import type { BuyerControl } from '../../ports/buyerControl.ts';
import type { JobControl, LockedJob } from '../../ports/jobControl.ts';
import type { JsonObject } from '../../ports/step.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { Refusal } from '../frame/refusal.ts';
import { lockAsSeen } from '../jobs/lockAsSeen.ts';

/** An order's own job, with its payment: both locked. */
export interface OrderUnderLock {
  job: LockedJob;
  payment: NonNullable<LockedJob['payment']>;
}

/** Kinds of jobs that are an order's own: what was bought, what was sold before we began, and what was given. */
export const ordersOwn: readonly string[] = ['fulfil', 'adopt', 'grant'];

/**
 * Locks an order that is to be as it was seen.
 *
 * @throws Refusal as `lockAsSeen` does; `not_an_order` when the job is another one
 */
export async function lockOrder(
  jobs: Pick<JobControl, 'lock' | 'since'>,
  tx: Transaction,
  seen: { jobId: string; version: number },
): Promise<OrderUnderLock> {
  const job = await lockAsSeen(jobs, tx, seen);
  const { payment } = job;
  if (payment?.erased) throw buyerForgotten();
  if (ordersOwn.includes(job.kind) && payment) return { job, payment };
  throw new Refusal({
    kind: 'wrong_state',
    code: 'not_an_order',
    field: 'jobId',
    detail: `This job is a ${job.kind}, not an order’s own.`,
    remedy: 'Name the order’s own job: search for the order, and take the job that is named first.',
  });
}

const buyerForgotten = () =>
  new Refusal({
    kind: 'wrong_state',
    code: 'buyer_forgotten',
    detail: 'The buyer of this order was forgotten: nobody is left whom it could be done for.',
  });

/** Nothing is sent or extended for money that is not there. */
export function insistOnPaid({ payment }: OrderUnderLock): void {
  if (payment.paid && !payment.takenBack) return;
  throw new Refusal({
    kind: 'wrong_state',
    code: payment.paid ? 'payment_taken_back' : 'payment_not_paid',
    detail: payment.paid
      ? 'The payment was refunded or lost in a dispute, so nothing is owed for it.'
      : 'The payment is not paid.',
  });
}

/** @throws Refusal when every book of the order was taken away */
export async function insistOnSomethingOwned(
  buyers: Pick<BuyerControl, 'ownedLines'>,
  tx: Transaction,
  { payment }: OrderUnderLock,
): Promise<void> {
  const lines = await buyers.ownedLines(tx, payment.id);
  if (lines.length === 0 || lines.some(({ state }) => state !== 'revoked')) return;
  throw new Refusal({
    kind: 'wrong_state',
    code: 'all_revoked',
    detail: 'Every book of this order was taken away.',
    remedy: 'Give back what the buyer is to have (entitlement:revoke with undo), then ask again.',
  });
}

/** What these operations read of an order; the rest is handed on as it is. */
const seenOrder = z.object({
  orderId: z.string(),
  buyer: z.looseObject({ email: z.string(), name: z.string().nullable(), language: z.enum(languages) }),
  lines: z.array(z.object({ lineNo: z.int() })),
});
export type SeenOrder = z.infer<typeof seenOrder> & { whole: JsonObject };

/** Undefined: the order is not resolved yet. */
export function orderOf({ job }: OrderUnderLock): SeenOrder | undefined {
  return job.order === null ? undefined : { ...seenOrder.parse(job.order), whole: job.order };
}

/** @throws Refusal when the order is not resolved yet */
export function resolvedOrder(locked: OrderUnderLock): SeenOrder {
  const order = orderOf(locked);
  if (order) return order;
  throw new Refusal({
    kind: 'wrong_state',
    code: 'order_not_resolved',
    detail: `What was bought is not known yet: the job is ${locked.job.state}.`,
    remedy: 'Retry the job once what it waits for is mended, or cancel it.',
  });
}
