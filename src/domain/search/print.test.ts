import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSearch } from './parse.ts';
import { printSearch } from './print.ts';
import type { SearchVocabulary } from './query.ts';

const vocabulary: SearchVocabulary = {
  steps: ['email', 'storage'],
  reasons: [],
  providers: ['stripe', 'crm "eu", new', 'Ärzte:1'],
};

const statuses = ['open', 'failed', 'held', 'pending_retry', 'pending_email'];
const word = fc.stringMatching(/^[a-z]{1,8}$/);
const aboutOne = <Value>(values: fc.Arbitrary<Value>) => fc.array(values, { minLength: 1, maxLength: 3 });
const duration = fc
  .tuple(fc.integer({ min: 0, max: 500 }), fc.constantFrom('s', 'm', 'h', 'd'))
  .map((parts) => parts.join(''));
const decimal = fc
  .tuple(fc.integer({ min: 0, max: 99_999 }), fc.constantFrom('', '.5', '.05', '.125'))
  .map((parts) => parts.join(''));
const day = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const calendar = fc.oneof(
  fc.constantFrom('today', 'yesterday'),
  day.map((text) => text.slice(0, 7)),
  day.map((text) => text.slice(0, 10)),
  day.map((text) => `${text.slice(0, 16)}Z`),
  day.map((text) => `${text.slice(0, 19)}+01:00`),
);
const compared = (value: fc.Arbitrary<string>) =>
  fc.tuple(fc.constantFrom('<', '<=', '>', '>='), value).map((parts) => parts.join(''));
const between = (value: fc.Arbitrary<string>) => fc.tuple(value, value).map((ends) => ends.join('..'));

const token = fc.oneof(
  fc.constantFrom('pi_1', 'cs_test_9', 'R-2026/000123', '7K3M-Q9XT-4BVD', 'a+b@example.com', 'evt_2'),
  word,
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => `"${text.replace(/[\\"]/g, '')}"`),
  aboutOne(fc.constantFrom(...statuses)).map((values) => `status:${values.join(',')}`),
  aboutOne(fc.constantFrom(...statuses)).map((values) => `-status:${values.join(',')}`),
  fc.constantFrom('provider:"crm \\"eu\\", new"', '-provider:stripe,"ärzte:1"', 'step:email', '-has:mail'),
  aboutOne(word).map((values) => `-reason:${values.join(',')}`),
  compared(duration).map((value) => `age:${value}`),
  fc.oneof(decimal, compared(decimal), between(decimal)).map((value) => `amount:${value}`),
  fc.oneof(calendar, compared(calendar), between(calendar), compared(duration)).map((v) => `created:${v}`),
);
const typed = fc.array(token, { maxLength: 8 }).map((tokens) => tokens.join(' '));

describe('printing a query', () => {
  it('gives a text that reads as the same query and prints as itself', () => {
    let read = 0;
    fc.assert(
      fc.property(typed, (text) => {
        const first = parseSearch(text, vocabulary);
        if (!first.ok) return;
        read += 1;
        const printed = printSearch(first.query);
        const again = parseSearch(printed, vocabulary);
        expect(again).toEqual(first);
        expect(printSearch(first.query)).toBe(printed);
      }),
      { numRuns: 500 },
    );
    expect(read).toBeGreaterThan(50);
  });

  it('never fails on anything that can be typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const reading = parseSearch(text, vocabulary);
        if (!reading.ok) {
          expect(reading.error.at).toBeLessThanOrEqual(text.length);
          return;
        }
        expect(parseSearch(printSearch(reading.query), vocabulary)).toEqual(reading);
      }),
      { numRuns: 500 },
    );
  });

  it('is canonical', () => {
    const reading = parseSearch(
      '-has:mail created:<168h status:pending  amount:>20.50eur Anna a+B@Example.com -status:Failed',
      vocabulary,
    );
    expect(reading.ok && printSearch(reading.query)).toBe(
      'a+b@example.com Anna status:open -status:failed amount:>20.50EUR created:<7d -has:mail',
    );
  });

  it('quotes words that would be read as something else', () => {
    const reading = parseSearch('"pi_1" "status:open" "-x" "say \\"hi\\"" "mari@"', vocabulary);
    expect(reading.ok && printSearch(reading.query)).toBe('"pi_1" "status:open" "-x" say "\\"hi\\"" mari@');
  });
});
