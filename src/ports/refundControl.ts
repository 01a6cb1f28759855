import type { RefundStatus } from '../domain/refunds.ts';
import type { Transaction } from './transaction.ts';

/** What is known of a payment's refunds, as the last look at Stripe has left it. */
export interface KnownRefunds {
  refunds: Array<{ id: string; amount: number; status: RefundStatus }>;
  /** What people have said before, by refund. */
  answers: Record<string, number[]>;
  /** Numbers of the order's lines; null: it is not resolved. */
  lineNos: number[] | null;
}

/** What staff decides about refunds. Every call joins a transaction in which the settle job is locked (`JobControl.lock`). */
export interface RefundControl {
  read(tx: Transaction, paymentId: string): Promise<KnownRefunds>;
  /**
   * Writes which lines a refund is for (none: money only), and has the settlement begin anew, from what Stripe says then.
   *
   * @returns whether the job was over
   */
  answer(
    tx: Transaction,
    answer: { jobId: string; paymentId: string; refundId: string; lines: number[]; slaSeconds: number },
  ): Promise<{ reopened: boolean }>;
}
