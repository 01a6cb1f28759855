import type pg from 'pg';

/** Makes the timeline's partitions for the coming three months, where they are missing. */
export async function ensureEventPartitions(pool: pg.Pool): Promise<void> {
  await pool.query('select fulfillment.ensure_event_partitions(3)');
}
