import { createEngine } from '../../src/main/createEngine.ts';
import type { JsonObject } from '../../src/ports/step.ts';
import { openCarrier } from './carrier.ts';
import { parcelBuild, parcelPlan } from './parcels.ts';
import { planKey } from '../../src/domain/plan.ts';

/** Where parcels are handed in: a process that enqueues and does no work. */
export interface Desk {
  /** Adds jobs and returns their subjects. */
  handIn(count: number, order?: JsonObject): Promise<string[]>;
  close(): Promise<void>;
}

/** @param version of the plan that its jobs are made by */
export function openDesk(databaseUrl: string, version = 1): Desk {
  const work = { host: 'desk', pace: { weighMs: 0, postMs: 0 }, carrier: openCarrier(databaseUrl) };
  const engine = createEngine({ databaseUrl, ...parcelBuild(work, [version]) });
  const plan = planKey(parcelPlan(version));
  let handedIn = 0;
  return {
    async handIn(count, order = {}) {
      const subjects = Array.from({ length: count }, () => `v${version}-${(handedIn += 1)}`);
      await engine.enqueue(subjects.map((subjectKey) => ({ plan, subjectKey, order })));
      return subjects;
    },
    close: () => engine.stop(),
  };
}
