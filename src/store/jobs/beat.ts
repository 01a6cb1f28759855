import type pg from 'pg';

/** Says that a worker is alive, and forgets those that have not been for a day. */
export async function beat(
  pool: pg.Pool,
  worker: { name: string; version: string; planKeys: string[] },
): Promise<void> {
  await pool.query(
    `with gone as (delete from fulfillment.workers where seen_at < clock_timestamp() - interval '1 day' and name <> $1)
     insert into fulfillment.workers (name, version, plan_keys) values ($1, $2, $3)
     on conflict (name) do update set version = excluded.version, plan_keys = excluded.plan_keys, seen_at = clock_timestamp()`,
    [worker.name, worker.version, worker.planKeys],
  );
}
