import type { Fault } from '../domain/fault.ts';
import type { EffectOutcome, EffectSpec, OutsideStep, ReadStep, Step, StepOutcome } from '../ports/step.ts';
import type { JobRun } from './jobRun.ts';

/** What a worker hands to its recorder: a result, an intent, or the wish to move on. */
export type Entry =
  | { kind: 'advance'; run: JobRun }
  /** The job as a whole fails, whatever else it could still do. */
  | { kind: 'give_up'; run: JobRun; step: Step; fault: Fault; attempt: number }
  | {
      kind: 'step';
      run: JobRun;
      step: ReadStep;
      outcome: StepOutcome | Faulted;
      attempt: number;
      durationMs: number;
    }
  | { kind: 'intent'; run: JobRun; step: OutsideStep; effect: EffectSpec; prepared: unknown; attempt: number }
  | {
      kind: 'effect';
      run: JobRun;
      step: OutsideStep;
      effect: EffectSpec;
      outcome: EffectOutcome | Faulted;
      /** Whether this attempt's intent was committed; a fault before it is no attempt at the effect. */
      intended: boolean;
      attempt: number;
      durationMs: number;
    };

export interface Faulted {
  kind: 'fault';
  fault: Fault;
}

/**
 * `recorded`: committed. `not_owed`: committed, and the effect must not be made. `lost`: nothing was written and the
 * run is over; somebody else holds the job or will.
 */
export type Recorded = 'recorded' | 'not_owed' | 'lost';

/** An entry on its way into a transaction, and the promise of its sender. */
export interface PendingEntry {
  entry: Entry;
  settle(result: Recorded): void;
}
