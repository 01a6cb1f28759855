import type pg from 'pg';
import { heldReasons } from '../../domain/heldReasons.ts';
import type { ExtendedLeases, HeldLease, Lease, LockedLeases } from '../../ports/jobStore.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { clientOf } from '../transaction.ts';
import { bigintArray, uuidArray } from './arrays.ts';

const columns = (leases: Lease[]) => [
  uuidArray(leases.map((lease) => lease.jobId)),
  bigintArray(leases.map((lease) => lease.token)),
];

/**
 * Dispatch rows whose lease is still held, locked in job order, as every writer of this table does. Lateral, so that
 * each is looked up by its key: a join is planned for a table as small as it was at the last ANALYZE.
 */
const heldRows = `
  select held.job_id, held.control_seq
    from (select * from unnest($1::uuid[], $2::bigint[]) u(job_id, token) order by u.job_id) l
   cross join lateral (
     select d.job_id, d.control_seq from fulfillment.fulfillment_dispatch d
      where d.job_id = l.job_id and d.lease_token = l.token and d.worker is not null
        for update) held`;

/**
 * Extends every lease that is still held, in one statement. One whose row somebody has locked is passed over: it must
 * not keep the others waiting until they end.
 */
export async function extendLeases<L extends Lease>(
  pool: pg.Pool,
  leases: L[],
  leaseMs: number,
): Promise<ExtendedLeases<L>> {
  const { rows } = await pool.query<{ n: number; extended: boolean }>(
    `with asked as materialized (
       select * from unnest($1::uuid[], $2::bigint[]) with ordinality a(job_id, token, n) order by a.job_id
     ), free as (
       select a.n, held.job_id from asked a cross join lateral (
         select d.job_id from fulfillment.fulfillment_dispatch d
          where d.job_id = a.job_id and d.lease_token = a.token and d.worker is not null
            for update skip locked) held
     ), extended as (
       update fulfillment.fulfillment_dispatch d
          set due_at = clock_timestamp() + $3 * interval '1 millisecond'
        where d.job_id = any(array(select free.job_id from free))
     )
     select a.n::int, a.n in (select free.n from free) as extended
       from asked a cross join lateral (
         select from fulfillment.fulfillment_dispatch d
          where d.job_id = a.job_id and d.lease_token = a.token and d.worker is not null) held`,
    [...columns(leases), leaseMs],
  );
  const chosen = (extended: boolean) =>
    new Set(rows.flatMap((row) => (row.extended === extended ? leases.slice(row.n - 1, row.n) : [])));
  return { extended: chosen(true), busy: chosen(false) };
}

/** Makes unfinished jobs due, at once or after a while, for whoever is next. */
export async function handBack(pool: pg.Pool, leases: Lease[], afterMs = 0): Promise<number> {
  const { rowCount } = await pool.query(
    `with held as (${heldRows})
     update fulfillment.fulfillment_dispatch d set worker = null, due_at = clock_timestamp() + $3 * interval '1 millisecond'
      where d.job_id = any(array(select held.job_id from held))`,
    [...columns(leases), afterMs],
  );
  return rowCount ?? 0;
}

/** Of these jobs, those that a person holds. */
export async function whichAreHeld(tx: Transaction, jobIds: string[]): Promise<Set<string>> {
  const { rows } = await clientOf(tx).query<{ id: string }>(
    `select j.id from fulfillment.fulfillment_jobs j where j.id = any($1::uuid[]) and j.state = 'held' and coalesce(j.reason, '') <> all($2)`,
    [jobIds, heldReasons],
  );
  return new Set(rows.map(({ id }) => id));
}

/**
 * Leaves a job for a while, or for at once where somebody has spoken since it was claimed: the row that was waited for
 * is looked at as it is by then.
 */
export async function leaveBe(
  pool: pg.Pool,
  { lease, controlSeq }: HeldLease,
  afterMs: number,
): Promise<void> {
  await pool.query(
    `update fulfillment.fulfillment_dispatch d
        set worker = null,
            due_at = clock_timestamp() + case when d.control_seq = $3 then $4 else 0 end * interval '1 millisecond'
      where d.job_id = $1 and d.lease_token = $2 and d.worker is not null`,
    [lease.jobId, lease.token, controlSeq, afterMs],
  );
}

/**
 * Locks the dispatch rows of leases that are still held. Only what is not as expected is told, which is hardly ever
 * anything: a row for each lease would cost both sides more than the lock.
 */
export async function lockHeld<H extends HeldLease>(tx: Transaction, held: H[]): Promise<LockedLeases<H>> {
  const { rows } = await clientOf(tx).query<{ now: number; lost: number[]; moved: number[] }>(
    `with asked as materialized (
       select * from unnest($1::uuid[], $2::bigint[], $3::bigint[]) with ordinality a(job_id, token, control_seq, n)
        order by a.job_id
     ), held as materialized (
       select a.n, locked.control_seq <> a.control_seq as moved from asked a cross join lateral (
         select d.control_seq from fulfillment.fulfillment_dispatch d
          where d.job_id = a.job_id and d.lease_token = a.token and d.worker is not null
            for update) locked
     )
     select (extract(epoch from clock_timestamp()) * 1000)::float8 as now,
            array(select a.n::int from asked a where a.n not in (select held.n from held)) as lost,
            array(select held.n::int from held where held.moved) as moved`,
    [...columns(held.map(({ lease }) => lease)), bigintArray(held.map(({ controlSeq }) => controlSeq))],
  );
  const chosen = (numbers: number[] = []) => new Set(numbers.flatMap((n) => held.slice(n - 1, n)));
  return { now: new Date(rows[0]?.now ?? NaN), lost: chosen(rows[0]?.lost), moved: chosen(rows[0]?.moved) };
}
