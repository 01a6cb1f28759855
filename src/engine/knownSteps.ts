import type { PlanStep } from '../domain/plan.ts';
import type { OutsideStep, Step } from '../ports/step.ts';

/** By name and version: while jobs of an older plan are open, a build knows both versions of a step. */
export interface KnownSteps {
  byName: ReadonlyMap<string, ReadonlyMap<number, Step>>;
  inOrder: readonly Step[];
}

export function knowSteps(steps: Step[]): KnownSteps {
  const byName = new Map<string, Map<number, Step>>();
  for (const step of steps)
    byName.set(step.name, (byName.get(step.name) ?? new Map<number, Step>()).set(step.version, step));
  return { byName, inOrder: steps };
}

/** The step of a frozen plan, if this worker knows it in that version; an unknown one waits for another worker. */
export const knownStep = ({ byName }: KnownSteps, { name, version }: PlanStep): Step | undefined =>
  byName.get(name)?.get(version);

/** Nothing comes before the intent of such a step's effects, and nothing is written with it. */
export const isBare = (step: OutsideStep): boolean => !step.prepare && !step.intend;
