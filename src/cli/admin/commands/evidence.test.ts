import { describe, expect, it } from 'vitest';
import { documentOf, runOperators } from '../../../../test/builders/commandLine.ts';
import { shownOrder } from '../../../../test/builders/shownOrder.ts';

const hostile = 'Eve\u001B[31m\u202E';

const evidence = {
  orderId: 'F-ORDER-1',
  forgottenAt: null,
  buyer: { name: hostile },
  downloads: { total: 1_000, items: [{ at: '2026-11-22T10:00:00.000Z' }] },
  stripe: {
    evidence: { customer_name: hostile, billing_address: 'Polna 7\nPL' },
    files: [{ field: 'receipt', what: 'Receipt R-2026/000123 as PDF.' }],
    byHand: [{ field: 'customer_purchase_ip', why: 'Not kept here.' }],
    limits: { customer_name: 1_000, billing_address: 1_000 },
    characters: 19,
    charactersMax: 150_000,
  },
};
const operations = { 'orders:show': shownOrder(), 'evidence:export': evidence };
const reason = ['--reason', 'dispute dp_1'];

describe('evidence', () => {
  it('finds the order by whatever names it, and prints one document', async () => {
    const ran = await runOperators(['evidence', 'R-2026/000123', ...reason], { operations });
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.asked).toMatchObject([
      { name: 'orders:show', input: { ref: 'R-2026/000123' } },
      { name: 'evidence:export', input: { jobId: 'job-1' }, reason: 'dispute dp_1' },
    ]);
    expect(JSON.parse(ran.out)).toEqual(evidence);
    expect(ran.out).not.toContain('\u001B');
    expect(ran.err).toContain('Of 1000 deliveries the latest 1 are listed');
    const document = documentOf(await runOperators(['evidence', 'x', ...reason, '--json'], { operations }));
    expect(document).toMatchObject({ schema: 'fulfillment/evidence@1', orderId: 'F-ORDER-1' });
  });

  it('as text goes field by field, and nothing in it is obeyed', async () => {
    const ran = await runOperators(['evidence', 'x', '--text', ...reason], { operations });
    expect(ran.out.split('\n')).toEqual([
      '=== customer_name (9 of at most 1000 characters)',
      'Eve\\x1b[31m\\u{202e}',
      '',
      '=== billing_address (10 of at most 1000 characters)',
      'Polna 7',
      'PL',
      '',
      '=== Files to upload',
      'receipt: Receipt R-2026/000123 as PDF.',
      '',
      '=== Left to you',
      'customer_purchase_ip: Not kept here.',
      '',
      'All texts together: 19 characters; Stripe takes 150000.',
      '',
    ]);
  });

  it('goes into a file, and only its name is printed', async () => {
    const out = [...reason, '--out', 'dispute.json'];
    const ran = await runOperators(['evidence', 'x', ...out], { operations });
    expect(ran).toMatchObject({ code: 0, out: '' });
    expect(JSON.parse(ran.files.get('dispute.json') ?? '')).toEqual(evidence);
    expect(ran.err).toContain('Evidence of order F-ORDER-1 in dispute.json.');
    const told = await runOperators(['evidence', 'x', ...out, '--json'], { operations });
    expect(documentOf(told)).toEqual({
      schema: 'fulfillment/evidence@1',
      orderId: 'F-ORDER-1',
      file: 'dispute.json',
    });
  });

  it('asks for nothing without a reason', async () => {
    const ran = await runOperators(['evidence', 'x'], { operations });
    expect(ran.code).not.toBe(0);
    expect(ran.asked).toEqual([]);
  });
});
