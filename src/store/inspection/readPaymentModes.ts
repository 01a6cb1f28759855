import type pg from 'pg';

/** Whether the oldest and the newest payment are of live mode; empty when there is none. Two looks into an index. */
export async function readPaymentModes(pool: Pick<pg.Pool, 'query'>): Promise<boolean[]> {
  const { rows } = await pool.query<{ livemode: boolean }>(
    `(select p.livemode from fulfillment.payments p order by p.id limit 1)
     union (select p.livemode from fulfillment.payments p order by p.id desc limit 1)`,
  );
  return rows.map(({ livemode }) => livemode);
}
