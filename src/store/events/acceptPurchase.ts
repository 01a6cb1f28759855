import type pg from 'pg';
import type { Accepted, PurchaseDoors } from '../../ports/intakeStore.ts';
import { Fault } from '../../domain/fault.ts';
import { isUnavailable } from '../connection.ts';
import { purchaseJson, repeatOnConflict } from './acceptEvent.ts';

/** Purchases that were read from Stripe's API, over a pool that logs in as `fulfillment_intake`. */
export function createPurchaseDoors(pool: pg.Pool): PurchaseDoors {
  return {
    async acceptPurchase(purchase, door) {
      try {
        const { rows } = await repeatOnConflict(() =>
          pool.query<{ outcome: Accepted['outcome']; job_id: string | null }>(
            'select outcome, job_id from fulfillment.accept_purchase($1, $2)',
            [JSON.stringify(purchaseJson(purchase)), door],
          ),
        );
        const [row] = rows;
        if (!row) throw new Error('accept_purchase returned nothing.');
        return { outcome: row.outcome, jobId: row.job_id };
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        throw new Fault(
          { kind: 'transient', reason: 'database_unavailable', message: 'The database cannot be reached.' },
          { cause: error },
        );
      }
    },
  };
}
