import { z } from 'zod';
import type { JobState } from '../../domain/job.ts';
import type { JobControl, LockedJob } from '../../ports/jobControl.ts';
import type { Permission } from '../../domain/permissions.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { jobInput, jobOutput } from './jobInput.ts';
import { lockAsSeen } from './lockAsSeen.ts';
import { notRedone } from './tryAgain.ts';
import { isHeldBySwitch, wrongState } from './wrongState.ts';

const input = z.strictObject(jobInput);
const output = z.strictObject({
  ...jobOutput,
  alreadyDone: z
    .array(z.strictObject({ step: z.string(), state: z.string(), effects: z.int() }))
    .describe('What had been done before, and stays done.'),
  atWork: z.boolean().describe('A worker had it in hand: what it was calling just then may still happen.'),
});

type Standstill = ChangeOperation<z.infer<typeof input>, z.infer<typeof output>>;

interface StandstillShape {
  name: Permission;
  verb: string;
  wish: string;
  summary: string;
  from: readonly JobState[];
  to: JobState;
  event: string;
  due(job: LockedJob): 'now' | 'over' | Date;
}

/** A held job is looked at so often, by a worker that leaves it alone. */
const heldRecheckMs = 10 * 60_000;

function createStandstill(jobs: JobControl, shape: StandstillShape): Standstill {
  return {
    kind: 'change',
    name: shape.name,
    permission: shape.name,
    summary: shape.summary,
    path: `/jobs/:jobId/${shape.verb}`,
    reason: 'required',
    input,
    output,
    target: ({ jobId }) => ({ kind: 'job', id: jobId }),
    async change(tx, given, by) {
      const job = await lockAsSeen(jobs, tx, given);
      if (!shape.from.includes(job.state) || (shape.to === 'open' && isHeldBySwitch(job)))
        throw wrongState(job, shape.wish);
      const version = await jobs.decide(tx, job, {
        state: {
          state: shape.to,
          reason: shape.to === 'open' ? null : `${shape.wish}_by_staff`,
          failedStep: null,
        },
        due: shape.due(job),
        event: { kind: shape.event, step: null, data: {} },
        actor: by.actor,
      });
      return {
        output: {
          jobId: job.jobId,
          version,
          state: shape.to,
          alreadyDone: notRedone(job),
          atWork: job.leased,
        },
        before: { state: job.state, reason: job.reason, version: job.version },
        after: { state: shape.to, version },
        work: shape.to === 'open',
      };
    },
  };
}

/** Nothing more is done for the job, until it is released. */
export const createHoldJob = (jobs: JobControl): Standstill =>
  createStandstill(jobs, {
    name: 'job:hold',
    verb: 'hold',
    wish: 'held',
    summary: 'Stop work on a job until it is released; its clock stands still meanwhile',
    from: ['open', 'blocked'],
    to: 'held',
    event: 'job.held',
    due: ({ now }) => new Date(now.getTime() + heldRecheckMs),
  });

/** Work goes on where it stopped. */
export const createReleaseJob = (jobs: JobControl): Standstill =>
  createStandstill(jobs, {
    name: 'job:release',
    verb: 'release',
    wish: 'released',
    summary: 'Go on with a job that was held or cancelled',
    from: ['held', 'cancelled'],
    to: 'open',
    event: 'job.released',
    due: () => 'now',
  });

/** Nothing more is done for the job. What was done stays done. */
export const createCancelJob = (jobs: JobControl): Standstill =>
  createStandstill(jobs, {
    name: 'job:cancel',
    verb: 'cancel',
    wish: 'cancelled',
    summary: 'End a job for good; what was done stays done, and says so',
    from: ['open', 'blocked', 'held', 'failed'],
    to: 'cancelled',
    event: 'job.cancelled',
    due: () => 'over',
  });
