import { isHeldReason } from '../../domain/heldReasons.ts';
import type { LockedJob } from '../../ports/jobControl.ts';
import { Refusal } from '../frame/refusal.ts';

const remedies: Partial<Record<LockedJob['state'], string>> = {
  completed: 'If the buyer lacks something, resend the receipt or issue new links.',
  cancelled: 'Release it first, if it is to be done after all.',
  held: 'Release it first.',
  failed: 'Retry it.',
};

/** Whether what is set for all holds it, and no decision about it alone. */
export const isHeldBySwitch = ({ state, reason }: Pick<LockedJob, 'state' | 'reason'>): boolean =>
  state === 'held' && isHeldReason(reason);

const remedyOf = (job: LockedJob) =>
  isHeldBySwitch(job)
    ? 'All mail is held: fulfillment mail status. Release it (mail:release) or drop it (mail:drop).'
    : remedies[job.state];

/** It makes no sense for a job in this state. */
export function wrongState(job: LockedJob, wish: string, remedy = remedyOf(job)): Refusal {
  return new Refusal({
    kind: 'wrong_state',
    code: `job_${job.state}`,
    detail: `The job is ${job.state}, so it cannot be ${wish}.`,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** A worker has it in hand, and does what is wished by itself. */
export const atWork = () =>
  new Refusal({
    kind: 'wrong_state',
    code: 'job_at_work',
    detail: 'A worker is at it right now.',
    remedy: 'Look again in a moment.',
    retryAfterSeconds: 2,
  });
