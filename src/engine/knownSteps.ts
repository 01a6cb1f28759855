import { type Fault, toFault } from '../domain/fault.ts';
import type { PlanStep } from '../domain/plan.ts';
import type { EffectSpec, JobView, OutsideStep, Step } from '../ports/step.ts';

/** By name and version: while jobs of an older plan are open, a build knows both versions of a step. */
export type KnownSteps = ReadonlyMap<string, Step>;

const stepKey = ({ name, version }: { name: string; version: number }) => `${name}@${version}`;

export const knowSteps = (steps: Step[]): KnownSteps => new Map(steps.map((step) => [stepKey(step), step]));

/** The step of a frozen plan, if this worker knows it in that version; an unknown one waits for another worker. */
export function knownStep(steps: KnownSteps, planned: PlanStep): Step | undefined {
  return steps.get(stepKey(planned));
}

/** What an outside step owes for a job. A step that cannot tell is at fault itself; the batch it stands in is not. */
export function owedEffects(step: OutsideStep, job: JobView): EffectSpec[] | Fault {
  try {
    return step.effects(job);
  } catch (error) {
    return toFault(error);
  }
}
