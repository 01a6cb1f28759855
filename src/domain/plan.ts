/** A plan is data, frozen into the job when it is created: which steps, in which version, after which others. */
export interface PlanStep {
  name: string;
  version: number;
  /** Steps that must be done or skipped before this one starts. */
  needs: string[];
  /** False: the step does not hold up `completed`, the SLA or the latency (analytics). */
  holds: boolean;
}

export interface Plan {
  name: string;
  version: number;
  steps: PlanStep[];
}

/** The key by which workers say which plans they can run, for example `fulfil@1`. */
export function planKey(plan: Pick<Plan, 'name' | 'version'>): string {
  return `${plan.name}@${plan.version}`;
}

/** A plan is sound when names are unique and every need names an earlier step; hence it has no circle. */
export function assertSoundPlan(plan: Plan): void {
  const seen = new Set<string>();
  for (const step of plan.steps) {
    if (seen.has(step.name)) throw new Error(`Plan ${planKey(plan)} lists step ${step.name} twice.`);
    for (const need of step.needs) {
      if (!seen.has(need)) {
        throw new Error(
          `Plan ${planKey(plan)}: step ${step.name} needs ${need}, which is not an earlier step.`,
        );
      }
    }
    seen.add(step.name);
  }
}
