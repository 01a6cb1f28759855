import type { BulkPlanning, NewBulkPlan } from '../../ports/bulk.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { createSearchStore, type SearchStoreOptions } from '../search/searchStore.ts';
import { clientOf, queryIn } from '../transaction.ts';
import { readCandidates } from './readCandidates.ts';

/** Plans of actions on many orders, over a connection of `fulfillment_operations`. */
export const createBulkPlanning = (search: Omit<SearchStoreOptions, 'database'> = {}): BulkPlanning => ({
  // On the plan's own connection: one that waits for a second one could wait for itself.
  search: (tx) => createSearchStore({ ...search, database: clientOf(tx) }),
  candidates: readCandidates,
  unsuccessful,
  pin,
});

async function unsuccessful(tx: Transaction, runId: string): Promise<string[]> {
  const rows = await queryIn<{ jobId: string }>(
    tx,
    `select i.job_id as "jobId" from fulfillment.ops_bulk_items i
      where i.run_id = $1 and i.state in ('refused', 'failed') order by i.ordinal`,
    [runId],
  );
  return rows.map(({ jobId }) => jobId);
}

const addRun = `
insert into fulfillment.ops_bulk_runs (action, params, query, retry_of, digest, items, eligible, ineligible_reasons,
       summary, approval_needed, planned_by, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp() + $12 * interval '1 millisecond')
returning id as "runId", date_trunc('milliseconds', expires_at) as "expiresAt"`;

const addItems = `
insert into fulfillment.ops_bulk_items (run_id, ordinal, job_id, decided_on, eligible, ineligible_reason, state)
select $1, x.ordinal, x.job_id, x.version, x.reason is null, x.reason,
       case when x.reason is null then 'waiting' else 'left_out' end
  from unnest($2::uuid[], $3::text[], $4::text[]) with ordinality x(job_id, version, reason, ordinal)`;

async function pin(tx: Transaction, plan: NewBulkPlan): Promise<{ runId: string; expiresAt: Date }> {
  const { items } = plan;
  const [run] = await queryIn<{ runId: string; expiresAt: Date }>(tx, addRun, [
    plan.action,
    JSON.stringify(plan.params),
    plan.query,
    plan.retryOf,
    Buffer.from(plan.digest),
    items.length,
    items.filter(({ ineligibleReason }) => ineligibleReason === null).length,
    JSON.stringify(plan.ineligible),
    JSON.stringify(plan.summary),
    plan.approvalNeeded,
    plan.plannedBy,
    plan.expiresInMs,
  ]);
  if (!run) throw new Error('The plan was not written.');
  await queryIn(tx, addItems, [
    run.runId,
    items.map(({ jobId }) => jobId),
    items.map(({ version }) => String(version)),
    items.map(({ ineligibleReason }) => ineligibleReason),
  ]);
  return run;
}
