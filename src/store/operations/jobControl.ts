import type { JobControl, TimelineLine } from '../../ports/jobControl.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';
import { decide } from './decide.ts';
import { lockJob } from './lockJob.ts';
import { wantJob } from './wantJob.ts';

/** What people decide about jobs, over a connection of `fulfillment_operations`. */
export const jobControl: JobControl = {
  lock: lockJob,
  since: (tx: Transaction, jobId: string, version: number) =>
    queryIn<TimelineLine>(
      tx,
      `select seq, at, kind, step, actor, data from fulfillment.fulfillment_job_events
        where job_id = $1 and seq > $2 order by seq limit 50`,
      [jobId, version],
    ),
  decide,
  want: wantJob,
};
