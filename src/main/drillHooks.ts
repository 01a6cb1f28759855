import type { Failpoint } from '../domain/failpoint.ts';
import type { Clock } from '../ports/clock.ts';
import type { IntakeStore } from '../ports/intakeStore.ts';
import type { JobStore } from '../ports/jobStore.ts';
import type { Mailer } from '../ports/mailer.ts';
import type { Step } from '../ports/step.ts';

/**
 * What fault drills put between the parts of the product. Nothing in production: no variable and no command leads
 * here, only a program that starts the service itself.
 */
export interface DrillHooks {
  failpoint?: Failpoint;
  /** The worker's own clock. */
  clock?: Clock;
  step?(step: Step): Step;
  jobStore?(store: JobStore): JobStore;
  intakeStore?(store: IntakeStore): IntakeStore;
  mailer?(mailer: Mailer): Mailer;
}

/** The part itself, or what a drill makes of it. */
export const hooked = <T>(hook: ((part: T) => T) | undefined, part: T): T => (hook ? hook(part) : part);
