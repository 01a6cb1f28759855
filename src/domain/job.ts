import { isHeldReason } from './heldReasons.ts';
import type { Plan, PlanStep } from './plan.ts';

/** States of a job; DESIGN §4 says what each means for clock, alerts and support. */
export const jobStates = ['open', 'blocked', 'held', 'failed', 'completed', 'cancelled'] as const;
export type JobState = (typeof jobStates)[number];

/** `waiting` covers "not tried yet", "due later" and "running now"; a lease, not a state, says who runs it. */
export const stepStates = ['waiting', 'blocked', 'failed', 'done', 'skipped'] as const;
export type StepState = (typeof stepStates)[number];

/** An effect is one thing a step does once: one mail, one stored copy. `unknown`: it may have happened. */
export const effectStates = ['waiting', 'intended', 'unknown', 'blocked', 'failed', 'done'] as const;
export type EffectState = (typeof effectStates)[number];

export interface StepStatus {
  state: StepState;
  attempts: number;
  /** When the step may run next; null: as soon as its needs are met. */
  dueAt: Date | null;
  reason: string | null;
}

const untouched: StepStatus = { state: 'waiting', attempts: 0, dueAt: null, reason: null };

/** What is known of a job's steps, by name. */
export interface StepStatuses {
  get(name: string): StepStatus | undefined;
}

/** A step without a row has not been tried yet. */
export function statusOf(steps: StepStatuses, name: string): StepStatus {
  return steps.get(name) ?? untouched;
}

const isSettled = (status: StepStatus) => status.state === 'done' || status.state === 'skipped';

function needsMet(step: PlanStep, steps: StepStatuses): boolean {
  return step.needs.every((need) => isSettled(statusOf(steps, need)));
}

function isReachable(step: PlanStep, { state }: StepStatus, steps: StepStatuses): boolean {
  return (state === 'waiting' || state === 'blocked') && needsMet(step, steps);
}

/** Steps whose needs are met and which are waiting or blocked: all that can still move. */
export function reachableSteps(plan: Plan, steps: StepStatuses): PlanStep[] {
  return plan.steps.filter((step) => isReachable(step, statusOf(steps, step.name), steps));
}

/** Steps to start now. */
export function runnableSteps(plan: Plan, steps: StepStatuses, now: Date): PlanStep[] {
  return plan.steps.filter((step) => {
    const status = statusOf(steps, step.name);
    return (status.dueAt === null || status.dueAt <= now) && isReachable(step, status, steps);
  });
}

export interface Progress {
  /**
   * State of the job as a function of its steps. `held`: by a switch that is set for all. What people hold or cancel is
   * their decision, and not derived.
   */
  state: Exclude<JobState, 'cancelled'>;
  /** Whether everything that holds up the buyer is done, even if analytics still waits. */
  holdingDone: boolean;
  /** When the job is next due; null when nothing can move any more. */
  dueAt: Date | null;
  reason: string | null;
  failedStep: string | null;
}

/**
 * The job's state, derived from its steps. Blocked beats open and failed, because a blocked job is rechecked and
 * a failed one is not: independent steps go on, and nothing that could still heal by itself is dropped. Held beats
 * failed for the same reason, and nothing else: it is what a job is that could do nothing but what is held.
 *
 * @param now used for steps without a due time
 */
export function progressOf(plan: Plan, steps: StepStatuses, now: Date): Progress {
  let dueAt: Date | null = null;
  let holdingDone = true;
  let moves = false;
  let blocked: PlanStep | undefined;
  let held: PlanStep | undefined;
  let failed: PlanStep | undefined;
  for (const step of plan.steps) {
    const status = statusOf(steps, step.name);
    if (step.holds && !isSettled(status)) holdingDone = false;
    // A step that holds the job up is blamed before one that does not.
    if (status.state === 'failed' && (!failed || (step.holds && !failed.holds))) failed = step;
    if (!isReachable(step, status, steps)) continue;
    const stepDueAt = status.dueAt ?? now;
    if (dueAt === null || stepDueAt < dueAt) dueAt = stepDueAt;
    if (!step.holds) continue;
    if (isHeld(status)) held ??= step;
    else moves = true;
    if (status.state === 'blocked' && !isHeld(status)) blocked ??= step;
  }
  const stopped = blocked ?? (moves ? failed : (held ?? failed));
  const reason = statusOf(steps, stopped?.name ?? '').reason;
  const failedStep = failed?.name ?? null;

  if (holdingDone) return { state: 'completed', holdingDone, dueAt, reason: null, failedStep };
  if (blocked) return { state: 'blocked', holdingDone, dueAt, reason, failedStep };
  if (moves) return { state: 'open', holdingDone, dueAt, reason, failedStep };
  if (held) return { state: 'held', holdingDone, dueAt, reason, failedStep };
  return { state: 'failed', holdingDone, dueAt: null, reason, failedStep };
}

const isHeld = ({ state, reason }: StepStatus) => state === 'blocked' && isHeldReason(reason);

/** What support reads: `pending_<step>`, `pending_retry`, `blocked: <reason>`, `failed: <step>`, … (DESIGN §4). */
export function supportStatus(
  job: { state: JobState; reason: string | null; failedStep: string | null },
  plan: Plan,
  steps: StepStatuses,
): string {
  switch (job.state) {
    case 'open': {
      const next = reachableSteps(plan, steps).find((step) => step.holds);
      if (!next) return 'pending';
      return statusOf(steps, next.name).attempts > 0 ? 'pending_retry' : `pending_${next.name}`;
    }
    case 'blocked':
      return `blocked: ${job.reason ?? 'unknown'}`;
    case 'failed':
      return `failed: ${job.failedStep ?? 'unknown'}`;
    case 'held':
    case 'completed':
    case 'cancelled':
      return job.state;
  }
}

export interface EffectStatus {
  state: EffectState;
  attempts: number;
  dueAt: Date | null;
  reason: string | null;
}

/**
 * The status of a step as a function of its effects. One blocked effect shows on the step while its siblings go on, and
 * one that is held only once none of them can.
 */
export function stepStatusOf(effects: readonly EffectStatus[]): StepStatus {
  const attempts = Math.max(0, ...effects.map((effect) => effect.attempts));
  const open = effects.filter((effect) => effect.state !== 'done' && effect.state !== 'failed');
  const stopped = effects.filter((effect) => effect.state === 'blocked');
  const blocked =
    stopped.find(({ reason }) => !isHeldReason(reason)) ??
    (stopped.length === open.length ? stopped[0] : undefined);
  const failed = effects.find((effect) => effect.state === 'failed');
  const anyNow = open.some((effect) => effect.dueAt === null);
  const dueAt =
    anyNow || open.length === 0 ? null : new Date(Math.min(...open.map((effect) => Number(effect.dueAt))));
  if (blocked) return { state: 'blocked', attempts, dueAt, reason: blocked.reason };
  if (open.length)
    return {
      state: 'waiting',
      attempts,
      dueAt,
      reason: open.find((effect) => effect.reason)?.reason ?? null,
    };
  if (failed) return { state: 'failed', attempts, dueAt: null, reason: failed.reason };
  return { state: 'done', attempts, dueAt: null, reason: null };
}
