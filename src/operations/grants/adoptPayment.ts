import { z } from 'zod';
import { orderIdFrom } from '../../domain/orderId.ts';
import type { Plan } from '../../domain/plan.ts';
import type { HandMadeOrders } from '../../ports/handMadeOrders.ts';
import type { JobControl } from '../../ports/jobControl.ts';
import type { Random } from '../../ports/random.ts';
import type { Transaction } from '../../ports/transaction.ts';
import type { By, Changed, ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { lockAsSeen } from '../jobs/lockAsSeen.ts';
import { atWork, wrongState } from '../jobs/wrongState.ts';
import { lookAtPastSale, notPaid, type PastSale, type PastSaleOptions } from './pastSale.ts';

export interface AdoptPaymentOptions {
  orders: HandMadeOrders;
  jobs: JobControl;
  random: Random;
  /** What becomes of a sale of the past: steps/handMadeOrders.ts. */
  plan: Plan;
  /** What follows what went back of it. */
  settlePlan: Plan;
  past: PastSaleOptions;
  livemode: boolean;
  slaSeconds: number;
  /** Steps that tell the buyer, or somebody's statistics, and are left out. */
  telling?: readonly string[];
}

const input = z
  .strictObject({
    paymentKey: z
      .string()
      .regex(/^(pi|cs)_[A-Za-z0-9_]{1,250}$/)
      .optional()
      .describe('A payment without a job: its PaymentIntent, or the Checkout Session of one that we know.'),
    jobId: z.uuid().optional().describe('Or a job that is held: then with its version.'),
    version: z.int().positive().optional().describe('The version of the job that was looked at.'),
  })
  .refine(
    ({ paymentKey, jobId, version }) =>
      paymentKey === undefined
        ? jobId !== undefined && version !== undefined
        : jobId === undefined && version === undefined,
    { error: 'Name either a payment, or a job with its version.', path: ['paymentKey'] },
  );
const output = z.strictObject({
  jobId: z.string(),
  version: z.int().describe('The version of the job after this.'),
  state: z.string(),
  orderId: z.string().nullable(),
  isNew: z.boolean().describe('The payment was not known before.'),
  leftOut: z.array(z.string()).describe('Steps that will not be done.'),
});
type Output = z.infer<typeof output>;

const tellingSteps = ['email', 'late_files_email', 'analytics'];

/**
 * A sale of the past is recorded and its books are owned, and nobody is mailed (DESIGN, never mail the past). Whether it
 * is one is asked of Stripe before anything is written, and what was paid for what by the job's first step.
 */
export function createAdoptPayment(
  options: AdoptPaymentOptions,
): ChangeOperation<z.infer<typeof input>, Output, PastSale | undefined> {
  return {
    kind: 'change',
    name: 'payment:adopt',
    permission: 'payment:adopt',
    summary: 'Record an older sale and give the buyer what they own, without any mail',
    path: '/payments/adopt',
    reason: 'required',
    input,
    output,
    target: ({ paymentKey, jobId }) =>
      paymentKey === undefined ? { kind: 'job', id: jobId ?? '' } : { kind: 'payment', id: paymentKey },
    // Of a session we know its payment, or that it cost nothing.
    look: async ({ paymentKey }) =>
      paymentKey?.startsWith('pi_') ? lookAtPastSale(paymentKey, options.past) : undefined,
    change: (tx, { paymentKey, jobId, version }, by, sale) =>
      paymentKey === undefined
        ? adoptHeld(options, tx, { jobId: jobId ?? '', version: version ?? 0 }, by)
        : adoptPast(options, tx, { paymentKey, sale }, by),
  };
}

async function adoptPast(
  { orders, plan, settlePlan, random, livemode, slaSeconds }: AdoptPaymentOptions,
  tx: Transaction,
  { paymentKey, sale }: { paymentKey: string; sale: PastSale | undefined },
  by: By,
): Promise<Changed<Output>> {
  const orderId = orderIdFrom(random.bytes(12));
  const added = paymentKey.startsWith('pi_')
    ? await orders.addPast(tx, { paymentIntentId: paymentKey, orderId, livemode })
    : undefined;
  // Somebody else may have added it since: now that it is there, it is locked and looked at.
  const payment = await orders.lockPayment(tx, paymentKey);
  if (!payment) throw unknownSession();
  if (payment.job) throw hasJob(payment.job);
  // Only Stripe's own word counts, and of a session it was not asked.
  if (!payment.paid && !sale) throw notPaid('As far as we know, the payment is not paid.');
  const { paymentId } = payment;
  if (sale) await orders.confirmPast(tx, { paymentId, facts: sale.facts });
  if (sale?.facts)
    await orders.addSettlement(tx, { paymentId, plan: settlePlan, slaSeconds, actor: by.actor });
  const jobId = await orders.addJob(tx, { paymentId, plan, order: null, slaSeconds, actor: by.actor });
  const isNew = added !== undefined;
  return {
    output: { jobId, version: 1, state: 'open', orderId: payment.orderId, isNew, leftOut: [] },
    before: { payment: isNew ? null : paymentId, jobId: null },
    after: { payment: paymentId, jobId, orderId: payment.orderId },
    work: true,
  };
}

/** Whatever was held goes on, without what would tell anybody. */
async function adoptHeld(
  { jobs, telling = tellingSteps }: AdoptPaymentOptions,
  tx: Transaction,
  seen: { jobId: string; version: number },
  by: By,
): Promise<Changed<Output>> {
  const job = await lockAsSeen(jobs, tx, seen);
  if (job.state !== 'held' || job.kind !== 'fulfil')
    throw wrongState(job, 'adopted', 'Hold it first, if it is an order that must not be mailed.');
  if (job.leased) throw atWork();
  const settled = new Set(
    job.steps.filter(({ state }) => state === 'done' || state === 'skipped').map(({ step }) => step),
  );
  const leftOut = job.plan.steps
    .map(({ name }) => name)
    .filter((name) => telling.includes(name) && !settled.has(name));
  const version = await jobs.decide(tx, job, {
    state: { state: 'open', reason: null, failedStep: null },
    steps: leftOut.map((step) => ({
      step,
      state: 'skipped',
      attempts: job.steps.find((row) => row.step === step)?.attempts ?? 0,
      dueAt: null,
      reason: 'adopted',
      output: null,
    })),
    due: 'now',
    event: { kind: 'job.released', step: null, data: { leftOut } },
    actor: by.actor,
  });
  return {
    output: {
      jobId: job.jobId,
      version,
      state: 'open',
      orderId: job.payment?.orderId ?? null,
      isNew: false,
      leftOut,
    },
    before: { state: job.state, version: job.version },
    after: { state: 'open', version },
    details: { leftOut },
    work: true,
  };
}

const unknownSession = () =>
  new Refusal({
    kind: 'not_found',
    code: 'unknown_payment',
    field: 'paymentKey',
    detail: 'We know no payment of this Checkout Session.',
    remedy: 'Name its PaymentIntent (pi_…). A session that cost nothing has none: have its event sent again.',
  });

const hasJob = ({ jobId, state }: { jobId: string; state: string }) =>
  new Refusal({
    kind: 'wrong_state',
    code: 'payment_has_job',
    field: 'paymentKey',
    detail: `The payment has job ${jobId}, which is ${state}.`,
    remedy:
      state === 'held'
        ? 'Name that job and its version.'
        : 'There is nothing to adopt: work with that job instead.',
  });
