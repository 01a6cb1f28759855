import { z } from 'zod';
import { entitlementState } from '../domain/entitlement.ts';
import { type MoneyRules, type Owed, type StandingRefund, whatIsOwed } from '../domain/refunds.ts';
import type { Order } from '../domain/order.ts';
import type { StateMove } from '../ports/buyerControl.ts';
import type { CreditNoteKind, Notice, PaymentToSettle, Settlement } from '../ports/settling.ts';
import type { MoneyRead } from './readMoney.ts';

export interface SettleRules extends MoneyRules {
  /** Buyers are not told of what happened before this: the past is never mailed. */
  startDate: Date;
}

/** A credit note that is due: of a refund that stands and has none, or of one that has failed since. */
export interface PaperDue {
  refundId: string;
  kind: CreditNoteKind;
  amount: number;
  lines: number[] | null;
}

export interface Decided extends Settlement {
  owed: Owed;
  papers: PaperDue[];
  /** The receipt that the credit notes need is on its way: look again later. */
  waitMs: number | null;
}

const factsSchema = z.object({
  revoked_lines: z.array(z.number()).default([]),
  refund_lines: z.record(z.string(), z.array(z.number())).default({}),
});

/** What people have decided, of all that is known of a payment. */
const peopleSaid = (payment: PaymentToSettle) => factsSchema.parse(payment.facts);

export const owedOf = (
  payment: PaymentToSettle,
  { money, order, rules }: { money: MoneyRead; order: Order | null; rules: MoneyRules },
): Owed =>
  whatIsOwed({ money, lines: order?.lines ?? null, answers: peopleSaid(payment).refund_lines, rules });

/** Everything that follows from a payment's facts: a pure function of what is known of it under its lock. */
export function decideSettlement(
  payment: PaymentToSettle,
  { money, order, rules }: { money: MoneyRead; order: Order | null; rules: SettleRules },
): Decided {
  const owed = owedOf(payment, { money, order, rules });
  const due = papersDue(payment, owed);
  const waitMs = waitFor(payment, { owed, order, due });
  const moves = movesOf(payment, owed);
  const known = { payment, money, order, rules, owed, moves };
  return {
    paymentId: payment.paymentId,
    owed,
    facts: factsOf(money, owed),
    moves,
    // Where the order is still to come, its buyer could not be told: the receipt of one transaction with this one is there already.
    papers: payment.receipt && waitMs === null ? due : [],
    waitMs,
    notices: order ? noticesOf({ ...known, tellsRefunds: waitMs === null }) : [],
  };
}

const factsOf = ({ received, refunds, disputes }: MoneyRead, owed: Owed): Settlement['facts'] => {
  const linesOf = new Map(owed.refunds.map(({ id, lines }) => [id, lines]));
  return {
    received,
    refunds: refunds.map(({ id, amount, status, createdAt }) => ({
      id,
      amount,
      status,
      createdAt,
      lines: linesOf.get(id) ?? null,
    })),
    disputes: disputes.map(({ id, amount, status }) => ({ id, amount, status })),
    refunded: owed.refunded,
    taken_back: owed.takenBack,
    taken_lines: owed.takenLines,
  };
};

/** Credits of refunds that stand, the oldest first; then reversals of those that have failed since. */
function papersDue({ creditNotes }: PaymentToSettle, { refunds }: Owed): PaperDue[] {
  const has = (refundId: string, kind: CreditNoteKind) =>
    creditNotes.some((note) => note.refundId === refundId && note.kind === kind);
  const stands = new Set(refunds.map(({ id }) => id));
  return [
    ...refunds
      .filter(({ id, open }) => !open && !has(id, 'credit'))
      .map(({ id, amount, lines }): PaperDue => ({ refundId: id, kind: 'credit', amount, lines })),
    ...creditNotes
      .filter(
        ({ kind, refundId }) => kind === 'credit' && !stands.has(refundId) && !has(refundId, 'reversal'),
      )
      .map(({ refundId, amount }): PaperDue => ({ refundId, kind: 'reversal', amount, lines: null })),
  ];
}

const soonMs = 2_000;
const laterMs = 60_000;

/** How long to wait for the order and its receipt, where they are still to come. */
function waitFor(
  { fulfil, receipt }: PaymentToSettle,
  { owed, order, due }: { owed: Owed; order: Order | null; due: PaperDue[] },
): number | null {
  if (!fulfil || fulfil.state === 'completed' || fulfil.state === 'cancelled') return null;
  const needsReceipt = fulfil.issuesReceipt && !receipt && due.length > 0;
  const needsOrder = !order && owed.refunds.length > 0;
  if (!needsReceipt && !needsOrder) return null;
  return fulfil.state === 'open' ? soonMs : laterMs;
}

function movesOf(payment: PaymentToSettle, owed: Owed): Decided['moves'] {
  const revoked = new Set(peopleSaid(payment).revoked_lines);
  const taken = new Set(owed.takenLines);
  return payment.owned.flatMap(({ entitlementId, lineNo, state, filesReady, claimed }) => {
    const takenBack = owed.takenBack || taken.has(lineNo);
    const facts = {
      paid: true,
      takenBack,
      revoked: revoked.has(lineNo),
      filesReady,
      profileClaimed: claimed,
    };
    const move: StateMove = { entitlementId, state: entitlementState(facts) };
    // What was not taken here is not given back here: files and claims move the other states.
    if ((move.state === 'revoked') === (state === 'revoked')) return [];
    const reason = move.state !== 'revoked' ? 'money_came_back' : owed.disputed ? 'disputed' : 'refunded';
    return [{ ...move, reason }];
  });
}

interface Known {
  payment: PaymentToSettle;
  money: MoneyRead;
  rules: SettleRules;
  owed: Owed;
  moves: Decided['moves'];
  /** Their credit notes are written now, or there will be none. */
  tellsRefunds: boolean;
}

function noticesOf(known: Known): Notice[] {
  const { owed, tellsRefunds } = known;
  const refunds = tellsRefunds ? owed.refunds.flatMap((refund) => refundNotice(refund, known)) : [];
  const failures = tellsRefunds ? failureNotices(known) : [];
  return [...refunds, ...failures, ...accessNotices(known, failures)];
}

const toldOf = ({ notices }: PaymentToSettle, key: string) => notices.find((notice) => notice.key === key);

function refundNotice(
  { id, amount, createdAt, ends, open }: StandingRefund,
  { payment, money: { currency }, rules }: Known,
): Notice[] {
  const key = `refund:${id}`;
  const isPast = new Date(createdAt) < rules.startDate;
  if (open || isPast || currency === null || toldOf(payment, key)) return [];
  return [{ key, kind: 'refund', refundId: id, amount, currency, lines: ends }];
}

/** Who was told of a refund is told that it failed, and of what they have again. */
function failureNotices({ payment, owed }: Known): Notice[] {
  const stands = new Set(owed.refunds.map(({ id }) => id));
  const gone = new Set([...owed.takenLines, ...peopleSaid(payment).revoked_lines]);
  const said = new Set<number>();
  return payment.notices.flatMap((told): Notice[] => {
    if (told.kind !== 'refund' || stands.has(told.refundId)) return [];
    const { refundId, amount, currency } = told;
    const key = `refund_failed:${refundId}`;
    if (toldOf(payment, key)) return [];
    const lines = told.lines.filter((lineNo) => !gone.has(lineNo) && !said.has(lineNo));
    for (const lineNo of lines) said.add(lineNo);
    return [{ key, kind: 'refund_failed', refundId, amount, currency, lines }];
  });
}

/** Access that has ended, or is there again, of which no mail about a refund tells: disputes, mostly. */
function accessNotices({ payment, money, owed, rules, moves }: Known, failures: Notice[]): Notice[] {
  const toldByRefund = owed.refunds.flatMap(({ id, ends }) => toldOf(payment, `refund:${id}`)?.lines ?? ends);
  const ended = linesMoved(payment, moves, { revoked: true, except: toldByRefund });
  const restored = linesMoved(payment, moves, {
    revoked: false,
    except: failures.flatMap(({ lines }) => lines),
  }).filter((lineNo) => heardOf(payment, lineNo));
  const [kind, lines] =
    ended.length > 0 ? (['access_ended', ended] as const) : (['access_restored', restored] as const);
  const isPast =
    money.disputes.length > 0 &&
    money.disputes.every(({ createdAt }) => new Date(createdAt) < rules.startDate);
  if (lines.length === 0 || isPast) return [];
  const count = payment.notices.filter(({ key }) => key.startsWith('access:')).length;
  return [{ key: `access:${count + 1}`, kind, lines }];
}

/** A buyer of the past has heard nothing of us; that something is there again is news to whoever knew that it had gone. */
const heardOf = ({ fulfil, notices }: PaymentToSettle, lineNo: number): boolean =>
  fulfil?.issuesReceipt === true || notices.some(({ lines }) => lines.includes(lineNo));

function linesMoved(
  { owned }: PaymentToSettle,
  moves: Decided['moves'],
  { revoked, except }: { revoked: boolean; except: readonly number[] },
): number[] {
  const moved = new Set(
    moves.filter(({ state }) => (state === 'revoked') === revoked).map(({ entitlementId }) => entitlementId),
  );
  return owned
    .filter(({ entitlementId, lineNo }) => moved.has(entitlementId) && !except.includes(lineNo))
    .map(({ lineNo }) => lineNo);
}
