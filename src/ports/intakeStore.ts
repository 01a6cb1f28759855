import type { Plan } from '../domain/plan.ts';

/** What is kept of a webhook, whatever becomes of it. */
export interface EventRecord {
  /** Null when the signed content carries no usable id. */
  eventId: string | null;
  type: string | null;
  apiVersion: string | null;
  livemode: boolean | null;
  occurredAt: Date | null;
  verdict: 'accepted' | 'ignored' | 'quarantined';
  reason: string | null;
  door: 'webhook' | 'poller' | 'success_page';
  body: Uint8Array;
  /** Of what the event says, so that a redelivery is recognised and a different event under the same id is noticed. */
  contentSha256: Uint8Array;
}

/** What an event tells about one purchase. */
export interface PurchaseNews {
  paymentKey: string;
  paymentIntentId: string | null;
  checkoutSessionId: string | null;
  /** The id the order gets if this payment is new. */
  orderId: string;
  livemode: boolean;
  paid: boolean;
  plan: Plan;
  slaSeconds: number;
  /** How long a payment that is known only by its intent waits for its Checkout Session. */
  waitForSessionMs: number;
  traceContext: string | null;
}

/** That something has changed about the money of a payment: a refund, a dispute. What holds now, Stripe's API is asked. */
export interface SettlementNews {
  kind: 'settlement';
  paymentKey: string;
  paymentIntentId: string;
  /** The id the order gets if this payment is new: a refund may overtake its payment. */
  orderId: string;
  livemode: boolean;
  plan: Plan;
  slaSeconds: number;
  traceContext: string | null;
}

export interface Accepted {
  outcome: 'accepted' | 'merged' | 'duplicate' | 'conflict' | 'unpaid' | 'ignored' | 'quarantined';
  jobId: string | null;
}

/** Event, payment, job and dispatch row in one transaction; resolves after COMMIT. */
export interface IntakeStore {
  accept(event: EventRecord, purchase: PurchaseNews | SettlementNews | null): Promise<Accepted>;
  /** Whether an error means that the database cannot be reached, rather than a mistake of ours. */
  isUnavailable(error: unknown): boolean;
}

/** Ways by which a purchase comes in without an event: somebody has read it from Stripe's API. */
export type EventlessDoor = 'success_page' | 'poller' | 'sweep';

/** The same merge as events get, without an event that would be kept. */
export interface PurchaseDoors {
  /**
   * Payment, job and dispatch row in one transaction; resolves after COMMIT. `duplicate`: nothing was new, and nothing is
   * told in the timeline.
   *
   * @throws Fault transient when the database cannot be reached
   */
  acceptPurchase(purchase: PurchaseNews | SettlementNews, door: EventlessDoor): Promise<Accepted>;
}

/** What an event's bytes say, read by today's rules: for the store to keep, and for the purchase it tells of, if any. */
export type ReadEvent = (
  body: Uint8Array,
  traceContext?: string,
) => { event: EventRecord; purchase: PurchaseNews | SettlementNews | null };
