import type pg from 'pg';
import type { ErasureLedger } from '../../ports/personControl.ts';
import { queryIn } from '../transaction.ts';

/** Over a pool that logs in as `fulfillment_worker`. */
export const createErasureLedger = (pool: pg.Pool): ErasureLedger => ({
  async left(erasureId, max) {
    const { rows } = await pool.query<{ storage_key: string }>(
      'select storage_key from fulfillment.erasure_objects where erasure_id = $1 order by storage_key limit $2',
      [erasureId, max],
    );
    return rows.map(({ storage_key: key }) => key);
  },
  async removed(tx, storageKeys) {
    await queryIn(tx, 'delete from fulfillment.erasure_objects where storage_key = any($1)', [storageKeys]);
  },
});
