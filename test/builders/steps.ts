import type { Plan, PlanStep } from '../../src/domain/plan.ts';
import type { RetryPolicy } from '../../src/domain/retryPolicy.ts';
import type {
  CommitStep,
  JsonObject,
  OutsideStep,
  ReadStep,
  Step,
  StepOutcome,
} from '../../src/ports/step.ts';

/** Tiny steps for tests of the engine: quick to retry, and nothing but what the test says. */
export const quickRetry: RetryPolicy = { baseMs: 10, capMs: 40, attemptsMax: 3, retryAfterCapMs: 60_000 };

const base = { version: 1, retry: quickRetry };
const done = async (): Promise<StepOutcome> => ({ kind: 'done' });

export const readStep = (
  name: string,
  run: ReadStep['run'] = done,
  fields: Partial<ReadStep> = {},
): ReadStep => ({
  ...base,
  kind: 'read',
  name,
  provider: 'reading',
  timeoutMs: 2_000,
  run,
  ...fields,
});

export const commitStep = (
  name: string,
  commit: CommitStep['commit'] = async (_tx, jobs) =>
    new Map(jobs.map((job) => [job.jobId, { kind: 'done' }])),
  fields: Partial<CommitStep> = {},
): CommitStep => ({ ...base, kind: 'commit', name, commit, ...fields });

/** Owes one effect, `<name>:1`, unless told otherwise. */
export const outsideStep = (
  name: string,
  make: OutsideStep['make'] = async () => ({ made: true }),
  fields: Partial<OutsideStep> = {},
): OutsideStep => ({
  ...base,
  kind: 'outside',
  name,
  timeoutMs: 2_000,
  effects: () => [{ key: `${name}:1`, provider: 'outside' }],
  prepare: async () => ({ kind: 'ready', prepared: null }),
  make,
  ...fields,
});

/** What a step does to prepare an effect; some do nothing. */
export const preparing = (step: OutsideStep): NonNullable<OutsideStep['prepare']> =>
  step.prepare ?? (async () => ({ kind: 'ready', prepared: undefined }));

export const effectKeys =
  (...keys: string[]): OutsideStep['effects'] =>
  () =>
    keys.map((key) => ({ key, provider: 'outside' }));

let plans = 0;

/** A plan of these steps, under a name of its own, so that no other test's worker takes its jobs. */
export function planOf(steps: Step[], details: Record<string, Partial<PlanStep>> = {}): Plan {
  plans += 1;
  return {
    name: `plan_${plans}`,
    version: 1,
    steps: steps.map(({ name, version }) => ({ name, version, needs: [], holds: true, ...details[name] })),
  };
}

export const evidence = (fields: JsonObject = {}): JsonObject => ({ made: true, ...fields });

/** Something a test waits for, or holds back until it is done looking. */
export function gate() {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), passed };
}
