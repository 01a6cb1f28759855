import { describe, expect, it } from 'vitest';
import { parseSearch } from './parse.ts';
import type { SearchError, SearchQuery, SearchVocabulary } from './query.ts';

const vocabulary: SearchVocabulary = {
  steps: ['resolve_order', 'entitlement', 'receipt', 'email', 'storage'],
  reasons: ['timeout', 'unknown_product', 'smtp_unreachable'],
  providers: ['stripe', 'smtp', 'storage'],
};

function read(text: string, known: SearchVocabulary = vocabulary): SearchQuery {
  const reading = parseSearch(text, known);
  if (!reading.ok) throw new Error(`${reading.error.message} ${reading.error.remedy}`);
  return reading.query;
}

function refused(text: string): SearchError {
  const reading = parseSearch(text, vocabulary);
  if (reading.ok) throw new Error(`was read as ${JSON.stringify(reading.query)}`);
  return reading.error;
}

describe('bare keys', () => {
  it.each([
    ['pi_3QabCD', { kind: 'payment_intent', id: 'pi_3QabCD' }],
    ['cs_test_a1B2', { kind: 'checkout_session', id: 'cs_test_a1B2' }],
    ['ch_3Q', { kind: 'charge', id: 'ch_3Q' }],
    ['py_3Q', { kind: 'charge', id: 'py_3Q' }],
    ['evt_1Q', { kind: 'event', id: 'evt_1Q' }],
    ['7K3M-Q9XT-4BVD', { kind: 'order', id: '7K3M-Q9XT-4BVD' }],
    ['7k3m-q9xt-4bvd', { kind: 'order', id: '7K3M-Q9XT-4BVD' }],
    ['R-2026/000123', { kind: 'receipt', series: 'R-2026', number: 123 }],
    ['r-2026/123', { kind: 'receipt', series: 'R-2026', number: 123 }],
    ['R-2026-000123', { kind: 'receipt', series: 'R-2026', number: 123 }],
    ['019AB-not', undefined],
    ['019ABCDE-0000-7000-8000-0123456789ab', { kind: 'job', id: '019abcde-0000-7000-8000-0123456789ab' }],
    ['Anna.Nowak@Example.COM', { kind: 'email', canonical: 'anna.nowak@example.com' }],
    ['email:a@b.co', { kind: 'email', canonical: 'a@b.co' }],
    ['https://dashboard.stripe.com/test/payments/pi_3Q?x=1', { kind: 'payment_intent', id: 'pi_3Q' }],
    ['pi_3Q_secret_XyZ', { kind: 'payment_intent', id: 'pi_3Q' }],
    ['<anna@example.com>,', { kind: 'email', canonical: 'anna@example.com' }],
  ])('%s', (text, key) => {
    expect(read(text).keys).toEqual(key ? [key] : []);
  });

  it('reads order ids as they are misheard on the phone', () => {
    expect(read('OK3M-Q9XT-IBVL').keys).toEqual([{ kind: 'order', id: '0K3M-Q9XT-1BV1' }]);
  });

  it('are found inside pasted blanks and invisible marks, and counted once', () => {
    expect(read('\u00A0pi_1\u200B\u2003 pi_2 pi_1').keys).toEqual([
      { kind: 'payment_intent', id: 'pi_1' },
      { kind: 'payment_intent', id: 'pi_2' },
    ]);
  });

  it('in quotes are words', () => {
    expect(read('"pi_123"')).toEqual({ keys: [], words: ['pi_123'], terms: [] });
  });

  it('that lead nowhere say where to look instead', () => {
    expect(refused('cus_NffrFeUfNV2Hib')).toMatchObject({
      code: 'unsupported_id',
      token: 'cus_NffrFeUfNV2Hib',
      remedy: 'Search by e-mail address, pi_… or order id instead.',
    });
  });
});

describe('words', () => {
  it('are everything that is neither key nor qualifier', () => {
    expect(read('Anna  "Maria Nowak" ania@gmail')).toEqual({
      keys: [],
      words: ['Anna', 'Maria', 'Nowak', 'ania@gmail'],
      terms: [],
    });
  });

  it('may hold a colon in quotes', () => {
    expect(read('"status:open"').words).toEqual(['status:open']);
  });

  it('do not count when they are marks alone', () => {
    expect(read('- , <>')).toEqual({ keys: [], words: [], terms: [] });
  });

  it('must be three letters at least, and no novel', () => {
    expect(refused('an')).toMatchObject({ code: 'too_short' });
    expect(refused('abcdefghij '.repeat(20))).toMatchObject({ code: 'too_long' });
  });
});

describe('qualifiers', () => {
  it('read lists, negation and case', () => {
    expect(read('-Status:Completed,cancelled step:email has:download').terms).toEqual([
      { qualifier: 'status', negated: true, values: ['cancelled', 'completed'] },
      { qualifier: 'step', negated: false, values: ['email'] },
      { qualifier: 'has', negated: false, values: ['download'] },
    ]);
  });

  it('know what support sees of an open job', () => {
    expect(read('status:pending').terms).toEqual([{ qualifier: 'status', negated: false, values: ['open'] }]);
    expect(read('status:pending_email,pending_retry').terms).toEqual([
      { qualifier: 'status', negated: false, values: ['pending_email', 'pending_retry'] },
    ]);
  });

  it('take any well-formed name where nobody knows the names', () => {
    const open = { steps: [], reasons: [], providers: [] };
    expect(read('provider:"crm eu" reason:odd status:pending_x', open).terms).toEqual([
      { qualifier: 'status', negated: false, values: ['pending_x'] },
      { qualifier: 'reason', negated: false, values: ['odd'] },
      { qualifier: 'provider', negated: false, values: ['crm eu'] },
    ]);
    expect(parseSearch('reason:"\'; drop table"', open)).toMatchObject({ ok: false });
  });

  it('take reasons and providers that are not known now, unless they look like a typing error', () => {
    expect(read('reason:storage_full provider:listmonk').terms).toMatchObject([
      { values: ['storage_full'] },
      { values: ['listmonk'] },
    ]);
    expect(refused('provider:stirpe')).toMatchObject({ suggestion: 'provider:stripe' });
  });

  it('of amounts read main units exactly', () => {
    expect(read('amount:10..50').terms).toEqual([
      {
        qualifier: 'amount',
        negated: false,
        range: { kind: 'between', from: 10_000, to: 50_000 },
        currency: null,
      },
    ]);
    expect(read('amount:>=20.5eur').terms).toEqual([
      {
        qualifier: 'amount',
        negated: false,
        range: { kind: 'compare', operator: '>=', value: 20_500 },
        currency: 'EUR',
      },
    ]);
  });

  it.each([
    ['created:2026-11-01..2026-11-05', '2026-11-01', '2026-11-05'],
    ['created:2026-11-01T14:05+02:00..today', '2026-11-01T12:05Z', 'today'],
    ['created:2026-11-01T14:05Z..2026-11-01T14:05:09Z', '2026-11-01T14:05Z', '2026-11-01T14:05:09Z'],
    ['created:2026-11-05..2026-11', '2026-11-05', '2026-11'],
  ])('of times read %s', (text, from, to) => {
    expect(read(text).terms).toEqual([
      {
        qualifier: 'created',
        negated: false,
        range: {
          kind: 'between',
          from: { kind: 'calendar', text: from },
          to: { kind: 'calendar', text: to },
        },
      },
    ]);
  });

  it('of times ago read seconds', () => {
    expect(read('age:>5m created:<2d').terms).toEqual([
      { qualifier: 'age', negated: false, range: { kind: 'compare', operator: '>', value: 300 } },
      {
        qualifier: 'created',
        negated: false,
        range: { kind: 'compare', operator: '<', value: { kind: 'ago', seconds: 172_800 } },
      },
    ]);
  });

  it('that are repeated are one', () => {
    expect(read('-reason:timeout -reason:timeout').terms).toHaveLength(1);
  });
});

describe('refusals name the token and the remedy', () => {
  it.each([
    ['foo stauts:failed', 'unknown_qualifier', 'stauts:failed', 4, 'status:failed'],
    ['-craeted:today', 'unknown_qualifier', '-craeted:today', 0, '-created:today'],
    ['status:faild', 'unknown_value', 'status:faild', 0, 'status:failed'],
    ['step:emial', 'unknown_value', 'step:emial', 0, 'step:email'],
    ['reason:timout', 'unknown_value', 'reason:timout', 0, 'reason:timeout'],
    ['-has:dowmload', 'unknown_value', '-has:dowmload', 0, '-has:download'],
    ['amount:>5ERU', 'unknown_value', 'amount:>5ERU', 0, 'amount:>5EUR'],
    ['status:open status:failed', 'given_twice', 'status:failed', 12, 'status:open,failed'],
    ['status:', 'missing_value', 'status:', 0, undefined],
    ['status:open,', 'missing_value', 'status:open,', 0, undefined],
    ['amount:49,00', 'bad_value', 'amount:49,00', 0, undefined],
    ['amount:50..10', 'bad_value', 'amount:50..10', 0, undefined],
    ['amount:10EUR..50', 'bad_value', 'amount:10EUR..50', 0, undefined],
    ['amount:-5', 'bad_value', 'amount:-5', 0, undefined],
    ['created:2d', 'bad_value', 'created:2d', 0, undefined],
    ['created:2026-04-31', 'bad_value', 'created:2026-04-31', 0, undefined],
    ['created:2026-11-01T25:00Z', 'bad_value', 'created:2026-11-01T25:00Z', 0, undefined],
    ['created:2026-11-01..2d', 'bad_value', 'created:2026-11-01..2d', 0, undefined],
    ['created:<=2026-11-05..', 'bad_value', 'created:<=2026-11-05..', 0, undefined],
    ['age:5m', 'bad_value', 'age:5m', 0, undefined],
    ['age:>5y', 'bad_value', 'age:>5y', 0, undefined],
    ['email:anna', 'bad_value', 'email:anna', 0, undefined],
    ['-anna', 'cannot_negate', '-anna', 0, undefined],
    ['a "b c', 'unclosed_quote', '"b c', 2, undefined],
  ])('%s', (text, code, token, at, suggestion) => {
    const error = refused(text);
    expect(error).toMatchObject({ code, token, at });
    expect(error.suggestion).toBe(suggestion);
    expect(error.message).toMatch(/\S/);
    expect(error.remedy).toMatch(/\S/);
  });

  it('lists what there is when nothing is near', () => {
    expect(refused('has:xyzzy').remedy).toMatch(/^Write one of: receipt, mail, /);
    expect(refused('colour:red').remedy).toMatch(/^Use one of status: step: /);
  });

  it('bounds length and number of parts', () => {
    expect(refused('x'.repeat(2_001))).toMatchObject({ code: 'too_long' });
    expect(refused(Array.from({ length: 51 }, (_, n) => `pi_${n}`).join(' '))).toMatchObject({
      code: 'too_many_terms',
      token: 'pi_50',
    });
    expect(refused(`reason:${'timeout,'.repeat(10)}timeout`)).toMatchObject({ code: 'too_many_terms' });
  });
});
