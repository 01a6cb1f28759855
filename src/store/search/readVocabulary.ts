import type { SearchVocabulary } from '../../domain/search/query.ts';
import { ask, type Database } from '../shelf/ask.ts';

/** How many of the latest jobs in each state are asked for their names. */
const jobsMax = 500;

/**
 * Names of steps, reasons and providers in the jobs that are unfinished or have failed: bounded by what is kept apart,
 * never by the whole history.
 */
export async function readVocabulary(database: Database): Promise<SearchVocabulary> {
  const rows = await ask<{ kind: keyof SearchVocabulary; names: string[] }>(
    database,
    `with latest as materialized (
       select k.id, k.plan_id, k.reason
         from (select d.job_id as id from (select job_id from fulfillment.fulfillment_dispatch order by job_id desc limit $1) d
               union (select j.id from fulfillment.fulfillment_jobs j where j.attention = 'failed' order by j.id desc limit $1)
               union (select j.id from fulfillment.fulfillment_jobs j where j.attention = 'blocked' order by j.id desc limit $1)) u
        cross join lateral (select * from fulfillment.fulfillment_jobs j where j.id = u.id limit 1) k
     ), names as (
       select 'steps' as kind, step.value ->> 'name' as name
         from fulfillment.fulfillment_plans p cross join lateral jsonb_array_elements(p.definition -> 'steps') step(value)
        where p.id in (select latest.plan_id from latest)
       union
       select 'reasons', latest.reason from latest
       union
       select 'reasons', s.reason from latest
         cross join lateral (select x.reason from fulfillment.fulfillment_job_steps x where x.job_id = latest.id limit 50) s
       union
       select 'providers', c.provider from (select provider from fulfillment.provider_circuits limit 200) c
     )
     select kind, array_agg(name order by name) as names from names where name is not null group by kind`,
    [jobsMax],
  );
  const of = (kind: keyof SearchVocabulary) => rows.find((row) => row.kind === kind)?.names ?? [];
  return { steps: of('steps'), reasons: of('reasons'), providers: of('providers') };
}
