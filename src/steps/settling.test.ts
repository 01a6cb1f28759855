import { describe, expect, it } from 'vitest';
import type { EntitlementState } from '../domain/entitlement.ts';
import type { Order, OrderLine } from '../domain/order.ts';
import type { IssuedCreditNote, Notice, PaymentToSettle } from '../ports/settling.ts';
import type { MoneyRead } from './readMoney.ts';
import { decideSettlement, type SettleRules } from './settling.ts';

const line = (lineNo: number): OrderLine => ({
  lineNo,
  productId: `book-${lineNo}`,
  productVersion: '1',
  formats: ['pdf'],
  title: `Book ${lineNo}`,
  quantity: 1,
  unitAmount: 1_000,
  subtotal: 1_000,
  discount: 0,
  tax: 0,
  taxPercent: null,
  total: 1_000,
});
const order = { currency: 'pln', lines: [line(1), line(2)] } as Order;
const rules: SettleRules = {
  partialRefunds: 'ask',
  openDisputes: 'suspend',
  startDate: new Date('2026-11-01T00:00:00Z'),
};
const refund = (id: string, amount: number, fields: object = {}): MoneyRead['refunds'][number] => ({
  id,
  amount,
  status: 'succeeded',
  createdAt: '2026-11-22T10:00:00.000Z',
  named: null,
  ...fields,
});
const dispute = (status: 'needs_response' | 'won', createdAt = '2026-11-22T10:00:00.000Z') => ({
  id: 'du_1',
  amount: 2_000,
  status,
  createdAt,
});
const owned = (...states: EntitlementState[]): PaymentToSettle['owned'] =>
  states.map((state, index) => ({
    entitlementId: `e${index + 1}`,
    lineNo: index + 1,
    state,
    filesReady: true,
    claimed: false,
  }));
const note = (refundId: string, kind: IssuedCreditNote['kind'], amount: number): IssuedCreditNote => ({
  creditNoteId: `${kind} ${refundId}`,
  refundId,
  kind,
  amount,
  document: {},
});
const told = (refundId: string, amount: number, lines: number[]): Notice => ({
  key: `refund:${refundId}`,
  kind: 'refund',
  refundId,
  amount,
  currency: 'pln',
  lines,
});

function decide(
  money: Partial<MoneyRead>,
  payment: Partial<PaymentToSettle> = {},
  resolved: Order | null = order,
) {
  return decideSettlement(
    {
      paymentId: 'p',
      factsWanted: 1,
      facts: {},
      fulfil: { state: 'completed', issuesReceipt: true, order: {} },
      receipt: { receiptId: 'r', document: {} },
      creditNotes: [],
      notices: [],
      toldKeys: [],
      owned: owned('pending_claim', 'pending_claim'),
      ...payment,
    },
    {
      money: { wanted: 1, currency: 'pln', received: 2_000, refunds: [], disputes: [], ...money },
      order: resolved,
      rules,
    },
  );
}

describe('what is settled', () => {
  it('is nothing where nothing went back', () => {
    expect(decide({})).toMatchObject({ moves: [], notices: [], papers: [], waitMs: null });
  });

  it('is access, a credit note and a notice of each refund, in one go', () => {
    const decided = decide({ refunds: [refund('re_1', 1_000, { named: [{ lineNo: 2 }] })] });
    expect(decided).toMatchObject({
      moves: [{ entitlementId: 'e2', state: 'revoked', reason: 'refunded' }],
      papers: [{ refundId: 're_1', kind: 'credit', amount: 1_000, lines: [2] }],
      notices: [{ key: 'refund:re_1', lines: [2] }],
      facts: { refunded: 1_000, taken_back: false, taken_lines: [2] },
    });
  });

  it('is nothing new the second time', () => {
    const refunds = [refund('re_1', 2_000)];
    const first = decide({ refunds });
    const second = decide(
      { refunds },
      {
        owned: owned('revoked', 'revoked'),
        creditNotes: [note('re_1', 'credit', 2_000)],
        notices: first.notices,
      },
    );
    expect(second).toMatchObject({ moves: [], notices: [], papers: [] });
    expect(second.facts).toEqual(first.facts);
  });

  it('leaves to staff what staff has taken away', () => {
    const decided = decide(
      { disputes: [dispute('won')] },
      { owned: owned('revoked', 'revoked'), facts: { revoked_lines: [1] } },
    );
    expect(decided.moves.map(({ entitlementId }) => entitlementId)).toEqual(['e2']);
    expect(decided.notices).toEqual([{ key: 'access:1', kind: 'access_restored', lines: [2] }]);
  });
});

describe('a receipt that is still to come', () => {
  const refunds = [refund('re_1', 2_000)];
  it.each([
    ['open', 2_000],
    ['blocked', 60_000],
    ['held', 60_000],
    ['failed', 60_000],
    ['cancelled', null],
    ['completed', null],
  ] as const)('of an order that is %s is waited for %s ms; access ends at once', (state, waitMs) => {
    const decided = decide({ refunds }, { receipt: null, fulfil: { state, issuesReceipt: true, order: {} } });
    expect(decided.waitMs).toBe(waitMs);
    expect(decided.moves).toHaveLength(2);
    expect(decided.papers).toEqual([]);
    // A refund is told with its credit note, or without one where there will be none.
    expect(decided.notices.map(({ kind }) => kind)).toEqual(waitMs === null ? ['refund'] : []);
  });

  it('is none of an order that has no receipt of ours', () => {
    const fulfil = { state: 'open', issuesReceipt: false, order: {} } as const;
    expect(decide({ refunds }, { receipt: null, fulfil })).toMatchObject({ waitMs: null, papers: [] });
  });

  it('is waited for as long as nobody knows what was bought', () => {
    const fulfil = { state: 'open', issuesReceipt: true, order: null } as const;
    const decided = decide({ refunds }, { receipt: null, fulfil, owned: [] }, null);
    expect(decided).toMatchObject({ waitMs: 2_000, notices: [], facts: { taken_back: true } });
  });

  it('is not waited for where nobody has said that it is paid', () => {
    expect(decide({ refunds }, { receipt: null, fulfil: null, owned: [] }, null)).toMatchObject({
      waitMs: null,
      notices: [],
    });
  });
});

describe('a refund that failed', () => {
  const failed = { refunds: [refund('re_1', 2_000, { status: 'failed' })] };
  const before: Partial<PaymentToSettle> = {
    owned: owned('revoked', 'revoked'),
    creditNotes: [note('re_1', 'credit', 2_000)],
    notices: [told('re_1', 2_000, [1, 2])],
  };

  it('has a reversal, and is told with what the buyer has again', () => {
    expect(decide(failed, before)).toMatchObject({
      moves: [{ reason: 'money_came_back' }, { reason: 'money_came_back' }],
      papers: [{ refundId: 're_1', kind: 'reversal', amount: 2_000 }],
      notices: [{ key: 'refund_failed:re_1', lines: [1, 2], amount: 2_000 }],
    });
  });

  it('gives back nothing that a dispute has taken meanwhile', () => {
    const decided = decide({ ...failed, disputes: [dispute('needs_response')] }, before);
    expect(decided.moves).toEqual([]);
    expect(decided.notices).toMatchObject([{ key: 'refund_failed:re_1', lines: [] }]);
  });

  it('of which nobody was told is no news, but access that is there again is', () => {
    const decided = decide(failed, { owned: owned('revoked', 'revoked') });
    expect(decided.papers).toEqual([]);
    expect(decided.notices).toEqual([{ key: 'access:1', kind: 'access_restored', lines: [1, 2] }]);
  });
});

describe('access that ends by a dispute', () => {
  it('is told apart from what a refund has ended', () => {
    const refunds = [refund('re_1', 1_000, { named: [{ lineNo: 1 }] })];
    const decided = decide({ refunds, disputes: [dispute('needs_response')] });
    expect(decided.notices).toMatchObject([
      { key: 'refund:re_1', lines: [1] },
      { key: 'access:1', kind: 'access_ended', lines: [2] },
    ]);
  });

  it('is no news where the dispute is from before we began', () => {
    const disputes = [dispute('needs_response', '2026-10-01T00:00:00.000Z')];
    expect(decide({ disputes })).toMatchObject({ notices: [], facts: { taken_back: true } });
  });

  it('is counted, so that every change is told once', () => {
    const notices: Notice[] = [{ key: 'access:1', kind: 'access_ended', lines: [1, 2] }];
    const decided = decide({ disputes: [dispute('won')] }, { owned: owned('revoked', 'revoked'), notices });
    expect(decided.notices).toEqual([{ key: 'access:2', kind: 'access_restored', lines: [1, 2] }]);
  });
});
