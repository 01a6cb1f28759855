import type { RegisteredEndpoint } from '../domain/webhookEndpoint.ts';
import type { Accepted, EventlessDoor, PurchaseNews, SettlementNews } from './intakeStore.ts';
import type { CheckoutPurchase, PaymentIntent } from './payments.ts';

export interface Page<Item> {
  /** The newest first. */
  items: Item[];
  /** Where to go on, with `after`; null at the end. */
  next: string | null;
}

export interface EventQuery {
  createdFrom: Date;
  /** Only what was created before this. */
  createdBefore?: Date;
  /** Only those that some endpoint has not acknowledged. */
  undelivered?: boolean;
  after?: string;
}

export interface FetchedEvent {
  id: string;
  createdAt: Date;
  /** As it was fetched, to be read like a webhook's. */
  body: Uint8Array;
}

export interface SaleQuery {
  createdFrom: Date;
  createdTo: Date;
  after?: string;
}

/** What a charge says of its money. */
export interface FoundMoney {
  paidAt: Date;
  /** In minor units. */
  refunded: number;
  disputed: boolean;
}

/** A finished Checkout Session in a list. */
export interface FoundCheckout extends Pick<
  CheckoutPurchase,
  'sessionId' | 'paymentIntentId' | 'livemode' | 'mode' | 'status' | 'paymentStatus' | 'total' | 'createdAt'
> {
  /** Null where nothing was charged. */
  money: FoundMoney | null;
}

export interface FoundIntent extends Pick<
  PaymentIntent,
  'paymentIntentId' | 'livemode' | 'status' | 'amountReceived' | 'metadata' | 'createdAt'
> {
  money: FoundMoney | null;
}

/** Lists of the payment provider. Every failure is a `Fault`. One call each, so that whoever asks sets the pace. */
export interface PaymentLists {
  /** Events of the types that we act on; the provider keeps them for thirty days. */
  events(query: EventQuery, signal: AbortSignal): Promise<Page<FetchedEvent>>;
  checkouts(query: SaleQuery, signal: AbortSignal): Promise<Page<FoundCheckout>>;
  intents(query: SaleQuery, signal: AbortSignal): Promise<Page<FoundIntent>>;
  /** Undefined: the key may not read them. */
  endpoints(signal: AbortSignal): Promise<RegisteredEndpoint[] | undefined>;
}

/** How far catching up is, for the one that is at it. Times are the database's, but for `seenUntil`. */
export interface CatchUpState {
  now: Date;
  /** How long until events are to be read; not above zero when they are. */
  dueInMs: number;
  /** By the provider's clock; null before the first time. */
  seenUntil: Date | null;
  /** When reading last came to the end of what there was. */
  readAt: Date | null;
  /** When somebody last looked whether events come. */
  watchedAt: Date | null;
  /** When the last sweep over recent sales was wanted. */
  sweptAt: Date | null;
}

export const sweepKinds = ['first', 'gap', 'daily', 'asked', 'adopt'] as const;
export type SweepKind = (typeof sweepKinds)[number];
export type SweepPart = 'sessions' | 'intents';

export interface SweepPlan {
  kind: SweepKind;
  since: Date;
  until: Date;
}

export interface Sweep extends SweepPlan {
  sweepId: string;
  part: SweepPart;
  cursor: string | null;
}

/** What became of the sales of a page. */
export interface SweepTally {
  known: number;
  fulfilled: number;
  adopted: number;
  /** Of which money went back, so that their facts are read. */
  settled: number;
  leftOut: number;
}

export interface SweepStep extends SweepTally {
  /** Where to go on; null: with the next part, or nowhere. */
  part: SweepPart | null;
  cursor: string | null;
}

export interface KnownSale {
  paymentKey: string;
  /** Something is done, or was done, for it. */
  hasJob: boolean;
  /** As last read; zero when it never was. */
  refunded: number;
  disputed: boolean;
}

/** Leases of the duty of catching up, and its cursors. A database that cannot be reached is a transient `Fault`. */
export interface CatchUpStore {
  /** Takes or keeps the duty; undefined: somebody else is at it. */
  take(worker: string, leaseMs: number): Promise<CatchUpState | undefined>;
  /** Lets somebody else have it at once. */
  release(worker: string): Promise<void>;
  /** What was created before this is read; never goes back. */
  advance(worker: string, seenUntil: Date): Promise<void>;
  /** The end of a round; the next is due then. */
  endRound(worker: string, next: { dueInMs: number }): Promise<void>;
  noteWatched(worker: string): Promise<void>;
  /** Sweeps to be made; a first one is made once. */
  plan(worker: string, sweeps: readonly SweepPlan[]): Promise<void>;
  /** What is to be swept next; past sales come after all others. */
  nextSweep(): Promise<Sweep | undefined>;
  /** After a page: counts, and where to go on. */
  noteSweep(sweepId: string, step: SweepStep): Promise<void>;
  /** Jobs of a plan that are due about now, counted up to a limit. */
  countDue(planKey: string, limit: number): Promise<number>;
  /** Of these events, those that are kept and were understood. */
  knownEvents(eventIds: readonly string[]): Promise<ReadonlySet<string>>;
  knownSales(paymentKeys: readonly string[]): Promise<ReadonlyMap<string, KnownSale>>;
  /** Sales that the poller found first and no webhook told of, beside when a webhook last came. */
  silence(graceMs: number): Promise<{ unheard: number; since: Date | null; heardAt: Date | null }>;
}

/** A sale with the news of its money, if any went back: in one transaction. */
export interface FoundSaleDoor {
  /** @throws Fault transient when the database cannot be reached */
  acceptFound(
    found: { purchase: PurchaseNews | null; settlement: SettlementNews | null },
    door: EventlessDoor,
  ): Promise<Accepted>;
}
