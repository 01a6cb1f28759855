import type {
  AuditChannel,
  AuditEntry,
  AuditResult,
  ChainedAuditRow,
  ChainPoint,
} from '../domain/auditChain.ts';
import type { PlainJson } from '../domain/canonicalJson.ts';
import type { Transaction } from './transaction.ts';

export type AuditObject = { readonly [key: string]: PlainJson | undefined };

/** What an action says of itself. Its number, time and hash are given by the log. Ids and codes only, no buyer's data. */
export interface NewAuditEntry extends Omit<
  AuditEntry,
  'seq' | 'at' | 'targetKind' | 'targetId' | 'before' | 'after' | 'details'
> {
  target: { kind: string; id: string } | null;
  /** What it was, and what it became, by reference: states, versions, ids. */
  before: AuditObject | null;
  after: AuditObject | null;
  details: AuditObject | null;
}

/** Who speaks in a row, and how they were asked. */
export type AuditAuthor = Pick<
  NewAuditEntry,
  'actor' | 'roles' | 'channel' | 'reason' | 'requestId' | 'traceId'
>;

/** The longest texts that a row takes, in characters. Longer ones are refused by the table. */
export const auditTextMax = {
  actor: 200,
  action: 100,
  targetKind: 40,
  targetId: 300,
  reason: 1_000,
  requestId: 200,
  traceId: 64,
} as const;

/** A row as it is shown and exported. A row that was tampered with may hold anything: its time may be none. */
export interface AuditRow extends Omit<AuditEntry, 'targetKind' | 'targetId'> {
  target: { kind: string; id: string } | null;
  /** Hexadecimal. */
  prevHash: string;
  hash: string;
}

export interface AuditFilter {
  actor?: string;
  action?: string;
  target?: { kind?: string; id: string };
  result?: AuditResult;
  channel?: AuditChannel;
  requestId?: string;
  bulkRunId?: string;
  /** Written at this time or later. */
  from?: Date;
  /** Written before this time. */
  to?: Date;
}

export interface AuditPageRequest {
  /** 1 to `auditPageMax`. */
  limit: number;
  /** `latest`, which it is unless said otherwise: from the last row backwards. */
  order?: 'latest' | 'oldest';
  /** `next` of the page before. */
  after?: number;
}

export const auditPageMax = 1_000;

export interface AuditPage {
  rows: AuditRow[];
  /** Where to go on; null at the end. */
  next: number | null;
}

export interface AuditHead extends ChainPoint {
  /** When the last row was written. */
  at: Date;
}

export interface AuditCheckpoint extends ChainPoint {
  createdAt: Date;
  /** Where the hash was written down outside of the database; null where it was not. */
  anchoredTo: string | null;
}

/** The chain as it was at one moment. */
export interface AuditChain {
  /** Null when somebody has removed it. */
  head: AuditHead | null;
  /** By ascending number. */
  checkpoints: AuditCheckpoint[];
  /**
   * All rows by ascending number, a thousand at a time. A row with something in it that is never written (a fraction, a
   * time finer than milliseconds) has no time, so that no hash fits it.
   */
  batches: AsyncIterable<ChainedAuditRow[]>;
}

/** The row that pruning leaves of itself; `details.toSeq` is the last row that went. */
export const pruneAction = 'audit:prune';

export interface AuditPruning {
  rows: number;
  /** The last row that is gone; null when none was removed just now. */
  toSeq: number | null;
}

/**
 * The log of who did what. A database that cannot be reached is a transient `Fault`, reason `database_unavailable`,
 * except in `append`, whose errors belong to the action's transaction.
 */
export interface AuditLog {
  /**
   * Adds a row in the transaction of the action. It locks the head until the transaction ends, so it must be the last
   * thing there, and the transaction must read what is committed (the default of Postgres), not a snapshot.
   *
   * @throws TypeError when the entry holds what Postgres would not give back unchanged: fractions, lone surrogates, NUL
   * @throws RangeError when the bulk run's id is no UUID
   */
  append(tx: Transaction, entry: NewAuditEntry): Promise<ChainPoint>;
  /** Adds a row in a transaction of its own: for what changes nothing, such as refused attempts. */
  record(entry: NewAuditEntry): Promise<ChainPoint>;
  /** @throws RangeError when the limit is out of bounds, a time is none, or the bulk run's id is no UUID */
  list(filter: AuditFilter, page: AuditPageRequest): Promise<AuditPage>;
  /** Hands out the whole chain at one moment; what is appended or pruned meanwhile is not in it. */
  readChain<T>(read: (chain: AuditChain) => Promise<T>): Promise<T>;
  /** The same for one reader at a time, in all processes; a second one reads nothing. */
  readChainAlone<T>(
    read: (chain: AuditChain) => Promise<T>,
  ): Promise<{ alone: true; value: T } | { alone: false }>;
  readHead(): Promise<AuditHead | null>;
  /** The hash of a row, or of its checkpoint when the row is pruned; null when neither is there. */
  readHash(seq: number): Promise<Uint8Array | null>;
  /** Closes the chain up to this row, once: a checkpoint that is there stays as it is. Refused for what is no row's hash. */
  addCheckpoint(point: ChainPoint, anchoredTo: string | null): Promise<void>;
  /** By ascending number. */
  listCheckpoints(): Promise<AuditCheckpoint[]>;
  /** Removes rows older than a year up to a checkpoint, and leaves a row that says so. Does nothing when there are none. */
  prune(by: AuditAuthor, keepDays?: number): Promise<AuditPruning>;
}

/** The head of the chain as it is kept where whoever can write the database cannot write. */
export interface AuditAnchorPoint extends ChainPoint {
  /** When row `seq` was written. */
  at: Date;
}

/** A place outside of the database. */
export interface AuditAnchor {
  /**
   * Writes an anchor down for good. The same anchor again is written once.
   *
   * @returns where it stands, for people to find it
   */
  put(anchor: AuditAnchorPoint): Promise<string>;
  /** The one of the highest number. */
  latest(): Promise<AuditAnchorPoint | undefined>;
  /** All that can be read back, by ascending number. */
  list(): Promise<AuditAnchorPoint[]>;
}
