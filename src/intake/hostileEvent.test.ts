import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, intentObject, sessionObject, stripeEvent } from '../../test/builders/stripeEvent.ts';
import { readStripeEvent } from './stripeEvent.ts';

const read = (content: unknown, livemode = false) => readStripeEvent(bytesOf(content), livemode);
const session = (fields: object = {}) => stripeEvent(sessionObject({ ...fields }));
const intent = (fields: object = {}) => stripeEvent(intentObject({ ...fields }));

describe('signed content that cannot be used', () => {
  const quarantined = (reason: string, envelope: object = {}) => ({
    verdict: 'quarantined',
    reason,
    envelope,
  });

  it.each(['', '{', 'NaN', '{"a":1}}', '\uFEFF{}', "{'a':1}", 'undefined'])(
    'is quarantined: no JSON (%j)',
    (text) => {
      expect(read(text)).toEqual(quarantined('not_json'));
    },
  );

  it('is quarantined: bytes that are no UTF-8', () => {
    expect(readStripeEvent(Buffer.from([0x22, 0xff, 0x22]), false)).toEqual(quarantined('not_json'));
  });

  it.each(['null', '[]', '"x"', '1', 'true', '{}', '{"id":null}', '[{"id":"evt_1"}]'])(
    'is quarantined: %s',
    (text) => {
      expect(read(text)).toMatchObject({
        verdict: 'quarantined',
        reason: expect.stringMatching(/^envelope: /),
      });
    },
  );

  it('is quarantined: 200,000 nested arrays, and exactly one level too many', () => {
    const nest = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(read(nest(200_000))).toEqual(quarantined('nested_too_deep'));
    expect(read(nest(65))).toEqual(quarantined('nested_too_deep'));
    expect(read(nest(64))).toMatchObject({ reason: 'envelope: root' });
  });

  it('does not count brackets inside strings as depth', () => {
    const event = session({ client_reference_id: `${'[{'.repeat(100)}\\"]` });
    expect(read(event)).toMatchObject({ verdict: 'purchase' });
  });

  it.each([
    ['NUL', 'a\u0000b'],
    ['half a surrogate pair', 'a\ud800b'],
    ['the other half', '\udc00'],
  ])('is quarantined with its id, because Postgres refuses it: %s', (_title, text) => {
    const expected = { verdict: 'quarantined', envelope: { id: 'evt_1' }, reason: 'unstorable_text' };
    expect(read(session({ client_reference_id: text }))).toMatchObject(expected);
    expect(read(session({ metadata: { [text]: 'key' } }))).toMatchObject(expected);
  });

  it.each(['12345678901234567890', '1e400', '-1', '0.5', '"100"', '"NaN"', '[4900]', '{}', 'true'])(
    'is quarantined: an amount of %s',
    (amount) => {
      const withAmount = (object: object, field: string) =>
        JSON.stringify(stripeEvent(object as Record<string, unknown>)).replace(
          `"${field}":4900`,
          `"${field}":${amount}`,
        );
      expect(read(withAmount(sessionObject(), 'amount_total'))).toMatchObject(
        quarantined('shape: amount_total', { id: 'evt_1' }),
      );
      expect(read(withAmount(intentObject(), 'amount_received'))).toMatchObject(
        quarantined('shape: amount_received', { id: 'evt_1' }),
      );
    },
  );

  it('is quarantined: an intent that did not succeed', () => {
    expect(read(intent({ status: 'processing' }))).toMatchObject(quarantined('shape: status'));
  });

  it.each([
    ['session id', session({ id: '../../cs_1' }), 'shape: id'],
    ['intent id', session({ payment_intent: "pi_'; drop table payments" }), 'shape: payment_intent'],
    ['currency in capitals', session({ currency: 'PLN' }), 'shape: currency'],
    ['mode', session({ mode: 'gift' }), 'shape: mode'],
    ['payment status', session({ payment_status: 'maybe' }), 'shape: payment_status'],
    ['object', session({ object: 'checkout.cart' }), 'shape: object'],
    ['livemode of the object', session({ livemode: true }), 'shape: livemode'],
    ['livemode of the intent', intent({ livemode: true }), 'shape: livemode'],
  ])('is quarantined: an unknown %s', (_title, event, reason) => {
    expect(read(event)).toMatchObject(quarantined(reason, { id: 'evt_1' }));
  });

  it.each([
    '../../x',
    `evt_${'x'.repeat(10_240)}`,
    'evt_😀',
    "evt_'; drop table",
    'pi_1',
    '',
    'evt_',
    'evt_1\n',
  ])('is quarantined without an id when the id is %j', (id) => {
    const reading = read({ ...session(), id });
    expect(reading).toMatchObject({ verdict: 'quarantined', reason: 'envelope: id' });
    expect(reading.envelope.id).toBeUndefined();
  });

  it.each([
    ['api_version', 'a\u0000b'],
    ['api_version', 'x'.repeat(101)],
    ['type', 'checkout.session\ncompleted'],
    ['type', 'X'.repeat(300)],
    ['created', '2026-11-22'],
    ['created', 1e15],
    ['created', -1],
    ['livemode', 'false'],
    ['data', { object: null }],
    ['data', null],
  ])('is quarantined with its id when the envelope has an absurd %s', (field, value) => {
    expect(read({ ...session(), [field]: value })).toMatchObject({
      verdict: 'quarantined',
      envelope: { id: 'evt_1' },
      reason: expect.stringContaining(`envelope: ${field}`),
    });
  });

  it('takes the last of duplicate keys, as Postgres does', () => {
    const text = JSON.stringify(session()).replace(
      '"payment_status":"paid"',
      '"payment_status":"paid","payment_status":"unpaid"',
    );
    expect(read(text)).toMatchObject({ verdict: 'purchase', news: { paid: false } });
  });

  it('lets nothing through a prototype', () => {
    const { payment_status, ...rest } = sessionObject();
    expect(payment_status).toBe('paid');
    const smuggled = JSON.stringify(stripeEvent(rest)).replace(
      '"object":"checkout.session"',
      '"object":"checkout.session","__proto__":{"payment_status":"paid"},"constructor":{"prototype":{"admin":true}}',
    );
    expect(read(smuggled)).toMatchObject({ verdict: 'quarantined', reason: 'shape: payment_status' });
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });
});

describe('reading any bytes at all', () => {
  const readable = (bytes: Uint8Array) =>
    ['purchase', 'ignored', 'quarantined'].includes(readStripeEvent(bytes, false).verdict);

  it('never throws on raw bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), readable), { numRuns: 300 });
  });

  it('never throws on any JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => readable(bytesOf(text))),
      { numRuns: 300 },
    );
  });

  it('never throws on an event with any field replaced by anything, and makes no purchase of a foreign key', () => {
    const objects = fc.constantFrom(sessionObject(), intentObject());
    const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: 'binary' }), fc.double());
    const changes = fc.dictionary(
      fc.constantFrom(
        'id',
        'object',
        'mode',
        'payment_status',
        'payment_intent',
        'amount_total',
        'livemode',
        '__proto__',
      ),
      value,
      { maxKeys: 3 },
    );
    fc.assert(
      fc.property(objects, changes, changes, (object, inner, outer) => {
        const reading = read({ ...stripeEvent({ ...object, ...inner }), ...outer });
        if (reading.verdict !== 'purchase') return true;
        const { paymentKey, paymentIntentId, checkoutSessionId } = reading.news;
        return /^(pi|cs)_\w+$/.test(paymentKey) && [paymentIntentId, checkoutSessionId].includes(paymentKey);
      }),
      { numRuns: 500 },
    );
  });
});
