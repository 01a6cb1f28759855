import { createHash } from 'node:crypto';
import { createEventReader } from '../../../src/intake/eventReader.ts';
import type { Random } from '../../../src/ports/random.ts';
import { fulfilPlan, settlePlan } from '../../../src/steps/plans.ts';
import { createIntakeStore } from '../../../src/store/events/acceptEvent.ts';
import { eventually } from '../../builders/engineStack.ts';
import { aBook, startFulfilStack } from '../../builders/fulfilStack.ts';
import {
  aCheckout,
  anIntent,
  aPurchaseLine,
  aRefund,
  type MemoryPayments,
} from '../../fakes/memoryPayments.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';
import { type Account, type Happening, liveThrough, metadataOf, type StripeEvent } from './account.ts';
import type { Delivery } from './deliveries.ts';
import { readOutcomes } from './outcomes.ts';
import { linesSold } from './stories.ts';

const books = [
  { productId: 'first', priceId: 'price_First', unitAmount: 4900 },
  { productId: 'second', priceId: 'price_Second', unitAmount: 3000 },
];

/** The product's own intake, steps, engine and database; at the other end an account at Stripe, one for each payment. */
export async function openSimulatedShop(random: Random) {
  const stack = await startFulfilStack();
  await stack.importBooks(
    ...books.map(({ productId, priceId, unitAmount }) =>
      aBook(productId, priceId, { prices: [{ priceId, currency: 'pln', unitAmount }] }),
    ),
  );
  answerSlowly(stack.payments, random);
  // Stripe would come again; here an event that is turned away for want of a connection is lost.
  const intake = createIntakeStore(stack.poolAs('fulfillment_intake', 4, 60_000));
  const mailer = createMemoryMailer();
  const worker = stack.startFulfilling({ plan: fulfilPlan, settling: true, mailer });
  const read = createEventReader({
    livemode: false,
    startDate: new Date(0),
    plan: fulfilPlan,
    settlePlan,
    slaSeconds: 300,
    waitForSessionMs: 50,
  });
  const now = Math.floor(Date.now() / 1000);
  let sold = 0;

  /** A payment with this story, of which nobody has been told yet. */
  function sell(story: readonly Happening[]): Account {
    sold += 1;
    const mark = `${createHash('sha256').update(`${now} ${sold}`).digest('hex').slice(0, 16)}x${sold}`;
    const lines = books.map(({ priceId }, index) => ({ priceId, total: linesSold[index] ?? 0 }));
    return liveThrough(story, { mark, lines, at: now - story.length });
  }

  /** What Stripe's API says of the payment from now on. */
  function showApi(account: Account, knows: number): void {
    const snapshot = account.snapshots[knows];
    if (!snapshot) throw new Error('The story is shorter than that.');
    const { sessionId, intentId: paymentIntentId, mark, total } = account;
    const free = paymentIntentId === null;
    const buyer = {
      email: `${mark}@example.pl`,
      name: 'Jan Kowalski',
      company: null,
      taxIds: [],
      address: null,
      locale: 'pl',
    };
    const createdAt = new Date(now * 1000);
    stack.payments.addCheckout(
      aCheckout({
        sessionId,
        paymentIntentId,
        status: snapshot.session,
        paymentStatus: snapshot.paymentStatus,
        buyer,
        createdAt,
        lines: account.lines.map(({ priceId, total: amount }) =>
          aPurchaseLine({
            priceId,
            unitAmount: amount,
            subtotal: amount,
            discount: free ? amount : 0,
            tax: 0,
            taxPercent: null,
            total: free ? 0 : amount,
          }),
        ),
      }),
    );
    if (paymentIntentId === null || snapshot.intent === null) return;
    const paid = snapshot.intent === 'succeeded';
    stack.payments.addIntent(
      anIntent({
        paymentIntentId,
        status: snapshot.intent,
        amountReceived: paid ? total : 0,
        buyer,
        createdAt,
        paidAt: createdAt,
      }),
    );
    stack.payments.setMoney(paymentIntentId, {
      refunds: snapshot.refunds.map((refund) =>
        aRefund({
          refundId: refund.id,
          amount: refund.amount,
          status: refund.status,
          metadata: metadataOf(refund, account.lines),
          createdAt: new Date(refund.created * 1000),
        }),
      ),
      disputes: snapshot.disputes.map(({ id, status }) => ({
        id,
        status,
        amount: total,
        createdAt: createdAt.toISOString(),
      })),
    });
  }

  async function tell(event: StripeEvent): Promise<void> {
    const { event: record, purchase } = read(Buffer.from(JSON.stringify(event)));
    const { jobId } = await intake.accept(record, purchase);
    if (jobId) worker.worker.wake();
  }

  /** Tells of a payment as it is delivered, with as little or as much time between as comes. */
  async function deliver(account: Account, deliveries: readonly Delivery[]): Promise<void> {
    for (const { event, apiKnows } of deliveries) {
      showApi(account, apiKnows);
      await tell(event);
      if (random.next() < 0.5) await new Promise((resolve) => setTimeout(resolve, random.next() * 40));
    }
  }

  /** What the catch-up poller brings in the end: everything, in the order of Stripe's list. */
  async function catchUp(account: Account): Promise<void> {
    showApi(account, account.snapshots.length - 1);
    for (const { event } of account.events) await tell(event);
  }

  /** Until nothing of these payments is due any more. */
  async function rest(accounts: readonly Account[]): Promise<void> {
    const keys = accounts.map(({ intentId, sessionId }) => intentId ?? sessionId);
    let left: unknown[] = [];
    await eventually(
      async () => {
        left = await stack.rows(
          `select p.payment_key, j.kind, j.state, j.reason, s.step, s.reason as why
             from fulfillment.fulfillment_dispatch d join fulfillment.fulfillment_jobs j on j.id = d.job_id
             join fulfillment.payments p on p.id = j.payment_id
             left join fulfillment.fulfillment_job_steps s on s.job_id = j.id and s.state not in ('done', 'skipped')
            where p.payment_key = any($1) limit 5`,
          [keys],
        );
        return left.length === 0;
      },
      () => `Something is still due: ${JSON.stringify(left)}`,
      60_000,
    );
  }

  return {
    sell,
    deliver,
    catchUp,
    rest,
    outcomes: (accounts: readonly Account[]) => readOutcomes(stack, mailer, accounts),
    stop: () => stack.stop(),
  };
}

/** What Stripe answers is as old as the question: things may happen while the answer is on its way. */
function answerSlowly(payments: MemoryPayments, random: Random): void {
  const { readMoney, readIntent } = payments;
  const late = async <T>(answer: Promise<T>): Promise<T> => {
    const said = await answer;
    await new Promise((resolve) => setTimeout(resolve, random.next() * 30));
    return said;
  };
  payments.readMoney = (...question) => late(readMoney(...question));
  payments.readIntent = (...question) => late(readIntent(...question));
}

export type SimulatedShop = Awaited<ReturnType<typeof openSimulatedShop>>;
