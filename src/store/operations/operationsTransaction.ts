import type pg from 'pg';
import type { Transaction } from '../../ports/transaction.ts';
import { inTransaction } from '../transaction.ts';
import { passingFault } from './passingFault.ts';

export type InTransaction = <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>;

/**
 * Transactions over a pool that logs in as `fulfillment_operations`. A database that goes away, and others in the way
 * (deadlock, a lock that is not had in time), are transient `Fault`s: the same request may be sent again, for its id
 * tells whether it went through after all.
 */
export function createOperationsTransaction(pool: pg.Pool): InTransaction {
  return (work) =>
    inTransaction(pool, work).catch((error: unknown) => {
      throw passingFault(error);
    });
}
