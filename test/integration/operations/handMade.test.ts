import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { roles } from '../../../src/domain/permissions.ts';
import { systemRandom } from '../../../src/main/systemRandom.ts';
import { createAdoptPayment } from '../../../src/operations/grants/adoptPayment.ts';
import { createGrantEntitlement } from '../../../src/operations/grants/grantEntitlement.ts';
import { createAttributeRefund } from '../../../src/operations/refunds/attributeRefund.ts';
import { createHoldJob } from '../../../src/operations/jobs/standstill.ts';
import { adoptPlan, grantPlan, handMadePlans } from '../../../src/steps/handMadeOrders.ts';
import { fulfilPlan, settlePlan } from '../../../src/steps/plans.ts';
import { handMadeOrders } from '../../../src/store/operations/grants/handMadeOrders.ts';
import { jobControl } from '../../../src/store/operations/jobControl.ts';
import { refundControl } from '../../../src/store/operations/refunds/refundControl.ts';
import { aBook, startFulfilStack } from '../../builders/fulfilStack.ts';
import { callerOf, withOperations } from '../../builders/operationsStack.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';
import { aCheckout, anIntent, aRefund } from '../../fakes/memoryPayments.ts';
import { createRecordingTelemetry } from '../../fakes/recordingTelemetry.ts';

/** Sales of the past were paid on the day before. */
const startDate = new Date('2026-11-23T00:00:00Z');

const start = async () => {
  const fulfilling = await startFulfilStack();
  const { payments } = fulfilling;
  return withOperations(fulfilling, () => {
    const shared = { orders: handMadeOrders, random: systemRandom, livemode: false, slaSeconds: 300 };
    return [
      createGrantEntitlement({ ...shared, plan: grantPlan, newId: randomUUID, defaultLanguage: 'en' }),
      createAdoptPayment({
        ...shared,
        plan: adoptPlan,
        settlePlan,
        jobs: jobControl,
        past: {
          payments,
          startDate,
          rules: { partialRefunds: 'ask', openDisputes: 'suspend' },
          timeoutMs: 5_000,
        },
      }),
      createAttributeRefund({ jobs: jobControl, refunds: refundControl, slaSeconds: 300 }),
      createHoldJob(jobControl),
    ];
  });
};
let stack: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  stack = await start();
  await stack.importBooks(aBook('calm-checkout', 'price_1'), aBook('queues', 'price_2'));
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

/** A worker for orders of all makings, and what it mailed. */
function startWorking() {
  const mailer = createMemoryMailer();
  stack.startWorker(
    [fulfilPlan, settlePlan, ...handMadePlans],
    stack.stepsFor({ mailer, settling: { partialRefunds: 'ask', startDate } }, createRecordingTelemetry()),
  );
  return mailer;
}

const ownedBy = (email: string) =>
  stack.rows<{ product_id: string; state: string; formats: string[] }>(
    `select e.product_id, e.state, e.formats from fulfillment.ebook_entitlements e
       join fulfillment.profiles p on p.id = e.profile_id where p.canonical_email = $1 order by e.product_id`,
    [email],
  );
const receiptsOf = (jobId: string) =>
  stack.rows(
    `select from fulfillment.receipts r join fulfillment.fulfillment_jobs j on j.payment_id = r.payment_id where j.id = $1`,
    [jobId],
  );
const given = async (input: object) => {
  const { output } = await stack.ask('entitlement:grant', input);
  return output as { jobId: string; orderId: string; paymentKey: string };
};

describe('a book that is given', () => {
  it('comes to the shelf and brings one mail with links, and no receipt', async () => {
    const mailer = startWorking();
    const { jobId, orderId, paymentKey } = await given({
      email: 'Zofia@Example.pl',
      productId: 'calm-checkout',
      buyerName: 'Zofia Nowak',
      language: 'pl',
    });
    const job = await stack.untilOver(jobId);
    expect(job).toMatchObject({ state: 'completed', reason: null });
    expect(job.events[0]).toMatchObject({ kind: 'job.accepted', actor: 'staff:auth0|anna' });
    expect(await ownedBy('zofia@example.pl')).toEqual([
      { product_id: 'calm-checkout', state: 'pending_claim', formats: ['pdf', 'epub'] },
    ]);
    expect(mailer.taken.map(({ to }) => to)).toEqual(['Zofia@example.pl']);
    expect(Buffer.from(mailer.taken[0]!.bytes).toString()).toContain(orderId);
    expect(await receiptsOf(jobId)).toEqual([]);
    expect(
      await stack.rows(
        'select paid, amount::int, source, order_id from fulfillment.payments where payment_key = $1',
        [paymentKey],
      ),
    ).toEqual([{ paid: true, amount: 0, source: 'grant', order_id: orderId }]);
  });

  it('is given in the formats that were named, once, and nothing of the buyer is in the audit', async () => {
    const wish = {
      email: 'jan.secret@example.pl',
      productId: 'queues',
      formats: ['epub'],
      buyerName: 'Jan Secret',
    };
    const requestId = randomUUID();
    const answers = await Promise.all([1, 2].map(() => stack.ask('entitlement:grant', wish, { requestId })));
    expect(answers.filter(({ repeated }) => repeated)).toHaveLength(1);
    expect(answers[0]!.output).toMatchObject({ formats: ['epub'] });
    // On its way, and then owned.
    expect((await stack.refusalOf('entitlement:grant', wish)).code).toBe('owned_already');
    startWorking();
    await stack.untilOver((answers[0]!.output as { jobId: string }).jobId);
    const again = await stack.refusalOf('entitlement:grant', { ...wish, email: 'JAN.SECRET@example.pl' });
    expect(again).toMatchObject({ kind: 'wrong_state', code: 'owned_already' });
    const kept = await stack.rows(
      `select outcome::text as text from fulfillment.ops_requests
       union all select concat(target_id, before, after, details) from fulfillment.ops_audit
       union all select data::text from fulfillment.fulfillment_job_events`,
    );
    expect(JSON.stringify([kept, answers])).not.toMatch(/secret/i);
  });

  it('is given once by two who do not know of each other', async () => {
    const wish = { email: 'ewa@example.pl', productId: 'queues' };
    const outcomes = await Promise.allSettled([1, 2].map(() => stack.ask('entitlement:grant', wish)));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it.each([
    [{ email: 'no address', productId: 'queues' }, 'unusable_email'],
    [{ email: 'a@example.pl', productId: 'no-such-book' }, 'unknown_product'],
    [{ email: 'a@example.pl', productId: 'Queues!' }, 'invalid_input'],
    [{ email: 'a@example.pl', productId: 'queues', formats: [] }, 'invalid_input'],
  ])('is refused for %j', async (wish, code) => {
    const refusal = await stack.refusalOf('entitlement:grant', wish);
    expect(refusal.code).toBe(code);
    expect(refusal.message).not.toContain('@');
  });
});

const settleJobOf = async (paymentKey: string) => {
  const [job] = await stack.rows<{ id: string }>(
    `select j.id from fulfillment.fulfillment_jobs j join fulfillment.payments p on p.id = j.payment_id
      where p.payment_key = $1 and j.kind = 'settle'`,
    [paymentKey],
  );
  return job?.id ?? '';
};

describe('a sale of the past', () => {
  const sale = () => {
    const mark = randomUUID().replaceAll('-', '');
    const ids = { sessionId: `cs_test_${mark}`, paymentIntentId: `pi_${mark}` };
    stack.payments.addIntent(anIntent({ paymentIntentId: ids.paymentIntentId, amountReceived: 4900 }));
    const checkout = aCheckout(ids);
    const buyer = { ...checkout.buyer, email: `${mark}@example.pl` };
    stack.payments.addCheckout({ ...checkout, buyer });
    return { ...ids, email: buyer.email };
  };

  it('is recorded and owned, and nobody is mailed', async () => {
    const mailer = startWorking();
    const tracked = stack.analytics.events.length;
    const { paymentIntentId, email } = sale();
    const { output } = await stack.ask('payment:adopt', { paymentKey: paymentIntentId });
    expect(output).toMatchObject({ state: 'open', isNew: true, version: 1 });
    const { jobId } = output as { jobId: string };
    expect(await stack.untilOver(jobId)).toMatchObject({ state: 'completed' });
    expect(await ownedBy(email)).toMatchObject([{ product_id: 'calm-checkout', state: 'pending_claim' }]);
    expect(await receiptsOf(jobId)).toEqual([]);
    expect(mailer.attempts.filter(({ to }) => to === email)).toEqual([]);
    expect(stack.analytics.events).toHaveLength(tracked);
    const twice = await stack.refusalOf('payment:adopt', { paymentKey: paymentIntentId });
    expect(twice).toMatchObject({ kind: 'wrong_state', code: 'payment_has_job' });
  });

  it.each<[string, Parameters<typeof anIntent>[0] | null, string]>([
    ['that Stripe does not know', null, 'unknown_to_stripe'],
    ['that is not paid', { status: 'processing' }, 'payment_not_paid'],
    ['that was paid since we began', { paidAt: startDate }, 'current_sale'],
  ])('%s is not adopted, and nothing is written', async (_what, intent, code) => {
    const paymentIntentId = `pi_${randomUUID().replaceAll('-', '')}`;
    if (intent) stack.payments.addIntent(anIntent({ paymentIntentId, ...intent }));
    expect((await stack.refusalOf('payment:adopt', { paymentKey: paymentIntentId })).code).toBe(code);
    const known = await stack.rows('select from fulfillment.payments where payment_key = $1', [
      paymentIntentId,
    ]);
    expect(known).toEqual([]);
  });

  it.each([
    [
      'refunded in full',
      { refunds: [aRefund({ refundId: 're_past', createdAt: new Date('2026-11-22T11:00:00Z') })] },
    ],
    [
      'lost in a dispute',
      {
        disputes: [
          { id: 'du_1', amount: 4900, status: 'lost' as const, createdAt: '2026-11-22T11:00:00.000Z' },
        ],
      },
    ],
  ])('that was %s gives nobody anything, and tells nobody', async (_what, money) => {
    const mailer = startWorking();
    const { paymentIntentId, email } = sale();
    stack.payments.setMoney(paymentIntentId, money);
    const { output } = await stack.ask('payment:adopt', { paymentKey: paymentIntentId });
    expect(await stack.untilOver((output as { jobId: string }).jobId)).toMatchObject({ state: 'completed' });
    expect(await stack.untilOver(await settleJobOf(paymentIntentId))).toMatchObject({ state: 'completed' });
    expect(await ownedBy(email)).toMatchObject([{ product_id: 'calm-checkout', state: 'revoked' }]);
    const history = await stack.rows(
      `select c.to_state from fulfillment.ebook_entitlement_changes c
         join fulfillment.ebook_entitlements e on e.id = c.entitlement_id
         join fulfillment.payments p on p.id = e.payment_id where p.payment_key = $1`,
      [paymentIntentId],
    );
    expect(history).toEqual([{ to_state: 'revoked' }]);
    expect(mailer.attempts.filter(({ to }) => to === email)).toEqual([]);
  });

  it('of which a part was refunded asks which part, and goes by the answer', async () => {
    const mailer = startWorking();
    const { paymentIntentId, email } = sale();
    stack.payments.setMoney(paymentIntentId, {
      refunds: [aRefund({ refundId: 're_part', amount: 900, createdAt: new Date('2026-11-22T11:00:00Z') })],
    });
    await stack.ask('payment:adopt', { paymentKey: paymentIntentId });
    const jobId = await settleJobOf(paymentIntentId);
    await stack.until(jobId, ({ reason }) => reason === 'refund_unattributed');
    expect(await ownedBy(email)).toMatchObject([{ state: 'pending_claim' }]);
    const asked = async (wish: object) => ({ jobId, version: await stack.versionOf(jobId), ...wish });

    const wrong = [
      [{ refundId: 're_other', lineNos: [] }, 'unknown_refund'],
      [{ refundId: 're_part', lineNos: [2] }, 'unknown_line'],
    ] as const;
    for (const [wish, code] of wrong)
      expect((await stack.refusalOf('refund:attribute', await asked(wish))).code).toBe(code);
    const { output } = await stack.ask(
      'refund:attribute',
      await asked({ refundId: 're_part', lineNos: [1] }),
      { caller: callerOf('ops_finance') },
    );
    expect(output).toMatchObject({ refundId: 're_part', lineNos: [1] });
    await stack.untilOver(jobId);
    expect(await ownedBy(email)).toMatchObject([{ state: 'revoked' }]);
    // Once it is over it is opened again, and the books come back.
    await stack.ask('refund:attribute', await asked({ refundId: 're_part', lineNos: [] }));
    const job = await stack.untilOver(jobId);
    expect(job.state).toBe('completed');
    expect(await ownedBy(email)).toMatchObject([{ state: 'pending_claim' }]);
    expect(mailer.attempts.filter(({ to }) => to === email)).toEqual([]);
  });

  it('whose job is held goes on without what would tell anybody', async () => {
    const bought = await stack.buy(fulfilPlan, {}, () => undefined);
    const { jobId } = bought;
    await stack.ask('job:hold', { jobId, version: 1 });
    const named = await stack.refusalOf('payment:adopt', { paymentKey: bought.paymentIntentId });
    expect(named).toMatchObject({ code: 'payment_has_job', remedy: 'Name that job and its version.' });
    const mailer = startWorking();
    const { output } = await stack.ask('payment:adopt', { jobId, version: 2 });
    expect(output).toMatchObject({
      jobId,
      version: 3,
      isNew: false,
      leftOut: ['email', 'late_files_email', 'analytics'],
    });
    const job = await stack.untilOver(jobId);
    expect(job).toMatchObject({
      state: 'completed',
      steps: { email: { state: 'skipped', reason: 'adopted' }, storage: { state: 'done' } },
    });
    expect(mailer.attempts).toEqual([]);
    const over = await stack.refusalOf('payment:adopt', { jobId, version: await stack.versionOf(jobId) });
    expect(over).toMatchObject({ kind: 'wrong_state', code: 'job_completed' });
  });

  it.each([
    [{}, 'invalid_input'],
    [{ jobId: randomUUID() }, 'invalid_input'],
    [{ paymentKey: 'pi_1', jobId: randomUUID(), version: 1 }, 'invalid_input'],
    [{ paymentKey: 'ch_1' }, 'invalid_input'],
    [{ paymentKey: 'cs_never_seen' }, 'unknown_payment'],
    [{ jobId: randomUUID(), version: 1 }, 'unknown_job'],
  ])('is not adopted by %j', async (wish, code) => {
    expect((await stack.refusalOf('payment:adopt', wish)).code).toBe(code);
  });
});

describe('orders by hand', () => {
  it('are made by administrators alone, for a reason', async () => {
    const wishes = {
      'payment:adopt': { paymentKey: 'pi_none' },
      'entitlement:grant': { email: 'a@b.pl', productId: 'queues' },
    };
    for (const [name, wish] of Object.entries(wishes)) {
      for (const role of roles.filter((one) => one !== 'ops_admin'))
        expect((await stack.refusalOf(name, wish, { caller: callerOf(role) })).kind).toBe('not_allowed');
      expect((await stack.refusalOf(name, wish, { reason: '' })).code).toBe('reason_missing');
    }
    expect(await stack.rows(`select from fulfillment.payments where payment_key = 'pi_none'`)).toEqual([]);
  });
});
