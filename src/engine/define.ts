import { assertSoundPlan, type Plan, type PlanStep } from '../domain/plan.ts';
import { defaultRetryPolicy, type RetryPolicy } from '../domain/retryPolicy.ts';
import type { CommitStep, OutsideStep, ReadStep } from '../ports/step.ts';

type Optional = 'version' | 'retry';
type Given<S extends { kind: string; retry: RetryPolicy }, K extends keyof S = never> = Omit<
  S,
  'kind' | Optional | K
> &
  Partial<Pick<S, K>> & { version?: number; retry?: Partial<RetryPolicy> };

const stepName = /^[a-z][a-z0-9_]{0,39}$/;
const defaultTimeoutMs = 30_000;

function common(given: { name: string; version?: number; retry?: Partial<RetryPolicy> }) {
  if (!stepName.test(given.name))
    throw new Error(`Step name "${given.name}" must be snake_case: a letter, then up to 39 of a-z, 0-9, _.`);
  return { version: given.version ?? 1, retry: { ...defaultRetryPolicy, ...given.retry } };
}

/** A step that asks the outside and changes nothing there. Version 1 and the default retry policy unless given. */
export function defineReadStep(given: Given<ReadStep, 'timeoutMs'>): ReadStep {
  return { timeoutMs: defaultTimeoutMs, ...given, ...common(given), kind: 'read' };
}

/**
 * A step whose effect is in Postgres: called once for many jobs, inside the transaction that records it. Write
 * set-wise with `queryIn(tx, …)`; answer with an outcome per job id.
 */
export function defineCommitStep(given: Given<CommitStep>): CommitStep {
  return { ...given, ...common(given), kind: 'commit' };
}

/** A step with effects outside: the engine owns the order intend → find → make → record. */
export function defineOutsideStep<Prepared = unknown>(
  given: Given<OutsideStep<Prepared>, 'timeoutMs'>,
): OutsideStep<Prepared> {
  return { timeoutMs: defaultTimeoutMs, ...given, ...common(given), kind: 'outside' };
}

/** A step's place in a plan: what must be done before it, and whether `completed` waits for it (default: yes). */
export interface PlannedStep {
  step: { name: string; version: number };
  needs?: string[];
  holds?: boolean;
}

const planned = ({ step, needs = [], holds = true }: PlannedStep): PlanStep => ({
  name: step.name,
  version: step.version,
  needs,
  holds,
});

/**
 * A plan: the steps of a kind of job. Frozen into each job when it is made, so give a changed plan a new version and
 * keep the old one for as long as jobs of it are open.
 *
 * @throws Error when names repeat, or a step needs one that is not before it
 */
export function definePlan(given: { name: string; version?: number; steps: PlannedStep[] }): Plan {
  if (!stepName.test(given.name))
    throw new Error(`Plan name "${given.name}" must be snake_case: a letter, then up to 39 of a-z, 0-9, _.`);
  const plan = { name: given.name, version: given.version ?? 1, steps: given.steps.map(planned) };
  assertSoundPlan(plan);
  return plan;
}

/** The same plan with more steps at its end, under a version of its own. */
export function extendPlan(plan: Plan, extension: { version: number; steps: PlannedStep[] }): Plan {
  if (extension.version === plan.version)
    throw new Error(`An extended plan ${plan.name} needs a version other than ${plan.version}.`);
  const extended = {
    ...plan,
    version: extension.version,
    steps: [...plan.steps, ...extension.steps.map(planned)],
  };
  assertSoundPlan(extended);
  return extended;
}
