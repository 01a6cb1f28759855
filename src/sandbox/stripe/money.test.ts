import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../../../test/setup/database.ts';
import type { DisputeBody, EventBody, RefundBody } from './objects/shapes.ts';
import { createTestBench, errorOf } from './testBench.ts';
import type { TestBench } from './testBench.ts';

let bench: TestBench;
let dropDatabase: () => Promise<void>;

beforeAll(async () => {
  const database = await createEmptyDatabase();
  dropDatabase = () => database.drop();
  bench = await createTestBench(database.url);
});
beforeEach(() => bench.control('PUT', '/webhook', { disabled: true }));
afterAll(async () => {
  await bench.close();
  await dropDatabase();
});

interface Refunded {
  refund: RefundBody;
  events: string[];
}
interface Disputed {
  dispute: DisputeBody;
  events: string[];
}

async function paid(wishes: object = {}) {
  const { payment_intent: intent } = await bench.buy(wishes);
  const id = intent?.id ?? '';
  return {
    intent: id,
    charge: () => bench.stripe.charges.list({ payment_intent: id }).then(({ data }) => data[0]),
  };
}

const refundOf = (order: object) => bench.control<Refunded>('POST', '/refunds', order);
const bankSays = (id: string, body: object) => bench.control<Refunded>('POST', `/refunds/${id}`, body);
const disputeOf = (order: object) => bench.control<Disputed>('POST', '/disputes', order);
const disputeBecomes = (id: string, status: string) =>
  bench.control<Disputed>('POST', `/disputes/${id}`, { status });

async function eventsOf({ events }: { events: string[] }): Promise<EventBody[]> {
  return Promise.all(
    events.map(async (id) => (await bench.stripe.events.retrieve(id)) as unknown as EventBody),
  );
}
const typesOf = async (change: { events: string[] }) => (await eventsOf(change)).map(({ type }) => type);

describe('a refund', () => {
  it('in full gives the whole charge back', async () => {
    const { intent, charge } = await paid();
    const since = await bench.stripe.events.list({ limit: 1 });
    const refund = await bench.stripe.refunds.create({ payment_intent: intent, metadata: { ticket: '7' } });
    expect(refund).toMatchObject({
      object: 'refund',
      amount: 1200,
      currency: 'eur',
      metadata: { ticket: '7' },
      payment_intent: intent,
      reason: null,
      status: 'succeeded',
    });
    expect(refund.id).toMatch(/^re_3/);
    expect(await charge()).toMatchObject({ amount_refunded: 1200, refunded: true, status: 'succeeded' });
    const { data } = await bench.stripe.events.list({ ending_before: since.data[0]?.id });
    expect(data.map(({ type }) => type).toReversed()).toEqual(['charge.refunded', 'refund.created']);
    expect(data.at(-1)).toMatchObject({
      data: {
        object: { amount_refunded: 1200 },
        previous_attributes: { amount_refunded: 0, refunded: false },
      },
      request: { id: expect.stringMatching(/^req_/) as string },
    });
    expect(await errorOf(bench.stripe.refunds.create({ payment_intent: intent }))).toMatchObject({
      statusCode: 400,
      code: 'charge_already_refunded',
    });
  });

  it('may take several parts, up to the whole', async () => {
    const { intent, charge } = await paid();
    await bench.stripe.refunds.create({ payment_intent: intent, amount: 200 });
    expect(await charge()).toMatchObject({ amount_refunded: 200, refunded: false });
    const { id: chargeId = '' } = (await charge()) ?? {};
    await bench.stripe.refunds.create({ charge: chargeId, amount: 300, reason: 'duplicate' });
    expect(await errorOf(bench.stripe.refunds.create({ payment_intent: intent, amount: 701 }))).toMatchObject(
      { statusCode: 400, param: 'amount' },
    );
    await bench.stripe.refunds.create({ payment_intent: intent });
    expect(await charge()).toMatchObject({ amount_refunded: 1200, refunded: true });
    const listed = await bench.stripe.refunds
      .list({ payment_intent: intent, limit: 2 })
      .autoPagingToArray({ limit: 9 });
    expect(listed.map(({ amount }) => amount)).toEqual([700, 300, 200]);
    const shown = await bench.stripe.charges.retrieve(chargeId, { expand: ['refunds'] });
    expect(shown.refunds?.data.map(({ amount }) => amount)).toEqual([700, 300, 200]);
    const [first] = (await bench.stripe.refunds.list({ charge: chargeId, expand: ['data.charge'] })).data;
    expect(first?.charge).toMatchObject({ id: chargeId, amount_refunded: 1200 });
  });

  it('that the bank still thinks about succeeds later', async () => {
    const { intent, charge } = await paid();
    const pending = await refundOf({ payment_intent: intent, status: 'pending', amount: 500 });
    expect(pending.refund).toMatchObject({ status: 'pending', pending_reason: 'processing' });
    expect(await typesOf(pending)).toEqual(['refund.created']);
    const done = await bankSays(pending.refund.id, { status: 'succeeded' });
    expect(await typesOf(done)).toEqual(['charge.refund.updated', 'refund.updated']);
    expect(done.refund).not.toHaveProperty('pending_reason');
    expect(await charge()).toMatchObject({ amount_refunded: 500 });
    expect(await bench.stripe.refunds.retrieve(done.refund.id)).toMatchObject({ status: 'succeeded' });
  });

  it('that fails later leaves the money received', async () => {
    const { intent, charge } = await paid();
    const { refund } = await refundOf({ payment_intent: intent });
    const failed = await bankSays(refund.id, {
      status: 'failed',
      failure_reason: 'expired_or_canceled_card',
    });
    expect(await typesOf(failed)).toEqual(['refund.failed', 'charge.refund.updated', 'refund.updated']);
    expect(failed.refund).toMatchObject({
      status: 'failed',
      failure_reason: 'expired_or_canceled_card',
      failure_balance_transaction: expect.stringMatching(/^txn_/) as string,
    });
    expect((await eventsOf(failed))[1]?.data.previous_attributes).toEqual({ status: 'succeeded' });
    expect(await charge()).toMatchObject({ amount_refunded: 0, refunded: false });
    expect(await bench.stripe.refunds.create({ payment_intent: intent })).toMatchObject({ amount: 1200 });
  });

  it('that waits for its buyer can be canceled, and no other', async () => {
    const { intent, charge } = await paid();
    const { refund } = await refundOf({ payment_intent: intent, status: 'requires_action' });
    expect(await bench.stripe.refunds.cancel(refund.id)).toMatchObject({ status: 'canceled' });
    expect(await charge()).toMatchObject({ amount_refunded: 0 });
    expect((await errorOf(bench.stripe.refunds.cancel(refund.id))).message).toMatch(/status of canceled/);
  });

  it('of a bank transfer is a pyr_ and pending at first', async () => {
    const { session, payment_intent: intent } = await bench.buy({ method: 'p24', currency: 'pln' });
    const order = { payment_intent: intent?.id ?? '' };
    expect((await errorOf(bench.stripe.refunds.create(order))).message).toMatch(/has not been paid/);
    await bench.control('POST', `/sessions/${session.id}/async`, { outcome: 'succeeded' });
    const refund = await bench.stripe.refunds.create(order);
    expect(refund).toMatchObject({ status: 'pending', destination_details: { type: 'p24' } });
    expect(refund.id).toMatch(/^pyr_1/);
    expect(refund.charge).toMatch(/^py_3/);
  });

  it('keeps its sum when many are made at once', async () => {
    const { intent, charge } = await paid();
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, () => bench.stripe.refunds.create({ payment_intent: intent, amount: 500 })),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(await charge()).toMatchObject({ amount_refunded: 1000 });
  });

  it('takes metadata later', async () => {
    const { intent } = await paid();
    const refund = await bench.stripe.refunds.create({ payment_intent: intent, metadata: { a: '1' } });
    expect(await bench.stripe.refunds.update(refund.id, { metadata: { b: '2' } })).toMatchObject({
      metadata: { a: '1', b: '2' },
      status: 'succeeded',
    });
    expect((await errorOf(bench.stripe.refunds.retrieve('re_none'))).code).toBe('resource_missing');
  });
});

describe('a dispute', () => {
  it('takes the money and gives it back when it is won', async () => {
    const { intent, charge } = await paid();
    const opened = await disputeOf({ payment_intent: intent, reason: 'product_not_received' });
    expect(await typesOf(opened)).toEqual(['charge.dispute.created', 'charge.dispute.funds_withdrawn']);
    expect(opened.dispute).toMatchObject({
      amount: 1200,
      status: 'needs_response',
      reason: 'product_not_received',
      payment_intent: intent,
      is_charge_refundable: false,
      balance_transactions: [{ amount: -1200, net: -2700 }],
    });
    expect(await charge()).toMatchObject({ disputed: true, amount_refunded: 0 });
    expect(await errorOf(bench.stripe.refunds.create({ payment_intent: intent }))).toMatchObject({
      code: 'charge_disputed',
    });
    expect(await typesOf(await disputeBecomes(opened.dispute.id, 'under_review'))).toEqual([
      'charge.dispute.updated',
    ]);
    const won = await disputeBecomes(opened.dispute.id, 'won');
    expect(await typesOf(won)).toEqual(['charge.dispute.closed', 'charge.dispute.funds_reinstated']);
    expect(won.dispute.balance_transactions).toHaveLength(2);
    const { data } = await bench.stripe.disputes.list({ payment_intent: intent });
    expect(data).toMatchObject([{ id: opened.dispute.id, status: 'won' }]);
  });

  it('may be won after it was lost', async () => {
    const { intent } = await paid();
    const { dispute } = await disputeOf({ payment_intent: intent });
    expect(await typesOf(await disputeBecomes(dispute.id, 'lost'))).toEqual(['charge.dispute.closed']);
    expect(await typesOf(await disputeBecomes(dispute.id, 'won'))).toEqual([
      'charge.dispute.closed',
      'charge.dispute.funds_reinstated',
    ]);
  });

  it('begins as an inquiry without taking money', async () => {
    const { intent } = await paid();
    const inquiry = await disputeOf({ payment_intent: intent, status: 'warning_needs_response' });
    expect(await typesOf(inquiry)).toEqual(['charge.dispute.created']);
    expect(inquiry.dispute).toMatchObject({ balance_transactions: [], is_charge_refundable: true });
    expect(await typesOf(await disputeBecomes(inquiry.dispute.id, 'needs_response'))).toEqual([
      'charge.dispute.updated',
      'charge.dispute.funds_withdrawn',
    ]);
  });

  it('is answered and closed by the shop', async () => {
    const { intent } = await paid();
    const { dispute } = await disputeOf({ payment_intent: intent });
    const { disputes } = bench.stripe;
    expect(
      await disputes.update(dispute.id, { evidence: { product_description: 'A book' }, submit: false }),
    ).toMatchObject({
      status: 'needs_response',
      evidence: { product_description: 'A book' },
      evidence_details: { has_evidence: true, submission_count: 0 },
    });
    expect(await disputes.close(dispute.id)).toMatchObject({ status: 'lost' });
    expect((await errorOf(disputes.close(dispute.id))).message).toMatch(/already lost/);
    const other = await disputeOf({ payment_intent: (await paid()).intent });
    const evidence = { uncategorized_text: 'winning_evidence' };
    expect(await disputes.update(other.dispute.id, { evidence })).toMatchObject({ status: 'won' });
  });
});
