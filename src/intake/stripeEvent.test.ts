import { describe, expect, it } from 'vitest';
import { bytesOf, intentObject, sessionObject, stripeEvent } from '../../test/builders/stripeEvent.ts';
import { readStripeEvent } from './stripeEvent.ts';

const read = (content: unknown, livemode = false) => readStripeEvent(bytesOf(content), livemode);
const session = (fields: object = {}) => stripeEvent(sessionObject({ ...fields }));
const intent = (fields: object = {}) => stripeEvent(intentObject({ ...fields }));

const paidByIntent = { paymentKey: 'pi_1', paymentIntentId: 'pi_1', paid: true };

describe('reading an event of a purchase', () => {
  it('takes a paid session: the intent is the key, and both are known', () => {
    expect(read(session())).toMatchObject({
      verdict: 'purchase',
      envelope: { id: 'evt_1', type: 'checkout.session.completed', livemode: false, created: 1_795_000_000 },
      news: { ...paidByIntent, checkoutSessionId: 'cs_test_1' },
    });
  });

  it('takes a payment that succeeded later', () => {
    const event = { ...session(), type: 'checkout.session.async_payment_succeeded' };
    expect(read(event)).toMatchObject({
      verdict: 'purchase',
      news: { ...paidByIntent, checkoutSessionId: 'cs_test_1' },
    });
  });

  it('takes a succeeded intent, whose session is not known yet', () => {
    expect(read(intent())).toMatchObject({
      verdict: 'purchase',
      news: { ...paidByIntent, checkoutSessionId: null },
    });
  });

  it.each(['2020-08-27', '2022-11-15', '2025-03-31.basil', '2027-01-01.not_born_yet', null])(
    'reads api version %s by shape, with fields it has never seen',
    (version) => {
      const event = {
        ...session({ fields_to_come: { deep: [1, { x: null }] } }),
        api_version: version,
        context: null,
      };
      expect(read(event)).toMatchObject({
        verdict: 'purchase',
        envelope: { apiVersion: version },
        news: paidByIntent,
      });
    },
  );

  it('reads an old event that lacks what came later', () => {
    const { status, currency, ...old } = sessionObject();
    const { api_version, request, pending_webhooks, ...event } = stripeEvent(old);
    expect([status, currency, api_version, request, pending_webhooks]).toHaveLength(5);
    expect(read(event)).toMatchObject({
      verdict: 'purchase',
      envelope: { apiVersion: null },
      news: paidByIntent,
    });
  });

  it('reads an intent that was expanded into the session', () => {
    expect(read(session({ payment_intent: intentObject() }))).toMatchObject({
      verdict: 'purchase',
      news: paidByIntent,
    });
  });

  it('knows an unpaid session as unpaid', () => {
    expect(read(session({ payment_status: 'unpaid' }))).toMatchObject({
      verdict: 'purchase',
      news: { ...paidByIntent, paid: false },
    });
  });

  it('has nothing to act on in an unpaid session without an intent', () => {
    const event = session({ payment_status: 'unpaid', payment_intent: null });
    expect(read(event)).toMatchObject({ verdict: 'ignored', reason: 'unpaid_without_intent' });
  });

  it.each(['no_payment_required', 'paid'])(
    'takes a purchase of zero (%s): the session is its key',
    (status) => {
      const event = session({ payment_status: status, amount_total: 0, payment_intent: null });
      expect(read(event)).toMatchObject({
        verdict: 'purchase',
        news: { paymentKey: 'cs_test_1', paymentIntentId: null, checkoutSessionId: 'cs_test_1', paid: true },
      });
    },
  );

  it('does not take "no payment required" for a purchase when there is a price', () => {
    const event = session({ payment_status: 'no_payment_required', payment_intent: null });
    expect(read(event)).toMatchObject({ verdict: 'ignored', reason: 'unpaid_without_intent' });
  });

  it('shows a paid session without an intent to a human', () => {
    expect(read(session({ payment_intent: null }))).toMatchObject({
      verdict: 'quarantined',
      envelope: { id: 'evt_1', type: 'checkout.session.completed' },
      reason: 'shape: payment_intent',
    });
  });

  it.each([
    ['payment_intent', { payment_intent: undefined }],
    ['payment_intent', { payment_intent: undefined, payment_status: 'unpaid' }],
    ['amount_total', { payment_intent: null, amount_total: undefined }],
    ['amount_total', { payment_intent: null, amount_total: null, payment_status: 'no_payment_required' }],
    ['payment_status', { payment_status: undefined }],
  ])('never takes a %s that is not there for one that is empty: %j', (field, fields) => {
    expect(read(session(fields))).toMatchObject({ verdict: 'quarantined', reason: `shape: ${field}` });
  });

  it('trusts nothing that a shop wrote into metadata', () => {
    const event = session({ metadata: { sku: 'admin', user_id: 'other', payment_intent: 'pi_other' } });
    const reading = read(event);
    expect(reading).toMatchObject({ verdict: 'purchase', news: paidByIntent });
    expect(JSON.stringify((reading as { news?: unknown }).news)).not.toContain('admin');
  });
});

describe('an event that is not a purchase of ours', () => {
  it.each([
    ['another type', { ...session(), type: 'customer.created' }, 'type_not_acted_on'],
    ['a type nobody knows yet', { ...session(), type: 'checkout.session.teleported' }, 'type_not_acted_on'],
    ['the other mode', { ...session({ livemode: true }), livemode: true }, 'other_mode'],
    ['a connected account', { ...session(), account: 'acct_other' }, 'other_account'],
    ['setup mode', session({ mode: 'setup', payment_intent: null, amount_total: null }), 'not_a_purchase'],
    ['subscription mode', session({ mode: 'subscription', payment_intent: null }), 'not_a_purchase'],
  ])('is kept and not acted on: %s', (_title, event, reason) => {
    expect(read(event)).toMatchObject({ verdict: 'ignored', envelope: { id: 'evt_1' }, reason });
  });

  it('is ignored in live mode when it comes from a sandbox', () => {
    expect(read(session(), true)).toMatchObject({ verdict: 'ignored', reason: 'other_mode' });
  });

  it('is ignored when it is thin', () => {
    const thin = {
      id: 'evt_test_65R',
      object: 'v2.core.event',
      type: 'v1.billing.meter.error_report_triggered',
      created: '2026-11-22T10:00:00Z',
      livemode: false,
      related_object: { id: 'mtr_1', type: 'billing.meter', url: '/v1/billing/meters/mtr_1' },
    };
    expect(read(thin)).toMatchObject({
      verdict: 'ignored',
      envelope: { id: 'evt_test_65R' },
      reason: 'thin_event',
    });
  });
});

describe('reading an event of money that went back', () => {
  const moneyBack = (type: string, object: Record<string, unknown>) =>
    read(stripeEvent({ payment_intent: 'pi_1', ...object }, { type }));

  it.each([
    ['charge.refunded', { object: 'charge', id: 'ch_1', livemode: false, amount_refunded: 100 }],
    ['charge.refund.updated', { object: 'refund', id: 're_1', status: 'succeeded' }],
    ['refund.created', { object: 'refund', id: 're_1', status: 'pending' }],
    ['refund.updated', { object: 'refund', id: 're_1', status: 'succeeded' }],
    ['refund.failed', { object: 'refund', id: 're_1', status: 'failed' }],
    ['charge.dispute.created', { object: 'dispute', id: 'du_1', livemode: false, status: 'needs_response' }],
    ['charge.dispute.updated', { object: 'dispute', id: 'du_1', livemode: false }],
    ['charge.dispute.closed', { object: 'dispute', id: 'du_1', livemode: false, status: 'won' }],
    ['charge.dispute.funds_withdrawn', { object: 'dispute', id: 'du_1', livemode: false }],
    ['charge.dispute.funds_reinstated', { object: 'dispute', id: 'du_1', livemode: false }],
  ])('takes from %s whose it is, and nothing else', (type, object) => {
    expect(moneyBack(type, object)).toMatchObject({ verdict: 'settlement', paymentIntentId: 'pi_1' });
  });

  it('reads an intent that was expanded', () => {
    const object = { object: 'charge', payment_intent: { id: 'pi_1', object: 'payment_intent' } };
    expect(moneyBack('charge.refunded', object)).toMatchObject({ paymentIntentId: 'pi_1' });
  });

  it.each([
    ['of an object that is another', { object: 'charge' }, 'shape: object'],
    ['of an object that nobody knows', { object: 'order' }, 'shape: object'],
    ['of the other mode', { object: 'refund', livemode: true }, 'shape: livemode'],
    [
      'from before there were intents',
      { object: 'refund', payment_intent: undefined },
      'shape: payment_intent',
    ],
    ['with an id that is none', { object: 'refund', payment_intent: 'x' }, 'shape: payment_intent'],
  ])('quarantines one %s', (_what, object, reason) => {
    expect(moneyBack('refund.created', object)).toMatchObject({ verdict: 'quarantined', reason });
  });

  it('has nothing to do with a charge that no intent made', () => {
    const reading = moneyBack('charge.refunded', { object: 'charge', payment_intent: null });
    expect(reading).toMatchObject({ verdict: 'ignored', reason: 'without_intent' });
  });
});
