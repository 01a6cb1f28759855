import type { OrderLine } from './order.ts';

/**
 * What a buyer is still owed after refunds and disputes: a pure function of what Stripe says now, of the order's lines,
 * of what people have answered, and of the shop's rules. Whatever came first, or came twice, the same facts give the
 * same answer (docs/decisions/0007-what-stripe-says-now.md).
 */

/** Statuses of the Refund object, docs.stripe.com/api/refunds/object. */
export const refundStatuses = ['pending', 'requires_action', 'succeeded', 'failed', 'canceled'] as const;
export type RefundStatus = (typeof refundStatuses)[number];

/** Statuses of the Dispute object, docs.stripe.com/api/disputes/object. Those of inquiries begin with `warning_`. */
export const disputeStatuses = [
  'warning_needs_response',
  'warning_under_review',
  'warning_closed',
  'needs_response',
  'under_review',
  'won',
  'lost',
  'appeal_needs_response',
  'appeal_under_review',
  'prevented',
] as const;
export type DisputeStatus = (typeof disputeStatuses)[number];

/** A line that a refund names in its metadata: by its number, or as copies of a product. */
export type NamedLine = { lineNo: number } | { productId: string; quantity: number };

export interface Refund {
  id: string;
  /** Minor units of the payment's currency. */
  amount: number;
  status: RefundStatus;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** Null: it says nothing of lines. `unusable`: it says something that names none. */
  named: NamedLine[] | 'unusable' | null;
}

export interface Dispute {
  id: string;
  amount: number;
  status: DisputeStatus;
  /** ISO 8601, UTC. */
  createdAt: string;
}

/** What Stripe says of a payment's money. */
export interface Money {
  received: number;
  refunds: Refund[];
  disputes: Dispute[];
}

/** What a partial refund takes that names no line: a person is asked, nothing, or the one line that costs as much. */
export const partialRefundRules = ['ask', 'keep', 'match'] as const;
export type PartialRefundRule = (typeof partialRefundRules)[number];

/** Whether access ends while a dispute is open, for which the bank has taken the money back. */
export const openDisputeRules = ['suspend', 'keep'] as const;
export type OpenDisputeRule = (typeof openDisputeRules)[number];

export interface MoneyRules {
  partialRefunds: PartialRefundRule;
  openDisputes: OpenDisputeRule;
}

export type RefundedLine = Pick<OrderLine, 'lineNo' | 'productId' | 'quantity' | 'total'>;

/** What people have answered, by refund: the lines it is for; none: money only. */
export type RefundAnswers = Readonly<Record<string, readonly number[]>>;

/** A refund that stands, and what it is for. */
export interface StandingRefund {
  id: string;
  amount: number;
  createdAt: string;
  /** Lines that it is for; null: it belongs to no line, or nobody knows yet. */
  lines: number[] | null;
  /** Lines whose access ends with it. */
  ends: number[];
  /** Nobody can say yet what it is for: no credit note is made of it, and the buyer is not told. */
  open: boolean;
}

export interface Owed {
  /** Nothing of the order is owed any more. */
  takenBack: boolean;
  /** Lines that are not owed any more, in order. */
  takenLines: number[];
  /** Sum of the refunds that stand. */
  refunded: number;
  /** A dispute takes the lines just now. */
  disputed: boolean;
  /** Refunds that stand, the oldest first. */
  refunds: StandingRefund[];
  /** Refunds of which a person has to say which lines they are for. */
  questions: string[];
  /** A partial refund cannot be judged before the order's lines are known. */
  waitsForOrder: boolean;
}

const standing = new Set<RefundStatus>(['pending', 'requires_action', 'succeeded']);
const openDispute = new Set<DisputeStatus>(['needs_response', 'under_review']);
/** What was lost stays so while it is appealed against. */
const lostDispute = new Set<DisputeStatus>(['lost', 'appeal_needs_response', 'appeal_under_review']);

/** A refund stands as long as it has not failed: the shop has decided, and the bank's answer may take days. */
export const refundStands = ({ status }: Pick<Refund, 'status'>) => standing.has(status);

/** Whether a dispute takes the lines: an inquiry moves no money, and what is won or prevented gives it back. */
export const disputeTakes = (
  { status }: Pick<Dispute, 'status'>,
  { openDisputes }: Pick<MoneyRules, 'openDisputes'>,
) => lostDispute.has(status) || (openDispute.has(status) && openDisputes === 'suspend');

/** @param lines of the order; null as long as it is not resolved */
export function whatIsOwed({
  money,
  lines,
  answers,
  rules,
}: {
  money: Money;
  lines: readonly RefundedLine[] | null;
  answers: RefundAnswers;
  rules: MoneyRules;
}): Owed {
  const refunds = money.refunds.filter(refundStands).toSorted(byAge);
  const refunded = refunds.reduce((sum, { amount }) => sum + amount, 0);
  const full = refunded > 0 && refunded >= money.received;
  const disputed = money.disputes.some((dispute) => disputeTakes(dispute, rules));
  const copies = lines === null ? null : attribute(refunds, lines, { answers, rules });

  const told = refunds.map((refund) => standingRefund(refund, copies?.get(refund.id) ?? null, full));
  if (lines) sayWhatEnds(told, lines, { copies, full });
  const ended = new Set(told.flatMap(({ ends }) => ends));
  const all = lines?.map(({ lineNo }) => lineNo) ?? [];
  const [only] = refunds;
  // One refund of everything is for every line.
  if (full && refunds.length === 1 && only && told[0]) told[0].lines ??= lines ? all : null;
  const takenBack = full || disputed || (all.length > 0 && ended.size === all.length);
  const open = told.filter((refund) => refund.open);
  return {
    takenBack,
    takenLines: takenBack ? all : all.filter((lineNo) => ended.has(lineNo)),
    refunded,
    disputed,
    refunds: told,
    questions: lines ? open.map(({ id }) => id) : [],
    waitsForOrder: !lines && open.length > 0,
  };
}

const byAge = (one: Refund, other: Refund) =>
  one.createdAt === other.createdAt ? compare(one.id, other.id) : compare(one.createdAt, other.createdAt);
const compare = (one: string, other: string) => (one < other ? -1 : 1);

/** How many copies of which line a refund is for. */
type Copies = ReadonlyMap<number, number>;

const standingRefund = (
  { id, amount, createdAt }: Refund,
  copies: Copies | null,
  full: boolean,
): StandingRefund => ({
  id,
  amount,
  createdAt,
  lines: copies && copies.size > 0 ? [...copies.keys()].toSorted((one, other) => one - other) : null,
  ends: [],
  // Where everything was paid back nobody need say which part was for what.
  open: copies === null && !full,
});

/** Null for a refund of which nobody can say what it is for. What somebody said counts before what we find ourselves. */
function attribute(
  refunds: readonly Refund[],
  lines: readonly RefundedLine[],
  { answers, rules }: { answers: RefundAnswers; rules: MoneyRules },
): Map<string, Copies | null> {
  const said = new Map(refunds.map((refund) => [refund.id, saidOf(refund, lines, answers[refund.id])]));
  const spoken = new Set([...said.values()].flatMap((copies) => [...(copies?.keys() ?? [])]));
  for (const refund of refunds) {
    if (said.get(refund.id)) continue;
    const found =
      refund.named === null ? foundFor(refund, lines, { spoken, rule: rules.partialRefunds }) : null;
    for (const lineNo of found?.keys() ?? []) spoken.add(lineNo);
    said.set(refund.id, found);
  }
  return said;
}

function saidOf(
  { named }: Refund,
  lines: readonly RefundedLine[],
  answer: readonly number[] | undefined,
): Copies | null {
  if (answer) return wholeLines(lines.filter(({ lineNo }) => answer.includes(lineNo)));
  if (named === null || named === 'unusable') return null;
  const copies = new Map<number, number>();
  for (const name of named) {
    const meant = lines.filter((line) =>
      'lineNo' in name ? line.lineNo === name.lineNo : line.productId === name.productId,
    );
    const [line] = meant;
    // No line, or one of several of the same product: it has named nothing.
    if (!line || meant.length > 1) return null;
    const quantity = 'quantity' in name ? name.quantity : line.quantity;
    copies.set(line.lineNo, (copies.get(line.lineNo) ?? 0) + quantity);
  }
  return copies.size > 0 ? copies : null;
}

function foundFor(
  { amount }: Refund,
  lines: readonly RefundedLine[],
  { spoken, rule }: { spoken: ReadonlySet<number>; rule: PartialRefundRule },
): Copies | null {
  if (rule === 'keep') return new Map();
  if (rule === 'ask') return null;
  const alike = lines.filter(({ lineNo, total }) => total === amount && !spoken.has(lineNo));
  return alike.length === 1 ? wholeLines(alike) : null;
}

const wholeLines = (lines: readonly RefundedLine[]): Copies =>
  new Map(lines.map(({ lineNo, quantity }) => [lineNo, quantity]));

/** Access to a line ends with the refund of its last copy; with the refund that makes it everything, the rest of them. */
function sayWhatEnds(
  refunds: StandingRefund[],
  lines: readonly RefundedLine[],
  { copies, full }: { copies: ReadonlyMap<string, Copies | null> | null; full: boolean },
): void {
  const left = new Map(lines.map(({ lineNo, quantity }) => [lineNo, quantity]));
  for (const refund of refunds) {
    for (const [lineNo, count] of copies?.get(refund.id) ?? []) {
      const before = left.get(lineNo) ?? 0;
      left.set(lineNo, before - count);
      if (before > 0 && before <= count) refund.ends.push(lineNo);
    }
  }
  const last = refunds.at(-1);
  if (full && last)
    last.ends.push(...lines.flatMap(({ lineNo }) => ((left.get(lineNo) ?? 0) > 0 ? [lineNo] : [])));
  for (const refund of refunds) refund.ends.sort((one, other) => one - other);
}
