import type { Accepted, EventRecord, PurchaseNews, SettlementNews } from './intakeStore.ts';
import type { Transaction } from './transaction.ts';

export const eventVerdicts = ['accepted', 'ignored', 'quarantined', 'conflict'] as const;
export type EventVerdict = (typeof eventVerdicts)[number];

/** An event of the payment provider as it was received and kept. Only what was verified at a door is kept. */
export interface ReceivedEvent {
  /** Ours; every event has one. */
  id: string;
  /** The provider's; null where the content had no usable one. */
  eventId: string | null;
  type: string | null;
  apiVersion: string | null;
  livemode: boolean | null;
  occurredAt: Date | null;
  receivedAt: Date;
  verdict: EventVerdict;
  reason: string | null;
  reprocessedAt: Date | null;
  /** What it belongs to; null when it tells of no purchase. */
  order: { orderId: string; paymentKey: string; jobId: string | null; jobState: string | null } | null;
}

export interface KeptEvent extends ReceivedEvent {
  /** As signed; null once the bytes are purged. */
  body: Uint8Array | null;
  /** Others that came under the same id with other content; at most ten. */
  conflicts: Array<{ id: string; receivedAt: Date }>;
}

export interface EventFilter {
  from: Date;
  /** Null: up to now. */
  before: Date | null;
  verdict?: EventVerdict;
  type?: string;
}

export interface EventPage {
  /** The latest first. */
  events: ReceivedEvent[];
  /** Where to go on; null at the end. */
  next: string | null;
  /** The page may be short because enough was looked at for once: this far back. Null otherwise. */
  lookedBackTo: Date | null;
}

/** Events as people see them, and have them read again. */
export interface ReceivedEvents {
  /** A database that cannot be reached is a transient `Fault`. */
  list(filter: EventFilter, page: { limit: number; after?: string }): Promise<EventPage>;
  /** By the provider's id or by ours. A database that cannot be reached is a transient `Fault`. */
  find(id: string): Promise<KeptEvent | undefined>;
  findIn(tx: Transaction, id: string): Promise<KeptEvent | undefined>;
  /**
   * Writes what the event means now, as if it came now. `duplicate`: its id was taken by another. A job hears of it in
   * its timeline.
   */
  reprocess(
    tx: Transaction,
    id: string,
    read: { event: EventRecord; purchase: PurchaseNews | SettlementNews | null; actor: string },
  ): Promise<Accepted>;
}
