import type { TimelineLine } from '../../ports/jobControl.ts';
import { type AttemptLine, type AttemptsRequest, timelinePageMax } from '../../ports/orderDossier.ts';
import { ask, type Database } from '../shelf/ask.ts';

/** The latest lines of a timeline before one of them, the oldest first, and whether there are older ones. */
export async function readTimeline(
  database: Database,
  jobId: string,
  before?: number,
): Promise<{ timeline: TimelineLine[]; hasOlder: boolean }> {
  const rows = await ask<TimelineLine & Record<string, unknown>>(
    database,
    `select e.seq, e.at, e.kind, e.step, e.actor, e.data from fulfillment.fulfillment_job_events e
      where e.job_id = $1 and e.seq < $2 order by e.seq desc limit ${timelinePageMax + 1}`,
    [jobId, before ?? 2_147_483_647],
  );
  return { timeline: rows.slice(0, timelinePageMax).toReversed(), hasOlder: rows.length > timelinePageMax };
}

/** Attempts that are read of each step and effect, and of all of them together. */
const ofEachMax = 20;
const attemptsMax = 600;

/** The latest attempts of a job, or of one of its steps, the oldest first. */
export async function readAttempts(
  database: Database,
  { jobId, step, effectKey }: { jobId: string } & Partial<AttemptsRequest>,
): Promise<AttemptLine[]> {
  const rows = await ask<AttemptLine & Record<string, unknown>>(
    database,
    `select a.seq, a.at, a.kind, a.step, a.actor, a.data, a.no, a.of,
            (select w.version from fulfillment.workers w where w.name = substr(a.actor, length('worker:') + 1)) as "workerVersion"
       from (select e.*,
                    (row_number() over (partition by e.step, e.data ->> 'effect' order by e.seq))::integer as no,
                    (count(*) over (partition by e.step, e.data ->> 'effect'))::integer as of
               from fulfillment.fulfillment_job_events e
              where e.job_id = $1 and e.data ? 'attempt' and e.step = coalesce($2, e.step)
                and ($3::text is null or e.data ->> 'effect' = $3)) a
      where a.no > a.of - ${ofEachMax}
      order by a.seq desc limit ${attemptsMax}`,
    [jobId, step ?? null, effectKey ?? null],
  );
  return rows.toReversed();
}
