import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskedPayload } from './maskedPayload.ts';

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const masked = (object: unknown, event: object = {}) =>
  maskedPayload(bytes({ id: 'evt_1', object: 'event', type: 'charge.refunded', ...event, data: { object } }));

describe('a payload as staff see it', () => {
  it('has ids, types, states and amounts', () => {
    const object = {
      id: 'ch_1',
      object: 'charge',
      amount_refunded: 4900,
      currency: 'pln',
      paid: true,
      payment_intent: { id: 'pi_1', receipt_email: 'anna@example.pl' },
      billing_details: { email: 'anna@example.pl' },
      receipt_email: 'anna@example.pl',
    };
    expect(masked(object)).toEqual({
      event: { id: 'evt_1', object: 'event', type: 'charge.refunded' },
      object: {
        id: 'ch_1',
        object: 'charge',
        amount_refunded: 4900,
        currency: 'pln',
        paid: true,
        payment_intent: 'pi_1',
      },
      hiddenFields: 2,
    });
  });

  it.each([
    ['an address', 'anna@example.pl'],
    ['a text with blanks', 'Anna Kowalska'],
    ['markup', '<b>'],
    ['a text without end', 'x'.repeat(256)],
    ['a fraction', 1.5],
    ['a list', ['a']],
    ['an object without id', { email: 'a' }],
  ])('does not show %s, in whichever field it stands', (_, value) => {
    expect(masked({ status: value, id: value, reason: value })).toMatchObject({
      object: {},
      hiddenFields: 3,
    });
    expect(masked({}, { type: value, account: value, request: value })).toMatchObject({
      event: { id: 'evt_1', object: 'event' },
    });
  });

  it('is none where there is no JSON object, and is empty where the object has no shape', () => {
    expect(maskedPayload(bytes([1]))).toBeUndefined();
    expect(maskedPayload(new Uint8Array([0xff, 0xfe]))).toBeUndefined();
    expect(maskedPayload(new TextEncoder().encode('{'))).toBeUndefined();
    expect(masked('text')).toMatchObject({ object: {}, hiddenFields: 0 });
    expect(maskedPayload(bytes({ id: 'evt_1', data: null }))).toEqual({
      event: { id: 'evt_1' },
      object: {},
      hiddenFields: 0,
    });
  });

  it('never shows an address, whatever is in it', () => {
    fc.assert(
      fc.property(fc.json(), fc.dictionary(fc.string(), fc.json()), (any, fields) => {
        const object = { ...fields, status: 'anna@example.pl', any, reason: { id: 'anna@example.pl' } };
        expect(JSON.stringify(masked(object))).not.toContain('@');
      }),
      { numRuns: 50 },
    );
  });
});
