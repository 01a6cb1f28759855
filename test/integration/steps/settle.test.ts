import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/domain/plan.ts';
import type { EventRecord } from '../../../src/ports/intakeStore.ts';
import type { PaymentMoney } from '../../../src/ports/payments.ts';
import { fulfilPlan, settlePlan } from '../../../src/steps/plans.ts';
import type { Step } from '../../../src/ports/step.ts';
import type { SettleRules } from '../../../src/steps/settling.ts';
import { createIntakeStore } from '../../../src/store/events/acceptEvent.ts';
import { eventually } from '../../builders/engineStack.ts';
import { aBook, type Bought, type FulfilStack, startFulfilStack } from '../../builders/fulfilStack.ts';
import { aFault } from '../../fakes/faultScript.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';
import { aCheckout, anIntent, aPurchaseLine, aRefund } from '../../fakes/memoryPayments.ts';

let stack: FulfilStack;
let intake: ReturnType<typeof createIntakeStore>;

beforeAll(async () => {
  stack = await startFulfilStack();
  intake = createIntakeStore(stack.poolAs('fulfillment_intake', 4));
  await stack.importBooks(
    aBook('first', 'price_1'),
    aBook('second', 'price_2', { prices: [{ priceId: 'price_2', currency: 'pln', unitAmount: 3000 }] }),
  );
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

/** Two books for 79.00 PLN. */
const twoBooks = () => ({
  checkout: {
    lines: [
      aPurchaseLine(),
      aPurchaseLine({ priceId: 'price_2', unitAmount: 3000, subtotal: 3000, tax: 143, total: 3000 }),
    ],
  },
});

/** A worker that fulfils and settles, and buys from itself. */
function open(rules: Partial<SettleRules> = {}, change: (step: Step) => Step = (step) => step) {
  const mailer = createMemoryMailer();
  const worker = stack.startFulfilling({ settling: { partialRefunds: 'ask', ...rules }, mailer, change });
  return {
    ...worker,
    mailer,
    /** A purchase that is fulfilled. */
    async sold() {
      const bought = await worker.buy(twoBooks());
      await stack.untilOver(bought.jobId);
      return bought;
    },
    /** Stripe has news of the payment, and says so. Resolves with the settle job. */
    async news({ paymentIntentId }: Pick<Bought, 'paymentIntentId'>, money: Partial<PaymentMoney> = {}) {
      const refunds = money.refunds?.map((refund) => ({
        ...refund,
        refundId: `${refund.refundId}${markOf({ paymentIntentId })}`,
      }));
      stack.payments.setMoney(paymentIntentId, { ...money, ...(refunds && { refunds }) });
      const jobId = await tell(paymentIntentId);
      worker.worker.wake();
      return jobId;
    },
    subjects: () =>
      mailer.taken.map(({ bytes }) => /^Subject: (.*)$/m.exec(new TextDecoder().decode(bytes))?.[1]),
  };
}

const eventOf = (type: string, mark: string): EventRecord => ({
  eventId: `evt_${mark.replaceAll('-', '')}`,
  type,
  apiVersion: null,
  livemode: false,
  occurredAt: new Date(),
  verdict: 'accepted',
  reason: null,
  door: 'webhook',
  body: new Uint8Array([1]),
  contentSha256: new TextEncoder().encode(mark),
});

async function tell(paymentIntentId: string): Promise<string> {
  const mark = randomUUID();
  const { jobId } = await intake.accept(eventOf('charge.refunded', mark), {
    kind: 'settlement',
    paymentKey: paymentIntentId,
    paymentIntentId,
    orderId: mark,
    livemode: false,
    plan: settlePlan,
    slaSeconds: 300,
    traceContext: null,
  });
  return jobId ?? '';
}

/** What makes the ids of a payment's refunds its own. */
const markOf = ({ paymentIntentId }: Pick<Bought, 'paymentIntentId'>) => paymentIntentId.slice(3, 15);

/** What stands in the tables of a payment; of its own refunds `re_1`, `re_2`. */
async function stateOf({ paymentIntentId }: Pick<Bought, 'paymentIntentId'>) {
  const [row] = await stack.rows<{
    facts: Record<string, unknown>;
    owned: string[];
    notes: Array<{ refund: string; kind: string; amount: number; number: number }>;
    notices: Array<{ key: string; kind: string; lines: number[] }>;
    mails: string[];
  }>(
    `select p.facts,
            array(select e.line_no || ' ' || e.state from fulfillment.ebook_entitlements e where e.payment_id = p.id order by e.line_no) as owned,
            (select coalesce(jsonb_agg(jsonb_build_object('refund', c.refund_id, 'kind', c.kind, 'amount', c.amount) order by c.number), '[]')
               from fulfillment.credit_notes c where c.payment_id = p.id) as notes,
            (select coalesce(jsonb_agg(jsonb_build_object('key', n.key, 'lines', n.data -> 'lines') order by n.created_at), '[]')
               from fulfillment.payment_notices n where n.payment_id = p.id) as notices,
            array(select m.kind || ' ' || m.state from fulfillment.email_messages m where m.payment_id = p.id order by m.created_at) as mails
       from fulfillment.payments p where p.payment_key = $1`,
    [paymentIntentId],
  );
  if (!row) throw new Error('There is no such payment.');
  return JSON.parse(JSON.stringify(row).replaceAll(markOf({ paymentIntentId }), '')) as typeof row;
}

describe('a refund in full', () => {
  it('ends access, has a credit note, and is told once; when it fails, all of that is taken back', async () => {
    const shop = open();
    const bought = await shop.sold();
    const jobId = await shop.news(bought, { refunds: [aRefund({ amount: 7900, status: 'pending' })] });
    expect(await stack.untilOver(jobId)).toMatchObject({ state: 'completed' });
    expect(await stateOf(bought)).toMatchObject({
      owned: ['1 revoked', '2 revoked'],
      notes: [{ refund: 're_1', kind: 'credit', amount: 7900 }],
      notices: [{ key: 'refund:re_1', lines: [1, 2] }],
      mails: ['receipt accepted', 'refund accepted'],
      facts: { taken_back: true, taken_lines: [1, 2], refunded: 7900, received: 7900 },
    });

    const refunds = [aRefund({ amount: 7900, status: 'failed' })];
    expect(await shop.news(bought, { refunds })).toBe(jobId);
    expect(await stack.untilOver(jobId)).toMatchObject({ state: 'completed' });
    expect(await stateOf(bought)).toMatchObject({
      owned: ['1 pending_claim', '2 pending_claim'],
      notes: [{ kind: 'credit' }, { refund: 're_1', kind: 'reversal', amount: 7900 }],
      notices: [{ key: 'refund:re_1' }, { key: 'refund_failed:re_1', lines: [1, 2] }],
      mails: ['receipt accepted', 'refund accepted', 'refund_failed accepted'],
      facts: { taken_back: false, taken_lines: [], refunded: 0 },
    });
    expect(shop.subjects()).toHaveLength(3);
  });

  it('is asked for once more by an event that says nothing new, and nothing comes of it', async () => {
    const shop = open();
    const bought = await shop.sold();
    const jobId = await shop.news(bought, { refunds: [aRefund({ amount: 7900 })] });
    await stack.untilOver(jobId);
    const before = await stateOf(bought);
    await shop.news(bought);
    expect(await stack.untilOver(jobId)).toMatchObject({ state: 'completed' });
    expect(await stateOf(bought)).toEqual(before);
  });

  it('that overtakes its payment is settled when the payment comes, and no receipt is mailed', async () => {
    const shop = open();
    const paymentIntentId = `pi_${randomUUID().replaceAll('-', '')}`;
    stack.payments.addIntent(anIntent({ paymentIntentId, amountReceived: 7900 }));
    const settleId = await shop.news({ paymentIntentId }, { refunds: [aRefund({ amount: 7900 })] });
    const early = await stack.untilOver(settleId);
    expect(early).toMatchObject({ state: 'completed', steps: { settle: { reason: 'no_purchase' } } });

    stack.payments.addCheckout(
      aCheckout({ ...twoBooks().checkout, sessionId: 'cs_test_late', paymentIntentId }),
    );
    const { jobId } = await pay(paymentIntentId, shop.plan);
    shop.worker.wake();
    await stack.untilOver(jobId);
    expect(await stack.untilOver(settleId)).toMatchObject({ state: 'completed' });
    expect(await stateOf({ paymentIntentId })).toMatchObject({
      owned: ['1 revoked', '2 revoked'],
      notes: [{ kind: 'credit', amount: 7900 }],
      notices: [{ key: 'refund:re_1', lines: [1, 2] }],
      mails: ['refund accepted'],
    });
  });

  it('from before we began is no news to the buyer', async () => {
    const shop = open({ startDate: new Date('2026-11-24T00:00:00Z') });
    const bought = await shop.sold();
    const jobId = await shop.news(bought, { refunds: [aRefund({ amount: 7900 })] });
    expect(await stack.untilOver(jobId)).toMatchObject({ state: 'completed' });
    expect(await stateOf(bought)).toMatchObject({ owned: ['1 revoked', '2 revoked'], notices: [] });
  });
});

describe('a partial refund', () => {
  it('takes the line that it names by its price, and leaves the other', async () => {
    const shop = open();
    const bought = await shop.sold();
    const metadata = { fulfillment_lines: 'price_2:1' };
    const jobId = await shop.news(bought, { refunds: [aRefund({ amount: 3000, metadata })] });
    expect(await stack.untilOver(jobId)).toMatchObject({ state: 'completed' });
    expect(await stateOf(bought)).toMatchObject({
      owned: ['1 pending_claim', '2 revoked'],
      notes: [{ kind: 'credit', amount: 3000 }],
      notices: [{ key: 'refund:re_1', lines: [2] }],
      facts: { taken_back: false, taken_lines: [2], refunds: [{ id: 're_1', lines: [2] }] },
    });
  });

  it('that names no line stops with the question, and goes on with the answer', async () => {
    const shop = open();
    const bought = await shop.sold();
    const jobId = await shop.news(bought, { refunds: [aRefund({ amount: 1000 })] });
    const asked = await stack.untilState(jobId, 'blocked');
    expect(asked).toMatchObject({ reason: 'refund_unattributed' });
    expect(asked.events.find(({ kind }) => kind === 'step.blocked')?.data.detail).toBe(
      `Which lines is refund re_1${markOf(bought)} of 10.00 PLN for? 1: first at 49.00 PLN, 2: second at 30.00 PLN; or none, money only.`,
    );
    expect(await stateOf(bought)).toMatchObject({
      owned: ['1 pending_claim', '2 pending_claim'],
      notes: [],
      notices: [],
      facts: { refunded: 1000, taken_lines: [] },
    });

    await stack.rows(
      `update fulfillment.payments set facts = facts || '{"refund_lines": {"re_1${markOf(bought)}": [2]}}' where payment_key = $1`,
      [bought.paymentIntentId],
    );
    await shop.news(bought);
    expect(await stack.untilOver(jobId)).toMatchObject({ state: 'completed' });
    expect(await stateOf(bought)).toMatchObject({
      owned: ['1 pending_claim', '2 revoked'],
      notes: [{ kind: 'credit', amount: 1000 }],
      notices: [{ key: 'refund:re_1', lines: [2] }],
      mails: ['receipt accepted', 'refund accepted'],
    });
  });
});

describe('a dispute', () => {
  const dispute = { id: 'du_1', amount: 7900, createdAt: '2026-11-23T10:00:00.000Z' };

  it('suspends access while it is open; lost it stays so, won it comes back, and each is told once', async () => {
    const shop = open();
    const bought = await shop.sold();
    const jobId = await shop.news(bought, { disputes: [{ ...dispute, status: 'needs_response' }] });
    await stack.untilOver(jobId);
    expect(await stateOf(bought)).toMatchObject({ owned: ['1 revoked', '2 revoked'], notes: [] });
    await shop.news(bought, { disputes: [{ ...dispute, status: 'lost' }] });
    await stack.untilOver(jobId);
    await shop.news(bought, { disputes: [{ ...dispute, status: 'won' }] });
    await stack.untilOver(jobId);
    expect(await stateOf(bought)).toMatchObject({
      owned: ['1 pending_claim', '2 pending_claim'],
      notes: [],
      notices: [
        { key: 'access:1', lines: [1, 2] },
        { key: 'access:2', lines: [1, 2] },
      ],
      mails: ['receipt accepted', 'access_ended accepted', 'access_restored accepted'],
    });
  });

  it('leaves access until it is lost where the shop says so', async () => {
    const shop = open({ openDisputes: 'keep' });
    const bought = await shop.sold();
    const jobId = await shop.news(bought, { disputes: [{ ...dispute, status: 'needs_response' }] });
    await stack.untilOver(jobId);
    expect((await stateOf(bought)).owned).toEqual(['1 pending_claim', '2 pending_claim']);
    await shop.news(bought, { disputes: [{ ...dispute, status: 'lost' }] });
    await stack.untilOver(jobId);
    expect((await stateOf(bought)).owned).toEqual(['1 revoked', '2 revoked']);
  });
});

describe('a refund in full that strikes in the middle of fulfilment', () => {
  it.each(fulfilPlan.steps.map(({ name }) => name))(
    'at %s ends with nothing owned and one credit note',
    async (name) => {
      const begun = deferred();
      const shop = open({}, (step) => striking(step, name, begun.resolve));
      const bought = await shop.buy(twoBooks());
      // Some steps have nothing to do here: then it strikes when all is over.
      await Promise.race([begun.promise, stack.untilOver(bought.jobId)]);
      const settleId = await shop.news(bought, { refunds: [aRefund({ amount: 7900 })] });
      expect(await stack.untilOver(bought.jobId)).toMatchObject({ state: 'completed' });
      expect(await stack.untilOver(settleId)).toMatchObject({ state: 'completed' });
      const state = await stateOf(bought);
      expect(state).toMatchObject({
        owned: ['1 revoked', '2 revoked'],
        notes: [{ refund: 're_1', kind: 'credit', amount: 7900 }],
        notices: [{ key: 'refund:re_1', lines: [1, 2] }],
      });
      expect(state.mails.filter((mail) => mail.startsWith('refund'))).toEqual(['refund accepted']);
    },
  );
});

function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}

/** Calls out when the step begins, without waiting: whoever holds rows meanwhile does not stand in the way. */
function striking(step: Step, name: string, strike: () => void): Step {
  if (step.name !== name) return step;
  if (step.kind === 'read') return { ...step, run: (...given) => (strike(), step.run(...given)) };
  if (step.kind === 'commit') return { ...step, commit: (...given) => (strike(), step.commit(...given)) };
  return { ...step, make: (...given) => (strike(), step.make(...given)) };
}

describe('news that come while the last ones are being settled', () => {
  it('are heard: what was read before counts for nothing', async () => {
    const shop = open();
    const bought = await shop.sold();
    // The second event comes between the question to Stripe and the settlement.
    let told = false;
    const { readMoney } = stack.payments;
    stack.payments.readMoney = async (id, signal) => {
      const read = await readMoney(id, signal);
      if (id === bought.paymentIntentId && !told) {
        told = true;
        await shop.news(bought, { refunds: [aRefund({ amount: 7900, status: 'failed' })] });
      }
      return read;
    };
    const jobId = await shop.news(bought, { refunds: [aRefund({ amount: 7900 })] });
    expect(await stack.untilOver(jobId)).toMatchObject({ state: 'completed' });
    stack.payments.readMoney = readMoney;
    expect(await stateOf(bought)).toMatchObject({
      owned: ['1 pending_claim', '2 pending_claim'],
      notes: [],
      notices: [],
    });
  });

  it('do not wait for a mail that cannot go out', async () => {
    const shop = open();
    const bought = await shop.sold();
    shop.mailer.otherwise({
      then: 'refuse',
      fault: aFault({ kind: 'transient', reason: 'smtp_unreachable' }),
    });
    const metadata = { fulfillment_lines: 'price_2:1' };
    const jobId = await shop.news(bought, { refunds: [aRefund({ amount: 3000, metadata })] });
    await stack.until(jobId, ({ timeline }) => timeline.includes('effect.retry settle_mail'));
    await shop.news(bought, {
      refunds: [aRefund({ amount: 3000, metadata }), aRefund({ refundId: 're_2' })],
    });
    await stack.until(jobId, () => true);
    await untilOwned(bought, ['1 revoked', '2 revoked']);
    shop.mailer.otherwise({ then: 'accept' });
    expect(await stack.untilOver(jobId)).toMatchObject({ state: 'completed' });
    const { mails, notices } = await stateOf(bought);
    expect(notices.map(({ key }) => key)).toEqual(['refund:re_1', 'refund:re_2']);
    expect(mails).toEqual(['receipt accepted', 'refund accepted', 'refund accepted']);
  });
});

async function untilOwned(bought: Bought, owned: string[]) {
  await eventually(
    async () => JSON.stringify((await stateOf(bought)).owned) === JSON.stringify(owned),
    () => 'What is owned stayed as it was.',
  );
}

const pay = async (paymentIntentId: string, plan: Plan) => {
  const mark = randomUUID();
  const { jobId } = await intake.accept(eventOf('payment_intent.succeeded', mark), {
    paymentKey: paymentIntentId,
    paymentIntentId,
    checkoutSessionId: 'cs_test_late',
    orderId: mark,
    livemode: false,
    paid: true,
    plan,
    slaSeconds: 300,
    waitForSessionMs: 0,
    traceContext: null,
  });
  return { jobId: jobId ?? '' };
};
