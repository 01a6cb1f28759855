/** What the smoke test is run against. */
export interface SmokeTarget {
  kind: 'embedded' | 'deployed';
  /** Where webhook, links and shelf are served. */
  apiUrl: string;
  /** One for each process that counts; usually one. */
  metricsUrls: string[];
  mailbox: SmokeMailbox;
  /** A bearer token for the shelf of the buyer; null when the shelf is left out on purpose. */
  accessToken(): Promise<string | null>;
  /** Pays for something. */
  pay(): Promise<SmokePayment>;
  /** Null where the database is out of reach. */
  readTimeline: ((paymentKey: string) => Promise<SmokeTimeline>) | null;
  pollMs: number;
  /** Where a person looks when a check fails. */
  lookAt: { webhooks: string; log: string };
  /** @param keep leaves behind what may explain a failure */
  close(options: { keep: boolean }): Promise<void>;
}

export interface SmokePayment {
  /** The PaymentIntent, or the Checkout Session when nothing was to pay. */
  paymentKey: string;
}

export interface SmokeTimeline {
  /** Null while there is no job. */
  state: string | null;
  /** Kinds of events, in order, with their steps. */
  events: string[];
}

export interface SmokeMailbox {
  /** For people. */
  place: string;
  /** Mails to the buyer that arrived since then, raw, newest first. */
  read(since: Date, signal: AbortSignal): Promise<Uint8Array[]>;
}
