import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { purchaseEvents, startAcceptStack, type AcceptStack } from '../builders/acceptStack.ts';
import { bytesOf, stripeEvent } from '../builders/stripeEvent.ts';

let stack: AcceptStack;

beforeAll(async () => {
  stack = await startAcceptStack();
});
afterAll(() => stack.stop());

function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

describe('accepting one purchase', () => {
  it('makes event, payment, job and dispatch row before it answers', async () => {
    const { post, outcomes } = stack.webhook();
    const bought = purchaseEvents();
    expect(await post(bought.completed)).toEqual({ status: 200, body: { received: true } });
    const { payments, jobs } = await stack.stateOf(bought.intent);
    expect(payments).toMatchObject([{ checkout_session_id: bought.session, paid: true }]);
    expect(jobs).toMatchObject([{ state: 'open', timeline: ['job.accepted'] }]);
    expect(jobs[0]?.due_in_ms).toBeLessThanOrEqual(0);
    expect(await stack.eventsOf(bought.completed['id'])).toMatchObject([
      { verdict: 'accepted', reason: null, body: bytesOf(bought.completed), payment_id: payments[0]?.id },
    ]);
    expect(outcomes()).toEqual(['accepted']);
  });

  it('takes fifty copies at once for one: one event row, one job, fifty answers', async () => {
    const { post, outcomes } = stack.webhook();
    const bought = purchaseEvents();
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(bought.completed)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(await stack.eventsOf(bought.completed['id'])).toHaveLength(1);
    const { payments, jobs } = await stack.stateOf(bought.intent);
    expect([payments.length, jobs.length]).toEqual([1, 1]);
    expect(outcomes().toSorted()).toEqual(['accepted', ...Array.from({ length: 49 }, () => 'duplicate')]);
  });

  it('takes different events of one payment at the same instant for one payment with one job', async () => {
    const { post, outcomes } = stack.webhook();
    const many = Array.from({ length: 12 }, () => purchaseEvents());
    const answers = await Promise.all(
      many.flatMap(({ completed, succeeded, asyncSucceeded }) =>
        [completed, succeeded, asyncSucceeded].map((event) => post(event)),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(outcomes().filter((outcome) => outcome === 'accepted')).toHaveLength(12);
    expect(outcomes().filter((outcome) => outcome === 'merged')).toHaveLength(24);
    for (const bought of many) {
      const { payments, jobs } = await stack.stateOf(bought.intent);
      expect(payments).toMatchObject([{ checkout_session_id: bought.session, paid: true }]);
      expect(jobs).toMatchObject([{ timeline: ['job.accepted', 'payment.merged', 'payment.merged'] }]);
      expect(jobs[0]?.due_in_ms).toBeLessThanOrEqual(0);
    }
  });

  it.each(permutations(['completed', 'succeeded', 'asyncSucceeded'] as const satisfies string[]))(
    'ends the same in the order %s, %s, %s, each event twice',
    async (...order) => {
      const { post } = stack.webhook();
      const bought = purchaseEvents({ paid: false });
      for (const name of [...order, ...order]) expect((await post(bought[name])).status).toBe(200);
      const { payments, jobs } = await stack.stateOf(bought.intent);
      expect(payments).toMatchObject([{ checkout_session_id: bought.session, paid: true }]);
      expect(jobs).toMatchObject([{ state: 'open' }]);
      expect(jobs[0]?.due_in_ms).toBeLessThanOrEqual(0);
    },
  );

  it('makes no job of an unpaid session, and one as soon as it is paid', async () => {
    const { post, outcomes } = stack.webhook();
    const bought = purchaseEvents({ paid: false });
    await post(bought.completed);
    expect(await stack.stateOf(bought.intent)).toMatchObject({ payments: [{ paid: false }], jobs: [] });
    await post(bought.asyncSucceeded);
    const { payments, jobs } = await stack.stateOf(bought.intent);
    expect(payments).toMatchObject([{ paid: true, checkout_session_id: bought.session }]);
    expect(jobs).toHaveLength(1);
    expect(outcomes()).toEqual(['unpaid', 'accepted']);
  });

  it('fulfils a purchase of zero under its session', async () => {
    const { post } = stack.webhook();
    const bought = purchaseEvents();
    const free = bought.sessionWith({
      payment_intent: null,
      payment_status: 'no_payment_required',
      amount_total: 0,
    });
    await post(stripeEvent(free, { id: `evt_free_${bought.intent}` }));
    const { payments, jobs } = await stack.stateOf(String(free['id']));
    expect(payments).toMatchObject([{ paid: true }]);
    expect(jobs).toHaveLength(1);
  });
});

describe('the same event again', () => {
  it('is a duplicate when only the number of pending webhooks differs', async () => {
    const { post, outcomes } = stack.webhook();
    const bought = purchaseEvents();
    await post(bought.completed);
    await post({ ...bought.completed, pending_webhooks: 0 });
    expect(outcomes()).toEqual(['accepted', 'duplicate']);
    expect(await stack.eventsOf(bought.completed['id'])).toHaveLength(1);
  });

  it('is kept beside the first when its content differs, for a human, once', async () => {
    const { post, outcomes } = stack.webhook();
    const bought = purchaseEvents();
    const forged = { ...bought.completed, data: { object: bought.sessionWith({ amount_total: 1 }) } };
    await post(bought.completed);
    for (let turn = 0; turn < 2; turn += 1) expect((await post(forged)).status).toBe(200);
    expect(outcomes()).toEqual(['accepted', 'conflict', 'conflict']);
    expect(await stack.eventsOf(bought.completed['id'])).toMatchObject([
      { verdict: 'accepted', body: bytesOf(bought.completed) },
      { verdict: 'conflict', reason: 'same_id_other_content', body: bytesOf(forged) },
    ]);
    expect((await stack.stateOf(bought.intent)).jobs).toHaveLength(1);
  });

  it('is for a human when a session comes back with another payment', async () => {
    const { post, outcomes } = stack.webhook();
    const bought = purchaseEvents();
    const other = purchaseEvents();
    await post(bought.completed);
    const again = stripeEvent(bought.sessionWith({ payment_intent: other.intent }), {
      id: `evt_again_${other.intent}`,
    });
    expect((await post(again)).status).toBe(200);
    expect(outcomes()).toEqual(['accepted', 'quarantined']);
    expect(await stack.eventsOf(again['id'])).toMatchObject([
      { verdict: 'quarantined', reason: 'session_of_other_payment' },
    ]);
    expect((await stack.stateOf(other.intent)).payments).toEqual([]);
  });
});
