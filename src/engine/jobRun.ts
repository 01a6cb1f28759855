import { setMaxListeners } from 'node:events';
import type { EffectStatus } from '../domain/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClaimedJob, EffectRow, Lease, StepRow } from '../ports/jobStore.ts';
import type { KeptLease } from '../ports/leaseKeeping.ts';
import type { JsonObject } from '../ports/step.ts';
import type { Deadline } from './deadline.ts';
import type { Known } from './overlay.ts';
import { RunView } from './runView.ts';

export const effectId = (step: string, effectKey: string) => `${step}/${effectKey}`;

/** One job in the hands of this worker, from claim to release. */
export class JobRun {
  readonly lease: Lease;
  readonly controlSeq: bigint;
  readonly isolated: boolean;
  readonly lossesAlone: number;
  readonly slaDeadline: Date;
  /** Replaced after a COMMIT that brought new outputs. */
  view: RunView;
  /** The job's state as last recorded, to tell what changes. */
  state: ClaimedJob['state'];
  reason: string | null;
  /** What is recorded of its steps, and of its effects by `effectId`. */
  readonly steps = new Map<string, StepRow>();
  readonly effects = new Map<string, EffectRow>();
  /** What is being worked on right now: step names and effect ids. */
  readonly inFlight = new Set<string>();
  /** Effects that are being made right now: calls that may go on for a moment after they were told to stop. */
  calls = 0;
  closed = false;
  /** A person or a new fact has spoken: finish what is in flight, start nothing, and let the job be claimed afresh. */
  draining = false;
  /** When it was claimed, by the clock that never jumps. */
  readonly takenMs: number;
  /** The lease as its keeper sees it. */
  readonly kept: KeptLease;

  readonly #clock: Clock;
  /** How far the database's clock is ahead of the one that never jumps. */
  #aheadMs: number;
  #abort: AbortController | undefined;
  #closedBecause: string | undefined;
  #deadlines: Set<Deadline> | undefined;

  constructor(claimed: ClaimedJob, claimedAt: Date, { clock, kept }: { clock: Clock; kept: KeptLease }) {
    const { lease, controlSeq, isolated, lossesAlone, slaDeadline, state, reason } = claimed;
    this.lease = lease;
    this.controlSeq = controlSeq;
    this.isolated = isolated;
    this.lossesAlone = lossesAlone;
    this.slaDeadline = slaDeadline;
    this.state = state;
    this.reason = reason;
    const outputs = new Map<string, JsonObject>();
    for (const row of claimed.steps) {
      this.steps.set(row.step, row);
      if (row.output) outputs.set(row.step, row.output);
    }
    for (const row of claimed.effects) this.effects.set(effectId(row.step, row.effectKey), row);
    this.view = new RunView({ ...claimed, jobId: lease.jobId }, outputs);
    this.kept = kept;
    this.#clock = clock;
    this.takenMs = clock.elapsedMs();
    this.#aheadMs = claimedAt.getTime() - this.takenMs;
  }

  /** Aborted when the job is not ours any more. Made when first asked for: most jobs never need it, and it is dear. */
  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      // A large order waits in many places at once.
      setMaxListeners(0, this.#abort.signal);
      if (this.#closedBecause !== undefined) this.#abort.abort(new Error(this.#closedBecause));
    }
    return this.#abort.signal;
  }

  /** The database's time, as far as this process can tell: never its own wall clock. */
  databaseNow(): Date {
    return new Date(this.#aheadMs + this.#clock.elapsedMs());
  }

  /** Takes a fresh reading of the database's clock. */
  observe(now: Date): void {
    this.#aheadMs = now.getTime() - this.#clock.elapsedMs();
  }

  /** The deadline ends when the job does, until it is forgotten. */
  keepDeadline(deadline: Deadline): void {
    (this.#deadlines ??= new Set()).add(deadline);
  }

  forgetDeadline(deadline: Deadline): void {
    this.#deadlines?.delete(deadline);
  }

  /** Stops whatever still runs for this job. Its lease is gone or given back, so no result could be written. */
  close(reason: string): void {
    this.closed = true;
    this.kept.release();
    this.#closedBecause = reason;
    this.#abort?.abort(new Error(reason));
    for (const deadline of this.#deadlines ?? []) deadline.end('aborted');
  }
}

const untouchedEffect: EffectStatus = { state: 'waiting', attempts: 0, dueAt: null, reason: null };

/** An effect without a row has not been tried yet. */
export function effectStatus(effects: Known<EffectRow>, step: string, effectKey: string): EffectStatus {
  return effects.get(effectId(step, effectKey)) ?? untouchedEffect;
}
