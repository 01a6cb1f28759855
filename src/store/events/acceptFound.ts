import type pg from 'pg';
import type { FoundSaleDoor } from '../../ports/catchUp.ts';
import type { Accepted } from '../../ports/intakeStore.ts';
import { ask } from '../shelf/ask.ts';
import { purchaseJson, repeatOnConflict } from './acceptEvent.ts';

/** Sales that were found in the provider's lists, over a pool that logs in as `fulfillment_worker`. */
export const createFoundSaleDoor = (pool: pg.Pool): FoundSaleDoor => ({
  async acceptFound({ purchase, settlement }, door) {
    const [row] = await repeatOnConflict(() =>
      ask<{ outcome: Accepted['outcome']; job_id: string | null }>(
        pool,
        'select outcome, job_id from fulfillment.accept_found($1, $2, $3)',
        [
          purchase && JSON.stringify(purchaseJson(purchase)),
          settlement && JSON.stringify(purchaseJson(settlement)),
          door,
        ],
      ),
    );
    if (!row) throw new Error('accept_found returned nothing.');
    return { outcome: row.outcome, jobId: row.job_id };
  },
});
