import type pg from 'pg';
import type { BulkRequestId, BulkWork, LeasedBulkRun, NextBulkItem } from '../../ports/bulk.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { createOperationsTransaction } from '../operations/operationsTransaction.ts';
import { ask } from '../shelf/ask.ts';
import { queryIn } from '../transaction.ts';
import { noteAnswered, noteItem } from './noteItem.ts';

// Whoever holds another run's row just now is not waited for.
const lease = `
update fulfillment.ops_bulk_runs r
   set worker = $1, lease_until = clock_timestamp() + $2 * interval '1 millisecond'
 where r.id = (select x.id from fulfillment.ops_bulk_runs x
                where x.finished_at is null and x.state = 'running'
                  and (x.lease_until is null or x.lease_until <= clock_timestamp())
                order by x.id limit 1 for no key update skip locked)
returning r.id as "runId", r.worker, r.action, r.params, r.reason, r.rate_per_second as "ratePerSecond",
          r.started_by as "startedBy", r.started_roles as "startedRoles", r.started_channel as channel`;

const next = `
with kept as (
  update fulfillment.ops_bulk_runs r set lease_until = clock_timestamp() + $3 * interval '1 millisecond'
   where r.id = $1 and r.worker = $2 and r.state = 'running' returning r.id
)
select i.ordinal, i.job_id as "jobId", i.decided_on as version
  from kept left join lateral (
    select * from fulfillment.ops_bulk_items x where x.run_id = kept.id and x.state = 'waiting'
     order by x.ordinal limit 1) i on true`;

const finish = `
update fulfillment.ops_bulk_runs r
   set state = 'finished', version = r.version + 1, finished_at = clock_timestamp(), worker = null, lease_until = null
 where r.id = $1 and r.worker = $2 and r.state = 'running'
   and not exists (select from fulfillment.ops_bulk_items i where i.run_id = r.id and i.state = 'waiting')
returning r.id`;

const halt = `
update fulfillment.ops_bulk_runs r
   set state = 'paused', paused_because = 'failures', version = r.version + 1, worker = null, lease_until = null
 where r.id = $1 and r.worker = $2 and r.state = 'running'`;

const release = `
update fulfillment.ops_bulk_runs r set worker = null, lease_until = null where r.id = $1 and r.worker = $2`;

/** One plan at a time: its items are as many as ten thousand. */
const expire = `
with run as (
  update fulfillment.ops_bulk_runs r
     set state = 'expired', version = r.version + 1, finished_at = clock_timestamp()
   where r.id = (select x.id from fulfillment.ops_bulk_runs x
                  where x.finished_at is null and x.state = 'planned' and x.expires_at <= clock_timestamp()
                  order by x.id limit 1 for no key update skip locked)
  returning r.id
)
update fulfillment.ops_bulk_items i set state = 'left_out', outcome = 'expired'
  from run where i.run_id = run.id and i.state = 'waiting'`;

type ItemRow = { ordinal: number | null; jobId: string; version: string };

/** What carrying out runs needs, over a pool of `fulfillment_operations`. */
export function createBulkWork(pool: pg.Pool): BulkWork {
  const inTransaction = createOperationsTransaction(pool);
  return {
    lease: ({ worker, leaseMs, requestIdOf }) =>
      inTransaction((tx) => take(tx, { worker, leaseMs, requestIdOf })),

    async next({ runId, worker }, leaseMs): Promise<NextBulkItem> {
      const [row] = await ask<ItemRow>(pool, next, [runId, worker, leaseMs]);
      if (!row) return { kind: 'gone' };
      const { ordinal, jobId, version } = row;
      if (ordinal !== null) return { kind: 'item', ordinal, jobId, version: Number(version) };
      const finished = await ask(pool, finish, [runId, worker]);
      return { kind: finished.length > 0 ? 'finished' : 'gone' };
    },

    note: (runId, ordinal, outcome) => inTransaction((tx) => noteItem(tx, { runId, ordinal }, outcome)),

    async halt({ runId, worker }) {
      await ask(pool, halt, [runId, worker]);
    },

    async release({ runId, worker }) {
      await ask(pool, release, [runId, worker]);
    },

    async expirePlans() {
      await ask(pool, expire, []);
    },
  };
}

async function take(
  tx: Transaction,
  { worker, leaseMs, requestIdOf }: { worker: string; leaseMs: number; requestIdOf: BulkRequestId },
): Promise<LeasedBulkRun | undefined> {
  const [run] = await queryIn<LeasedBulkRun>(tx, lease, [worker, leaseMs]);
  if (run) await noteAnswered(tx, run, requestIdOf);
  return run;
}
