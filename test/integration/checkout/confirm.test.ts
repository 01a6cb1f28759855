import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AcceptStack, purchaseEvents, startAcceptStack } from '../../builders/acceptStack.ts';
import { createCheckoutBench } from '../../builders/checkoutStack.ts';
import { aFault } from '../../fakes/faultScript.ts';
import { aCheckout, anIntent, createMemoryPayments } from '../../fakes/memoryPayments.ts';
import type { CheckoutPurchase } from '../../../src/ports/payments.ts';
import { fulfilPlan } from '../../../src/steps/plans.ts';

let stack: AcceptStack;
let bench: ReturnType<typeof createCheckoutBench>;
beforeAll(async () => {
  stack = await startAcceptStack();
  bench = createCheckoutBench(stack);
});
afterAll(() => stack.stop());

/** A purchase that Stripe's API knows, and the events it would send. */
function sold(fields: Partial<CheckoutPurchase> = {}, settings: { startDate?: Date } = {}) {
  const events = purchaseEvents();
  const payments = createMemoryPayments();
  const ids = { sessionId: events.session, paymentIntentId: events.intent };
  const set = (changed: Partial<CheckoutPurchase>) => payments.addCheckout(aCheckout({ ...ids, ...changed }));
  set(fields);
  const desk = bench.desk({ payments, plan: fulfilPlan, ...settings });
  return { events, payments, set, desk, key: events.intent, confirm: () => desk.confirm(events.session) };
}

describe('a page that confirms a checkout', () => {
  it('makes the job without any webhook, and is told where the mail goes', async () => {
    const { confirm, key } = sold();
    expect(await confirm()).toEqual({
      paymentId: expect.any(String),
      view: {
        state: 'received',
        books: [],
        mail: { to: 'j•••@ex•••.pl', accepted: false },
        suggestion: null,
      },
    });
    const { payments, jobs } = await stack.stateOf(key);
    expect(payments).toMatchObject([{ paid: true }]);
    expect(jobs).toMatchObject([{ state: 'open', timeline: ['job.accepted'] }]);
    const [told] = await stack.rows(
      'select actor, data from fulfillment.fulfillment_job_events where job_id = $1',
      [jobs[0]?.id],
    );
    expect(told).toEqual({ actor: 'door:success_page', data: {} });
  });

  it('beside webhooks at the same instant makes one job, however often and in whatever order they come', async () => {
    const webhook = stack.webhook();
    for (let sale = 0; sale < 15; sale += 1) {
      const { events, confirm, key } = sold();
      const calls = [
        ...[events.completed, events.succeeded, events.completed].map((event) => () => webhook.post(event)),
        ...Array.from({ length: 4 }, () => confirm),
      ];
      const turned = [...calls.slice(sale % calls.length), ...calls.slice(0, sale % calls.length)];
      const answers = await Promise.all(turned.map((call) => call()));
      for (const answer of answers) {
        if (answer && 'status' in answer) expect(answer.status).toBe(200);
        else expect(answer?.view.state).toBe('received');
      }
      const { payments, jobs } = await stack.stateOf(key);
      expect(payments).toMatchObject([{ paid: true, checkout_session_id: events.session }]);
      expect(jobs).toHaveLength(1);
      expect(jobs[0]?.timeline.filter((kind) => kind === 'job.accepted')).toHaveLength(1);
      expect(jobs[0]?.due_in_ms).toBeLessThan(1_000);
    }
  });

  it('that is loaded again, many times at once, leaves no line in the timeline', async () => {
    const { confirm, key } = sold();
    const views = await Promise.all([confirm(), confirm(), confirm()]);
    expect(new Set(views.map((each) => JSON.stringify(each))).size).toBe(1);
    for (let load = 0; load < 3; load += 1) await confirm();
    expect((await stack.stateOf(key)).jobs).toMatchObject([{ timeline: ['job.accepted'] }]);
  });

  it('of a free order knows it by its session', async () => {
    const { confirm, events } = sold({
      paymentIntentId: null,
      paymentStatus: 'no_payment_required',
      lines: [],
      total: 0,
    });
    expect((await confirm())?.view.state).toBe('received');
    expect((await stack.stateOf(events.session)).jobs).toHaveLength(1);
  });

  it('waits for a bank, and goes on when it has paid', async () => {
    const { confirm, set, key } = sold({ paymentStatus: 'unpaid' });
    expect((await confirm())?.view.state).toBe('waiting_for_payment');
    expect((await stack.stateOf(key)).jobs).toEqual([]);
    set({ paymentStatus: 'paid' });
    expect((await confirm())?.view.state).toBe('received');
    expect((await stack.stateOf(key)).jobs).toHaveLength(1);
  });

  it('of money that went back is told that it has ended', async () => {
    const { confirm, key } = sold();
    await confirm();
    await stack.admin.query(
      `update fulfillment.payments set facts = '{"taken_back": true}' where payment_key = $1`,
      [key],
    );
    expect((await confirm())?.view.state).toBe('ended');
  });

  it.each<[string, Partial<CheckoutPurchase>]>([
    ['is open', { status: 'open', paymentStatus: 'unpaid' }],
    ['has expired', { status: 'expired', paymentStatus: 'unpaid' }],
    ['is a subscription', { mode: 'subscription' }],
    [
      'sets a card up',
      { mode: 'setup', paymentIntentId: null, paymentStatus: 'no_payment_required', total: 0 },
    ],
    ['is of the other mode', { livemode: true }],
    ['is paid without an intent', { paymentIntentId: null }],
  ])('is not told a session from nothing that %s, and nothing is made of it', async (_what, fields) => {
    const { confirm, events } = sold(fields);
    expect(await confirm()).toBeUndefined();
    expect((await stack.stateOf(events.session)).payments).toEqual([]);
    expect((await stack.stateOf(events.intent)).payments).toEqual([]);
  });

  it('asks Stripe about an unknown id once in a while, and never about one that cannot be', async () => {
    const { desk, payments } = sold();
    const unknown = `cs_test_${randomUUID().replaceAll('-', '')}`;
    for (let load = 0; load < 5; load += 1) expect(await desk.confirm(unknown)).toBeUndefined();
    expect(payments.calls).toEqual([`readCheckout ${unknown}`]);
    for (const id of [
      '',
      'cs_1',
      'cs_live_1',
      'pi_1',
      "cs_test_'",
      'cs_test_a/../b',
      `cs_test_${'x'.repeat(251)}`,
    ])
      expect(await desk.confirm(id)).toBeUndefined();
    expect(payments.calls).toHaveLength(1);
  });

  it('never fulfils what was paid before we began', async () => {
    const startDate = new Date('2026-11-22T12:00:00Z');
    const before = { createdAt: new Date('2026-11-22T11:00:00Z') };
    const past = sold(before, { startDate });
    past.payments.addIntent(
      anIntent({ paymentIntentId: past.key, paidAt: new Date('2026-11-22T11:59:59Z') }),
    );
    expect(await past.confirm()).toBeUndefined();
    expect((await stack.stateOf(past.key)).payments).toEqual([]);
    const since = sold(before, { startDate });
    since.payments.addIntent(anIntent({ paymentIntentId: since.key, paidAt: startDate }));
    expect((await since.confirm())?.view.state).toBe('received');
  });

  it('goes by what the webhook has told while Stripe does not answer, and says so when nothing is known', async () => {
    const { events, payments, confirm } = sold();
    payments.failAlways(aFault({ kind: 'transient', reason: 'stripe_timeout' }));
    await expect(confirm()).rejects.toMatchObject({ reason: 'stripe_timeout' });
    await stack.webhook().post(events.completed);
    expect((await confirm())?.view).toMatchObject({ state: 'received', mail: { to: null } });
  });

  it('gives up on a Stripe that does not answer in time', async () => {
    const { events, payments } = sold();
    const hanging = {
      ...payments,
      readCheckout: (_id: string, signal: AbortSignal) =>
        new Promise<never>((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(aFault({ kind: 'transient', reason: 'aborted' }))),
        ),
    };
    const desk = bench.desk({ payments: hanging, plan: fulfilPlan, stripeTimeoutMs: 20 });
    await expect(desk.confirm(events.session)).rejects.toMatchObject({ reason: 'aborted' });
  });
});

describe('the door for purchases without an event', () => {
  it('is open to the three that are known, and to the intake alone', async () => {
    const call = (role: 'fulfillment_intake' | 'fulfillment_shelf', door: string | null) =>
      stack.poolAs(role, 1).query('select * from fulfillment.accept_purchase($1, $2)', ['{}', door]);
    await expect(call('fulfillment_intake', 'back_door')).rejects.toMatchObject({ code: '22023' });
    await expect(call('fulfillment_intake', null)).rejects.toMatchObject({ code: '22023' });
    await expect(call('fulfillment_shelf', 'poller')).rejects.toMatchObject({ code: '42501' });
    await expect(
      stack.poolAs('fulfillment_intake', 1).query('select * from fulfillment.checkout_progress(null, null)'),
    ).rejects.toMatchObject({ code: '42501' });
  });
});
