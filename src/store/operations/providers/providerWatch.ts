import type pg from 'pg';
import type { ProviderWatch, WaitingWork } from '../../../ports/providerPauses.ts';
import { listProviders } from '../../providers/pauses.ts';
import { ask, type Database } from '../../shelf/ask.ts';

/** Unfinished jobs that are looked at to count those that wait. */
export const lookedAtMax = 20_000;

/** What people see of the providers, over a pool of `fulfillment_operations`. */
export const createProviderWatch = (pool: pg.Pool): ProviderWatch => ({
  list: () => listProviders(pool),
  waiting: () => countWaiting(pool, lookedAtMax),
});

/** A step that waits for its provider says so itself, or the effects it owes do. */
const statement = `
with looked_at as materialized (
  select d.job_id from fulfillment.fulfillment_dispatch d limit $1
), waits as (
  select s.job_id, s.step from looked_at l
    join fulfillment.fulfillment_job_steps s on s.job_id = l.job_id
   where s.state = 'waiting' and s.reason = any($2)
  union
  select e.job_id, e.step from looked_at l
    join fulfillment.fulfillment_job_effects e on e.job_id = l.job_id
   where e.state in ('waiting', 'intended', 'unknown') and e.reason = any($2)
)
select (select count(*)::int from looked_at) as looked_at,
       coalesce((select jsonb_agg(g order by g.step) from (select step, count(*)::int as jobs from waits group by 1) g),
                '[]') as steps`;

const reasons = ['provider_paused', 'provider_open', 'provider_rate'];

export async function countWaiting(
  database: Database,
  jobsMax: number,
): Promise<{ steps: WaitingWork[]; complete: boolean }> {
  const [row] = await ask<{ looked_at: number; steps: WaitingWork[] }>(database, statement, [
    jobsMax,
    reasons,
  ]);
  return { steps: row?.steps ?? [], complete: (row?.looked_at ?? 0) < jobsMax };
}
