import type { JobControl, LockedJob, TimelineLine } from '../../ports/jobControl.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { Refusal } from '../frame/refusal.ts';

/**
 * Locks a job that is to be as it was seen.
 *
 * @throws Refusal `not_found`; `changed` with what has happened since
 */
export async function lockAsSeen(
  jobs: Pick<JobControl, 'lock' | 'since'>,
  tx: Transaction,
  { jobId, version }: { jobId: string; version: number },
): Promise<LockedJob> {
  const job = await jobs.lock(tx, jobId);
  if (!job)
    throw new Refusal({
      kind: 'not_found',
      code: 'unknown_job',
      field: 'jobId',
      detail: 'There is no such job.',
      remedy: 'Search for the order by e-mail, order id or payment.',
    });
  if (job.version === version) return job;
  const lines = await jobs.since(tx, jobId, version);
  if (version < job.version && lines.length < linesMax && lines.every(isNoNews)) return job;
  throw new Refusal({
    kind: 'changed',
    code: 'job_changed',
    field: 'version',
    detail:
      version > job.version
        ? `The job has no version ${version}; it is at ${job.version}.`
        : `The job has moved from version ${version} to ${job.version} since it was looked at.`,
    remedy: 'Look at it again, and decide on what it is now.',
    changes: lines.map((line) => ({ at: line.at.toISOString(), what: told(line) })),
  });
}

/** As many as `since` tells: there may be others. */
const linesMax = 50;

/** That it was tried again and waits again is what whoever decided has seen: it says nothing new of the job. */
const isNoNews = ({ kind }: TimelineLine) => /^(step|effect)\.(retry|waiting)$/.test(kind);

function told({ kind, step, actor, data }: TimelineLine): string {
  const reason = typeof data['reason'] === 'string' ? ` (${data['reason']})` : '';
  return `${kind}${step === null ? '' : ` ${step}`}${reason} by ${actor}`;
}
