import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildCreditNote, buildCreditRequest, creditIssue } from '../../test/builders/creditNote.ts';
import { buildBuyer, buildLine, buildOrder, hostileOrder, seller } from '../../test/builders/sale.ts';
import { creditNoteDocument, creditNoteDocumentSchema } from './creditNote.ts';
import type { CreditNoteDocument } from './creditNote.ts';

const order = buildOrder({
  lines: [
    buildLine(1),
    buildLine(2, { unitAmount: 12300, taxPercent: 23 }),
    buildLine(3, { unitAmount: 1001 }),
  ],
});

const shown = ({ lines }: CreditNoteDocument) =>
  lines.map(({ lineNo, named, tax, total }) => ({ lineNo, named, tax, total }));

const sumOf = (documents: CreditNoteDocument[], key: 'tax' | 'total') =>
  documents.reduce((sum, document) => sum + document[key], 0);

describe('creditNoteDocument', () => {
  it('survives being stored as JSON and read back, and is the same for the same refund', () => {
    const document = buildCreditNote(order);
    expect(creditNoteDocumentSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
    expect(buildCreditNote(order)).toEqual(document);
  });

  it('says which receipt it corrects, and is dated in the time zone of the seller', () => {
    const late = { ...creditIssue, issuedAt: new Date('2026-12-31T23:30:00Z') };
    expect(creditNoteDocument(buildCreditRequest(order), seller, late)).toMatchObject({
      kind: 'credit',
      number: 'C-2026/000007',
      issueDay: '2027-01-01',
      receipt: { number: 'R-2026/000123', issueDay: '2026-11-25', total: 18201 },
      reverses: null,
      orderId: '7K3M-Q9XT-4BVD',
      paymentKey: 'pi_3Q8ZfT2eZvKYlo2C1x2Y3z4A',
      refundId: 're_3Q8ZfT2eZvKYlo2C0aBcDeFg',
      language: 'pl',
      test: false,
    });
  });

  it('names the buyer as the receipt does, and the seller as they are today', () => {
    const moved = { ...seller, addressLines: ['ul. Nowa 1', '00-002 Warszawa'] };
    const document = creditNoteDocument(buildCreditRequest(order), moved, creditIssue);
    expect(document.seller.addressLines).toEqual(['ul. Nowa 1', '00-002 Warszawa']);
    expect(document.buyer).toMatchObject({ name: 'Anna Kowalska-Źdźbło', email: 'anna@example.pl' });
  });

  it('is for all lines when all was refunded, whether or not anybody has said so', () => {
    const document = buildCreditNote(order);
    expect(shown(document)).toEqual([
      { lineNo: 1, named: true, tax: 233, total: 4900 },
      { lineNo: 2, named: true, tax: 2300, total: 12300 },
      { lineNo: 3, named: true, tax: 48, total: 1001 },
    ]);
    expect(document.taxRates).toEqual([
      { taxPercent: 23, net: 10000, tax: 2300, gross: 12300 },
      { taxPercent: 5, net: 5620, tax: 281, gross: 5901 },
    ]);
  });

  it('is for the lines that are named, and for no others', () => {
    expect(shown(buildCreditNote(order, { amount: 12300, lines: [2] }))).toEqual([
      { lineNo: 2, named: true, tax: 2300, total: 12300 },
    ]);
  });

  it.each([[null], [[]]])('shares out a sum that is for no line (%j), with its taxes', (lines) => {
    const document = buildCreditNote(order, { amount: 1000, lines });
    expect(document.lines.every(({ named }) => !named)).toBe(true);
    expect(document.taxRates).toEqual([
      { taxPercent: 23, net: 550, tax: 126, gross: 676 },
      { taxPercent: 5, net: 309, tax: 15, gross: 324 },
    ]);
    expect(document).toMatchObject({ total: 1000, tax: 141 });
  });

  it('takes of each line what earlier credits have left of it, so that all together are the receipt', () => {
    const first = buildCreditNote(order, { amount: 333 });
    const second = buildCreditNote(order, { amount: 333, earlier: [first] }, 8);
    const third = buildCreditNote(order, { amount: 12000, lines: [2], earlier: [first, second] }, 9);
    const earlier = [first, second, third];
    const last = buildCreditNote(order, { amount: order.total - sumOf(earlier, 'total'), earlier }, 10);
    expect(sumOf([...earlier, last], 'total')).toBe(order.total);
    expect(sumOf([...earlier, last], 'tax')).toBe(order.tax);
  });

  it('counts nothing of a credit that was reversed', () => {
    const failed = buildCreditNote(order);
    const reversal = buildCreditNote(order, { kind: 'reversal', reverses: failed, earlier: [failed] }, 8);
    const again = buildCreditNote(order, { earlier: [failed, reversal] }, 9);
    expect(shown(again)).toEqual(shown(failed));
  });

  it('lets no earlier credit stand in the way of what Stripe says was refunded', () => {
    const failedLater = buildCreditNote(order);
    expect(shown(buildCreditNote(order, { earlier: [failedLater] }, 8))).toEqual(shown(failedLater));
  });

  it('reverses a credit note figure by figure', () => {
    const credit = buildCreditNote(order, { amount: 1000 });
    const reversal = buildCreditNote(order, { kind: 'reversal', amount: 1000, reverses: credit }, 8);
    expect(reversal).toMatchObject({
      kind: 'reversal',
      number: 'C-2026/000008',
      reverses: { number: 'C-2026/000007', issueDay: '2026-12-03' },
      lines: credit.lines,
      taxRates: credit.taxRates,
      tax: credit.tax,
      total: 1000,
    });
  });

  it.each([
    ['nothing', { amount: 0 }],
    ['more than was paid', { amount: order.total + 1 }],
    ['a line that the receipt does not have', { amount: 100, lines: [4] }],
    ['a reversal of nothing', { kind: 'reversal' as const, amount: 100 }],
    [
      'a reversal of another amount',
      { kind: 'reversal' as const, amount: 99, reverses: buildCreditNote(order, { amount: 100 }) },
    ],
  ])('asks for a human about %s', (_what, changes) => {
    expect(() => buildCreditNote(order, changes)).toThrow(
      expect.objectContaining({ kind: 'needs_human', reason: 'credit_note_mismatch' }),
    );
  });

  it('knows no tax where the receipt knows none', () => {
    const untaxed = buildOrder({ lines: [buildLine(1, { taxPercent: null })], livemode: false });
    expect(buildCreditNote(untaxed, { amount: 700 })).toMatchObject({ taxRates: [], tax: 0, test: true });
  });

  it('stays small and valid, whatever the buyer typed', () => {
    fc.assert(
      fc.property(hostileOrder, (hostile) => {
        const text = JSON.stringify(buildCreditNote(hostile));
        expect(creditNoteDocumentSchema.safeParse(JSON.parse(text)).success).toBe(true);
        expect(text.length).toBeLessThan(40_000);
        expect(text).not.toMatch(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]|\\u00/u);
      }),
      { numRuns: 40 },
    );
  });

  it('is written in the language of the receipt', () => {
    expect(buildCreditNote(buildOrder({ buyer: buildBuyer({ language: 'en' }) })).language).toBe('en');
  });
});
