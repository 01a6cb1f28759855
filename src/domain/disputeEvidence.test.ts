import { array, assert, constant, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evidenceCharactersMax, evidenceTextFields, fittingLines } from './disputeEvidence.ts';

describe('fitting lines', () => {
  it('are all of them as long as they fit', () => {
    expect(fittingLines(['one', 'two'], 7)).toBe('one\ntwo');
    expect(fittingLines([], 10)).toBe('');
  });

  it('are the first whole ones, and how many are left out', () => {
    const lines = Array.from({ length: 100 }, (_, no) => `line ${no}`);
    const text = fittingLines(lines, 60);
    expect(text).toBe('line 0\nline 1\nline 2\n(97 more lines do not fit in here.)');
  });

  it('are never longer than there is room, and never lose count', () => {
    const lines = array(nat(200).map((length) => 'x'.repeat(length)));
    assert(
      property(lines, nat(5_000), constant(40), (given, more, least) => {
        const text = fittingLines(given, least + more);
        expect(text.length).toBeLessThanOrEqual(least + more);
        const left = /\((\d+) more lines/.exec(text)?.[1];
        if (left !== undefined) expect(text.split('\n').length - 1 + Number(left)).toBe(given.length);
      }),
    );
  });
});

describe('the fields of a dispute', () => {
  it('that this product fills fit into one answer together, each at its longest', () => {
    const filled = [
      'access_activity_log',
      'billing_address',
      'customer_email_address',
      'customer_name',
      'product_description',
      'service_date',
      'uncategorized_text',
    ] as const;
    const sum = filled.reduce((total, field) => total + evidenceTextFields[field], 0);
    expect(sum).toBeLessThan(evidenceCharactersMax);
  });
});
