import { reachableSteps, statusOf } from '../../domain/job.ts';
import type { LockedJob } from '../../ports/jobControl.ts';
import type { EffectRow, StepRow } from '../../ports/jobStore.ts';

/** Rows of steps and effects that are tried again, at once and with all their attempts. */
export interface TriedAgain {
  steps: StepRow[];
  effects: EffectRow[];
}

/**
 * What of these steps can be tried again now: what has failed, what is blocked, and what waits for its next attempt. What
 * has failed outside may have happened all the same, so it is asked about before it is repeated (law 4): `intended`.
 */
export function triedAgain(job: LockedJob, names: ReadonlySet<string>): TriedAgain {
  const effects = job.effects.flatMap((row): EffectRow[] => {
    if (!names.has(row.step) || row.state === 'done') return [];
    if (row.state === 'failed')
      return [{ ...row, state: 'intended', attempts: 0, dueAt: null, reason: null }];
    return row.dueAt === null ? [] : [{ ...row, dueAt: null }];
  });
  const moved = new Set(effects.map(({ step }) => step));
  const steps = job.steps.flatMap((row): StepRow[] => {
    if (!names.has(row.step) || row.state === 'done' || row.state === 'skipped') return [];
    if (row.state === 'failed') return [{ ...row, state: 'waiting', attempts: 0, dueAt: null, reason: null }];
    return row.dueAt === null && !moved.has(row.step) ? [] : [{ ...row, dueAt: null }];
  });
  return { steps, effects };
}

/** Steps that a retry of the whole job concerns. */
export function stuckSteps(job: LockedJob): string[] {
  const rows = new Map(job.steps.map((row) => [row.step, row]));
  const failed = job.steps.filter(({ state }) => state === 'failed').map(({ step }) => step);
  const waiting = reachableSteps(job.plan, rows)
    .map(({ name }) => name)
    .filter((name) => statusOf(rows, name).dueAt !== null);
  return [...new Set([...failed, ...waiting])];
}

/** What has been done already and is not done again. */
export function notRedone(job: LockedJob): Array<{ step: string; state: string; effects: number }> {
  const done = job.steps.filter(({ state }) => state === 'done' || state === 'skipped');
  const effectsOf = (step: string) =>
    job.effects.filter((effect) => effect.step === step && effect.state === 'done').length;
  const partly = job.steps
    .filter((row) => !done.includes(row) && effectsOf(row.step) > 0)
    .map(({ step }) => ({ step, state: 'partly done', effects: effectsOf(step) }));
  return [...done.map(({ step, state }) => ({ step, state, effects: effectsOf(step) })), ...partly];
}
