import type { QueryResultRow } from 'pg';
import { until } from '../acceptance/until.ts';
import { postings } from './parcels.ts';

export type Rows = <Row extends QueryResultRow>(text: string, values?: unknown[]) => Promise<Row[]>;

export interface HeldJob {
  jobId: string;
  subject: string;
  token: number;
}

/** What hosts leave in the database, as the superuser sees it. */
export type Depot = Awaited<ReturnType<typeof openDepot>>;

/** Makes the tables that parcels write to. Nothing in them is unique, so that whatever is done twice can be seen. */
export async function openDepot(rows: Rows) {
  await rows(`
    create table public.depot_log (subject text not null, step text not null, host text not null);
    create table public.posted (key text not null, host text not null, attempt integer not null,
                                at timestamptz not null default clock_timestamp());
    create index on public.posted (key);
    grant select, insert on public.depot_log, public.posted to fulfillment_worker`);

  const depot = {
    rows,

    /** Waits until these hosts have said that they are alive, which their lease keepers do once they keep leases. */
    async untilAlive(names: string[]): Promise<void> {
      const alive = () => rows('select from fulfillment.workers where name = any($1)', [names]);
      const what = `signs of life of ${names.join(', ')}`;
      await until(what, async () => (await alive()).length === names.length, {
        withinMs: 20_000,
        everyMs: 20,
      });
    },

    /** What a host holds now. */
    held: (host: string) =>
      rows<HeldJob & QueryResultRow>(
        `select d.job_id as "jobId", j.subject_key as subject, d.lease_token::int as token
           from fulfillment.fulfillment_dispatch d join fulfillment.fulfillment_jobs j on j.id = d.job_id
          where d.worker = $1`,
        [host],
      ),

    /** How many effects of a host have happened without its knowing: the answer is on its way. */
    async unanswered(host: string): Promise<number> {
      const [found] = await rows<{ n: number }>(
        `select count(*)::int as n from fulfillment.fulfillment_job_effects e
           join fulfillment.fulfillment_dispatch d on d.job_id = e.job_id and d.worker = $1
           join fulfillment.fulfillment_jobs j on j.id = e.job_id
           join public.posted p on p.key = j.subject_key || '/' || e.effect_key
          where e.state = 'intended'`,
        [host],
      );
      return found?.n ?? 0;
    },

    /** How often each of these open jobs has been claimed. */
    async tokens(subjects: string[]): Promise<number[]> {
      const found = await rows<{ token: number }>(
        `select d.lease_token::int as token from fulfillment.fulfillment_dispatch d
           join fulfillment.fulfillment_jobs j on j.id = d.job_id where j.subject_key = any($1)`,
        [subjects],
      );
      return found.map(({ token }) => token);
    },

    /** Which of these subjects, or of all, are not done yet, and what became of them instead. */
    undone: (subjects?: string[]) =>
      rows<{ subject: string; state: string; reason: string | null; worker: string | null }>(
        `select j.subject_key as subject, j.state, j.reason, d.worker
           from fulfillment.fulfillment_jobs j left join fulfillment.fulfillment_dispatch d on d.job_id = j.id
          where j.state <> 'completed' and ($1::text[] is null or j.subject_key = any($1)) order by j.id`,
        [subjects ?? null],
      ),

    /** Waits until these subjects, or all, are done; says how long that took. */
    async untilDone(withinMs: number, subjects?: string[]): Promise<number> {
      const beganMs = performance.now();
      let left: QueryResultRow[] = [];
      const isDone = async () => (left = await depot.undone(subjects)).length === 0;
      await until('the end of all jobs', isDone, { withinMs, everyMs: 50 }).catch(() => {
        const some = JSON.stringify(left.slice(0, 5));
        throw new Error(`After ${withinMs} ms ${left.length} jobs are not done, for example ${some}.`);
      });
      return performance.now() - beganMs;
    },

    /** How many jobs each host has finished something of, by its own lines in their timelines. */
    async hands(): Promise<Record<string, number>> {
      const found = await rows<{ host: string; n: number }>(
        `select substr(actor, 8) as host, count(distinct job_id)::int as n
           from fulfillment.fulfillment_job_events where actor like 'worker:%' group by 1`,
      );
      return Object.fromEntries(found.map(({ host, n }) => [host, n]));
    },

    /** The lines a host wrote into timelines, from a moment on. */
    linesBy: (host: string, sinceMs = 0) =>
      rows<{ subject: string; kind: string; at: Date }>(
        `select j.subject_key as subject, e.kind, e.at from fulfillment.fulfillment_job_events e
           join fulfillment.fulfillment_jobs j on j.id = e.job_id
          where e.actor = 'worker:' || $1 and e.at > to_timestamp($2 / 1000.0) order by e.at`,
        [host, sinceMs],
      ),

    /** What is wrong with what `count` finished jobs left behind; nothing at all when each did its work once. */
    async faults(count: number): Promise<string[]> {
      const found = await rows<{ fault: string }>(
        `select format('%s jobs instead of %s', count(*), $1::int) as fault
           from fulfillment.fulfillment_jobs where state = 'completed' having count(*) <> $1::int
         union all
         select format('%s posted %s times', k.key, count(p.key)) from fulfillment.fulfillment_jobs j
          cross join unnest($2::text[]) u(posting) cross join lateral (select j.subject_key || '/' || u.posting) k(key)
           left join public.posted p on p.key = k.key
          where j.state = 'completed' group by k.key having count(p.key) <> 1
         union all
         select format('%s of %s logged %s times', u.step, j.subject_key, count(l.subject))
           from fulfillment.fulfillment_jobs j cross join unnest(array['reserve', 'close']) u(step)
           left join public.depot_log l on l.subject = j.subject_key and l.step = u.step
          where j.state = 'completed' group by j.subject_key, u.step having count(l.subject) <> 1
         union all
         select format('%s of %s told %s times', e.kind, j.subject_key, count(*))
           from fulfillment.fulfillment_job_events e join fulfillment.fulfillment_jobs j on j.id = e.job_id
          where e.kind in ('job.completed', 'step.done') group by e.kind, e.step, j.subject_key
         having count(*) <> 1
         union all
         select format('%s still in dispatch', d.job_id) from fulfillment.fulfillment_dispatch d
           join fulfillment.fulfillment_jobs j on j.id = d.job_id where j.state = 'completed'`,
        [count, [...postings]],
      );
      return found.map(({ fault }) => fault);
    },
  };
  return depot;
}
