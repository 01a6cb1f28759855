import { JobRun } from '../../src/engine/jobRun.ts';
import type { ClaimedJob } from '../../src/ports/jobStore.ts';
import { createManualClock } from '../fakes/manualClock.ts';

/** A job in the hands of a worker, with nothing done yet. */
export function aJobRun(claimed: Partial<ClaimedJob> = {}): JobRun {
  const acceptedAt = new Date('2026-11-22T10:00:00Z');
  const job: ClaimedJob = {
    lease: { jobId: '019a0000-0000-7000-8000-000000000001', token: 1n },
    controlSeq: 0n,
    isolated: false,
    lossesAlone: 0,
    kind: 'fulfil',
    plan: { name: 'fulfil', version: 1, steps: [] },
    state: 'open',
    reason: null,
    subjectKey: null,
    payment: null,
    order: null,
    acceptedAt,
    slaDeadline: new Date(acceptedAt.getTime() + 300_000),
    traceContext: null,
    steps: [],
    effects: [],
    ...claimed,
  };
  const kept = { certainForMs: () => 15_000, release: () => undefined };
  return new JobRun(job, acceptedAt, { clock: createManualClock(acceptedAt), kept });
}
