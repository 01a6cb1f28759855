import type { ShopUnderTest } from '../stack.ts';

const rules: Record<string, string> = {
  'a timeline counts from 1 without a gap': `
    select job_id, count(*), max(seq) from fulfillment.fulfillment_job_events group by 1
    having min(seq) <> 1 or max(seq) <> count(*)`,

  'time does not run backwards in a timeline': `
    select job_id, seq from (select job_id, seq, at, lag(at) over (partition by job_id order by seq) as before
                               from fulfillment.fulfillment_job_events) e where at < before`,

  'every job begins with its acceptance, which is told once': `
    select job_id from fulfillment.fulfillment_job_events group by 1
    having count(*) filter (where kind = 'job.accepted') <> 1 or min(seq) filter (where kind = 'job.accepted') <> 1`,

  'every job is told completed once (a settlement each time it was opened again), and only late news and analytics follow': `
    select e.job_id, array_agg(e.kind order by e.seq) as kinds from fulfillment.fulfillment_job_events e
      join fulfillment.fulfillment_jobs j on j.id = e.job_id
     group by 1, j.kind
    having case when j.kind = 'settle' then count(*) filter (where e.kind = 'job.completed') = 0
                else count(*) filter (where e.kind = 'job.completed') <> 1 end
        or exists (select from fulfillment.fulfillment_job_events l
                    where l.job_id = e.job_id and l.kind not in ('payment.merged', 'receipt.resend_wanted', 'links.reissued',
                            'email.corrected', 'downloads.extended', 'downloads.reset', 'shelf.merged', 'entitlement.revoked', 'entitlement.restored',
                            'refund.attributed')
                      and l.step is distinct from 'analytics'
                      and l.seq > (select max(c.seq) from fulfillment.fulfillment_job_events c
                                    where c.job_id = e.job_id and c.kind = 'job.completed'))`,

  'a job goes only where it may go from where it was (DESIGN, states of a job)': `
    select job_id, before, kind from (
      select job_id, kind, lag(kind) over (partition by job_id order by seq) as before
        from (select job_id, seq, case when data ->> 'reopened' = 'true' then 'job.reopened' else kind end as kind
                from fulfillment.fulfillment_job_events) told where kind like 'job.%') e
     where before is not null and not (before, kind) in (
       select f, t from (values ('job.accepted'), ('job.reopened'), ('job.retried'), ('job.released'), ('job.blocked')) froms(f)
        cross join (values ('job.blocked'), ('job.completed'), ('job.failed'), ('job.cancelled'), ('job.held'), ('job.retried')) tos(t)
       union all values ('job.blocked', 'job.reopened'), ('job.failed', 'job.reopened'), ('job.completed', 'job.reopened'),
         ('job.cancelled', 'job.reopened'),
         ('job.failed', 'job.retried'), ('job.completed', 'job.retried'), ('job.failed', 'job.cancelled'),
         ('job.held', 'job.released'), ('job.held', 'job.cancelled'), ('job.held', 'job.completed'), ('job.held', 'job.held'), ('job.held', 'job.reopened'), ('job.held', 'job.blocked'),
         ('job.held', 'job.failed'), ('job.cancelled', 'job.released'))`,

  'every effect is told done or skipped exactly once': `
    select f.job_id, f.effect_key, count(e.seq) from fulfillment.fulfillment_job_effects f
      left join fulfillment.fulfillment_job_events e on e.job_id = f.job_id and e.step = f.step
            and e.kind in ('effect.done', 'effect.skipped', 'receipt.resend_wanted') and e.data ->> 'effect' = f.effect_key
     group by 1, 2 having count(e.seq) <> 1`,

  'order, entitlement and receipt are told once each, before anything leaves': `
    select j.id from fulfillment.fulfillment_jobs j
     where j.kind = 'fulfil' and ((select array_agg(e.step order by e.seq) from fulfillment.fulfillment_job_events e
             where e.job_id = j.id and e.kind = 'step.done')
           is distinct from array['resolve_order', 'entitlement', 'receipt']
        or (select max(e.seq) from fulfillment.fulfillment_job_events e where e.job_id = j.id and e.kind = 'step.done')
           > (select min(e.seq) from fulfillment.fulfillment_job_events e where e.job_id = j.id and e.kind = 'effect.done'))`,
};

/** What in the timelines is not as it must be. */
export async function checkTimelines(stack: Pick<ShopUnderTest, 'sql'>): Promise<string[]> {
  const problems: string[] = [];
  for (const [rule, query] of Object.entries(rules)) {
    const offenders = await stack.sql(query);
    if (offenders.length) {
      problems.push(`${rule}: ${offenders.length} not so, ${JSON.stringify(offenders.slice(0, 3))}`);
    }
  }
  return problems;
}
