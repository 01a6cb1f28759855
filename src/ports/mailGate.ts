import type { HeldReason } from '../domain/heldReasons.ts';
import type { GateCloser, MailsWritten } from '../domain/mailGate.ts';
import type { Transaction } from './transaction.ts';

/** The gate as the steps see it that send mails. */
export interface MailGate {
  /** Why mails are held just now; null: they go out. As it was within the last second. */
  look(): Promise<HeldReason | null>;
  /**
   * The same as it is in this instant, in the transaction in which new mails are announced. Closes the gate when they
   * would be too many.
   */
  judge(tx: Transaction, coming: MailsWritten): Promise<HeldReason | null>;
}

/** What people see of the gate. */
export interface GateStanding {
  /** Null: it is open. */
  why: GateCloser | null;
  since: Date;
  changedBy: string;
  /** What the brake had counted when it closed the gate. */
  counts: Partial<MailsWritten>;
  /** Mails that nobody has decided about, and since when the first of them waits. */
  held: number;
  oldestHeldAt: Date | null;
  /** Of those held since the gate was closed, how many the journal has shown to have gone out before. */
  found: number;
}

/** Numbers of a series that are taken as given, though this database has not given them. */
export interface RaisedSeries {
  series: string;
  from: number;
  to: number;
}

/** The gate as people turn it. */
export interface MailGateControl {
  /** @throws Fault transient, when the database cannot be reached */
  read(): Promise<GateStanding>;
  /**
   * Locks the gate, after the jobs whose mails it has stopped. Must come first: whoever sends has these locks in this
   * order.
   */
  lock(tx: Transaction): Promise<GateStanding>;
  /** Closes it, whatever had closed it before. */
  close(tx: Transaction, why: GateCloser, by: string): Promise<void>;
  /** Opens it, and ends the brake's alert. */
  open(tx: Transaction, by: string): Promise<void>;
  /**
   * Decides about every mail that is held, and has its job look at it: spread over `spreadMs`.
   *
   * @returns how many mails
   */
  decide(
    tx: Transaction,
    decision: 'release' | 'drop',
    options: { by: string; spreadMs: number },
  ): Promise<number>;
  /** Raises a series of receipts or credit notes: the numbers up to `to` are not given any more. */
  raiseSeries(tx: Transaction, series: string, to: number): Promise<RaisedSeries>;
}
