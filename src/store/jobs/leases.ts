import type pg from 'pg';
import type { Lease } from '../../ports/jobStore.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { clientOf } from '../transaction.ts';

const columns = (leases: Lease[]) => [leases.map((lease) => lease.jobId), leases.map((lease) => lease.token)];

/** Dispatch rows whose lease is still held, locked in job order, as every writer of this table does. */
const heldRows = `
  select d.job_id, d.control_seq from fulfillment.fulfillment_dispatch d
    join unnest($1::uuid[], $2::bigint[]) l(job_id, token) on l.job_id = d.job_id and l.token = d.lease_token
   where d.worker is not null
   order by d.job_id
     for update of d`;

/** Extends every lease that is still held, in one statement. */
export async function extendLeases(pool: pg.Pool, leases: Lease[], leaseMs: number): Promise<Set<string>> {
  const { rows } = await pool.query<{ job_id: string }>(
    `with held as (${heldRows})
     update fulfillment.fulfillment_dispatch d
        set due_at = clock_timestamp() + $3 * interval '1 millisecond'
       from held where held.job_id = d.job_id
     returning d.job_id`,
    [...columns(leases), leaseMs],
  );
  return new Set(rows.map((row) => row.job_id));
}

/** Makes unfinished jobs due at once, for whoever is next. */
export async function handBack(pool: pg.Pool, leases: Lease[]): Promise<number> {
  const { rowCount } = await pool.query(
    `with held as (${heldRows})
     update fulfillment.fulfillment_dispatch d set worker = null, due_at = clock_timestamp()
       from held where held.job_id = d.job_id`,
    columns(leases),
  );
  return rowCount ?? 0;
}

/** Locks the dispatch rows of leases that are still held. What is missing has been lost. */
export async function lockHeld(
  tx: Transaction,
  leases: Lease[],
): Promise<{ now: Date; held: Map<string, { controlSeq: bigint }> }> {
  const { rows } = await clientOf(tx).query<{ job_id: string | null; control_seq: bigint; now: Date }>(
    `with held as (${heldRows})
     select held.job_id, held.control_seq, t.now from (select clock_timestamp() as now) t left join held on true`,
    columns(leases),
  );
  const now = rows[0]?.now ?? new Date(NaN);
  const held = new Map(
    rows.flatMap((row) => (row.job_id ? [[row.job_id, { controlSeq: row.control_seq }]] : [])),
  );
  return { now, held };
}
