/**
 * One payment as Stripe knows it: what happens to it there, which events tell of that, and what its API says. Knows
 * nothing of the product, so that what is owed can be judged against it.
 */
export type Happening =
  | { do: 'check out'; pays: 'at once' | 'later' | 'nothing' }
  | { do: 'settle'; as: 'succeeded' | 'failed' }
  | { do: 'refund'; id: string; amount: number; lines?: number[]; pending?: true }
  | { do: 'fail refund'; id: string }
  | { do: 'dispute'; id: string }
  | { do: 'close dispute'; id: string; as: 'won' | 'lost' };

export interface Line {
  priceId: string;
  total: number;
}

export interface Refund {
  id: string;
  amount: number;
  status: 'pending' | 'succeeded' | 'failed';
  lines: number[] | null;
  created: number;
}

export interface Dispute {
  id: string;
  status: 'needs_response' | 'won' | 'lost';
}

export interface StripeEvent {
  id: string;
  type: string;
  created: number;
  [key: string]: unknown;
}

/** What the API says after some of what happened. */
export interface Snapshot {
  session: 'open' | 'complete';
  paymentStatus: 'paid' | 'unpaid' | 'no_payment_required';
  /** Null where nothing was to be paid. */
  intent: 'succeeded' | 'processing' | 'requires_payment_method' | null;
  refunds: Refund[];
  disputes: Dispute[];
}

export interface Account {
  mark: string;
  sessionId: string;
  intentId: string | null;
  lines: Line[];
  total: number;
  /** One after each happening. */
  snapshots: Snapshot[];
  /** With the happening that each of them tells of. */
  events: Array<{ event: StripeEvent; after: number }>;
}

export interface Sold {
  mark: string;
  lines: Line[];
  /** Unix seconds. */
  at: number;
  livemode?: boolean;
}

/** Lets a story happen at Stripe. */
export function liveThrough(story: readonly Happening[], { mark, lines, at }: Sold): Account {
  const free = story.some((one) => one.do === 'check out' && one.pays === 'nothing');
  const total = free ? 0 : lines.reduce((sum, line) => sum + line.total, 0);
  const account: Account = {
    mark,
    sessionId: `cs_test_${mark}`,
    intentId: free ? null : `pi_${mark}`,
    lines,
    total,
    snapshots: [],
    events: [],
  };
  let now: Snapshot = {
    session: 'open',
    paymentStatus: 'unpaid',
    intent: null,
    refunds: [],
    disputes: [],
  };
  story.forEach((happening, after) => {
    // Whole seconds, and several things in one of them: as Stripe's clock tells it.
    const created = at + Math.floor(after / 2);
    const { next, tells } = happen(account, now, happening, created);
    now = next;
    account.snapshots.push(now);
    tells.forEach(({ type, object }, index) =>
      account.events.push({
        after,
        event: {
          id: `evt_${mark}_${after}_${index}`,
          object: 'event',
          api_version: '2026-10-28.dahlia',
          created,
          data: { object },
          livemode: false,
          pending_webhooks: 1,
          request: { id: null, idempotency_key: null },
          type,
        },
      }),
    );
  });
  return account;
}

interface Told {
  type: string;
  object: Record<string, unknown>;
}

function happen(
  account: Account,
  now: Snapshot,
  happening: Happening,
  created: number,
): { next: Snapshot; tells: Told[] } {
  switch (happening.do) {
    case 'check out': {
      const { pays } = happening;
      const next: Snapshot = {
        ...now,
        session: 'complete',
        paymentStatus: pays === 'at once' ? 'paid' : pays === 'later' ? 'unpaid' : 'no_payment_required',
        intent: pays === 'nothing' ? null : pays === 'at once' ? 'succeeded' : 'processing',
      };
      const tells: Told[] = [{ type: 'checkout.session.completed', object: sessionOf(account, next) }];
      if (pays === 'at once')
        tells.push({ type: 'payment_intent.succeeded', object: intentOf(account, next) });
      return { next, tells };
    }
    case 'settle': {
      const succeeded = happening.as === 'succeeded';
      const next: Snapshot = {
        ...now,
        paymentStatus: succeeded ? 'paid' : 'unpaid',
        intent: succeeded ? 'succeeded' : 'requires_payment_method',
      };
      return {
        next,
        tells: [
          { type: `checkout.session.async_payment_${happening.as}`, object: sessionOf(account, next) },
          {
            type: succeeded ? 'payment_intent.succeeded' : 'payment_intent.payment_failed',
            object: intentOf(account, next),
          },
        ],
      };
    }
    case 'refund': {
      const refund: Refund = {
        id: refundId(account, happening.id),
        amount: happening.amount,
        status: happening.pending ? 'pending' : 'succeeded',
        lines: happening.lines ?? null,
        created,
      };
      const next = { ...now, refunds: [...now.refunds, refund] };
      return {
        next,
        tells: [
          { type: 'refund.created', object: refundObject(account, refund) },
          { type: 'charge.refunded', object: chargeOf(account, next) },
        ],
      };
    }
    case 'fail refund': {
      const id = refundId(account, happening.id);
      const refunds = now.refunds.map((one) => (one.id === id ? { ...one, status: 'failed' as const } : one));
      const failed = refunds.find((one) => one.id === id);
      if (!failed) throw new Error(`There is no refund ${happening.id} to fail.`);
      return {
        next: { ...now, refunds },
        tells: [
          { type: 'refund.failed', object: refundObject(account, failed) },
          { type: 'charge.refund.updated', object: refundObject(account, failed) },
        ],
      };
    }
    case 'dispute': {
      const dispute: Dispute = { id: disputeId(account, happening.id), status: 'needs_response' };
      return {
        next: { ...now, disputes: [...now.disputes, dispute] },
        tells: [
          { type: 'charge.dispute.created', object: disputeObject(account, dispute) },
          { type: 'charge.dispute.funds_withdrawn', object: disputeObject(account, dispute) },
        ],
      };
    }
    case 'close dispute': {
      const id = disputeId(account, happening.id);
      const closed: Dispute = { id, status: happening.as };
      const tells: Told[] = [{ type: 'charge.dispute.closed', object: disputeObject(account, closed) }];
      if (happening.as === 'won')
        tells.push({ type: 'charge.dispute.funds_reinstated', object: disputeObject(account, closed) });
      return {
        next: { ...now, disputes: now.disputes.map((one) => (one.id === id ? closed : one)) },
        tells,
      };
    }
  }
}

export const refundId = ({ mark }: Account, name: string) => `re_${mark}${name}`;
const disputeId = ({ mark }: Account, name: string) => `dp_${mark}${name}`;

const sessionOf = ({ sessionId, intentId, total }: Account, { paymentStatus, session }: Snapshot) => ({
  id: sessionId,
  object: 'checkout.session',
  amount_total: total,
  currency: 'pln',
  livemode: false,
  metadata: {},
  mode: 'payment',
  payment_intent: intentId,
  payment_status: paymentStatus,
  status: session,
});

const intentOf = ({ intentId, total }: Account, { intent }: Snapshot) => ({
  id: intentId,
  object: 'payment_intent',
  amount: total,
  amount_received: intent === 'succeeded' ? total : 0,
  currency: 'pln',
  livemode: false,
  metadata: {},
  status: intent,
});

const chargeOf = ({ mark, intentId, total }: Account, { refunds }: Snapshot) => {
  const refunded = refunds
    .filter(({ status }) => status !== 'failed')
    .reduce((sum, { amount }) => sum + amount, 0);
  return {
    id: `ch_${mark}`,
    object: 'charge',
    amount: total,
    amount_refunded: refunded,
    currency: 'pln',
    disputed: false,
    livemode: false,
    metadata: {},
    payment_intent: intentId,
    refunded: refunded >= total,
    status: 'succeeded',
  };
};

export const metadataOf = (
  { lines }: Pick<Refund, 'lines'>,
  sold: readonly Line[],
): Record<string, string> =>
  lines === null
    ? {}
    : { fulfillment_lines: lines.map((lineNo) => `${sold[lineNo - 1]?.priceId}:1`).join(',') };

const refundObject = (account: Account, refund: Refund) => ({
  id: refund.id,
  object: 'refund',
  amount: refund.amount,
  charge: `ch_${account.mark}`,
  created: refund.created,
  currency: 'pln',
  metadata: metadataOf(refund, account.lines),
  payment_intent: account.intentId,
  status: refund.status,
});

const disputeObject = ({ mark, intentId, total }: Account, { id, status }: Dispute) => ({
  id,
  object: 'dispute',
  amount: total,
  charge: `ch_${mark}`,
  currency: 'pln',
  is_charge_refundable: false,
  livemode: false,
  metadata: {},
  payment_intent: intentId,
  reason: 'general',
  status,
});
