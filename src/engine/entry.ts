import type { FailpointSite } from '../domain/failpoint.ts';
import type { Fault } from '../domain/fault.ts';
import type { EffectOutcome, EffectSpec, OutsideStep, ReadStep, Step, StepOutcome } from '../ports/step.ts';
import { effectId, type JobRun } from './jobRun.ts';
import type { Ticket } from './providers/admission.ts';

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

/** What an entry is about: a step, one of its effects, or the job as a whole. */
export function workOf(entry: Entry): string {
  switch (entry.kind) {
    case 'advance':
    case 'give_up':
      return entry.kind;
    case 'step':
      return entry.step.name;
    case 'intent':
    case 'effect':
      return effectId(entry.step.name, entry.effect.key);
  }
}

/** Where a record stands, for fault drills. */
export const siteOf = (entries: Entry[]): FailpointSite => ({
  jobIds: [...new Set(entries.map((entry) => entry.run.lease.jobId))],
  work: entries.map((entry) => (entry.kind === 'intent' ? `intent ${workOf(entry)}` : workOf(entry))),
});

/** An effect whose intent is committed and whose call may be made. */
export interface Announced {
  step: OutsideStep;
  effect: EffectSpec;
  attempt: number;
  /** An earlier attempt may have had its effect. */
  announcedBefore: boolean;
  ticket: Ticket;
}

export interface Faulted {
  kind: 'fault';
  fault: Fault;
}

/**
 * `recorded`: committed. `not_owed`: committed, and the effect must not be made. `lost`: nothing was written and the
 * run is over; somebody else holds the job or will.
 */
export type Recorded = 'recorded' | 'not_owed' | 'lost';

/** An entry on its way into a transaction, and whom to tell what became of it. */
export interface PendingEntry {
  entry: Entry;
  settle: ((result: Recorded) => void) | undefined;
}
