import { type Fault, toFault } from '../domain/fault.ts';
import type { PlanStep } from '../domain/plan.ts';
import type { EffectSpec, JobView, OutsideStep, Step } from '../ports/step.ts';

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

/** What an outside step owes for a job. A step that cannot tell is at fault itself; the batch it stands in is not. */
export function owedEffects(step: OutsideStep, job: JobView): EffectSpec[] | Fault {
  try {
    return step.effects(job);
  } catch (error) {
    return toFault(error);
  }
}
