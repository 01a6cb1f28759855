import { describe, expect, it } from 'vitest';
import { judgeMailedReceipts, type RecentCharge } from './stripeReceipts.ts';

const plain: RecentCharge = { livemode: true, succeeded: true, receiptMailed: false, receiptWanted: false };

describe('receipts mailed by Stripe', () => {
  it('are found by the number that a mailed receipt has', () => {
    const [finding] = judgeMailedReceipts([plain, { ...plain, receiptMailed: true }]);
    expect(finding).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('1 of the last 2 charges'),
    });
    expect(finding?.remedy).toContain('Settings → Emails');
  });

  it('are expected where live charges name an address for them', () => {
    expect(judgeMailedReceipts([{ ...plain, receiptWanted: true }])).toMatchObject([{ state: 'warning' }]);
  });

  it.each([
    ['there are no charges', []],
    ['charges bear no trace', [plain]],
    ['only test charges name an address', [{ ...plain, livemode: false, receiptWanted: true }]],
    ['the charge failed', [{ ...plain, succeeded: false, receiptMailed: true }]],
  ])('cannot be known when %s, and that is said', (_when, charges) => {
    const [finding] = judgeMailedReceipts(charges);
    expect(finding).toMatchObject({
      state: 'note',
      detail: expect.stringContaining('cannot be read from its API'),
    });
    expect(finding?.remedy).toContain('Settings → Emails');
  });
});
