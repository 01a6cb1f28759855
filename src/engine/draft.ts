import type { EffectRow, RecordBatch, StepRow, TimelineEvent } from '../ports/jobStore.ts';
import type { EffectOutcome, EffectSpec, JsonObject, OutsideStep, Step, StepOutcome } from '../ports/step.ts';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import type { Announced, Faulted } from './entry.ts';
import type { JobMemory, JobRun } from './jobRun.ts';
import { copyMemory, effectId, effectStatus, setEffect } from './jobRun.ts';
import { type Verdict, type VerdictContext, verdictOf } from './verdict.ts';

/**
 * What a transaction is about to write for one job. The run's own memory changes only after COMMIT, so a batch that
 * is rolled back and split starts again from the truth.
 */
export interface Draft {
  run: JobRun;
  memory: JobMemory;
  /** The job as the steps of this transaction see it: with the outputs that are being recorded. */
  view: JobRun['view'];
  /** The order, when this transaction resolves it. */
  order: JsonObject | null;
  now: Date;
  /** What this batch finishes, so what is no longer in flight once it is committed. */
  finished: Set<string>;
  steps: Map<string, StepRow>;
  effects: Map<string, EffectRow>;
  events: TimelineEvent[];
  telemetry: TelemetryEvent[];
  cancelled: { reason: string } | null;
  /** The job as a whole is given up: the step that is blamed, and why. */
  givenUp: { step: string; reason: string } | null;
  /** The job's control_seq has moved since it was claimed. */
  drains: boolean;
  /** Effects announced by this transaction, to be made once it is committed. */
  announced: Announced[];
  /** The job's state as this batch writes it, when it changes. */
  stateAfter: RecordBatch['jobs'][number] | null;
}

export function openDraft(run: JobRun, now: Date, drains: boolean): Draft {
  return {
    run,
    memory: copyMemory(run.memory),
    view: { ...run.view, outputs: new Map(run.view.outputs) },
    order: null,
    now,
    finished: new Set(),
    steps: new Map(),
    effects: new Map(),
    events: [],
    telemetry: [],
    cancelled: null,
    givenUp: null,
    drains,
    announced: [],
    stateAfter: null,
  };
}

export function note(
  draft: Draft,
  actor: string,
  event: { kind: string; step?: string; data: JsonObject },
): void {
  const { kind, step = null, data } = event;
  draft.events.push({ jobId: draft.run.lease.jobId, kind, step, actor, data });
}

/** An attempt as it is told: which one, how long, by whom. */
export interface Attempt {
  attempt: number;
  durationMs: number;
  actor: string;
  /** Uniform in [0, 1), for the jitter of a retry. */
  random: number;
}

/** Applies the outcome of a read or commit step. */
export function applyStepOutcome(
  draft: Draft,
  step: Step,
  outcome: StepOutcome | Faulted,
  attempt: Attempt,
): void {
  if (outcome.kind === 'cancel_job') {
    draft.cancelled = { reason: outcome.reason };
    return applyStepOutcome(draft, step, { kind: 'skip', reason: outcome.reason }, attempt);
  }
  const known = draft.memory.steps.get(step.name);
  const verdict = verdictOf(outcome, verdictContext(draft, step, attempt, known));
  const output = outcome.kind === 'done' ? (outcome.output ?? {}) : null;
  if (output) draft.view.outputs.set(step.name, output);
  if (outcome.kind === 'done' && outcome.order) draft.order = draft.view.order = outcome.order;
  const row: StepRow = {
    step: step.name,
    state: verdict.state === 'unknown' ? 'waiting' : verdict.state,
    attempts: verdict.attempts,
    dueAt: verdict.dueAt,
    reason: verdict.reason,
    output,
  };
  draft.memory.steps.set(step.name, row);
  draft.steps.set(step.name, row);
  tell(draft, { subject: 'step', step: step.name, known, verdict, data: {} }, attempt);
}

const verdictContext = (
  draft: Draft,
  step: Step,
  { attempt, random }: Attempt,
  known: VerdictContext['known'],
): VerdictContext => ({
  attempt,
  random,
  known,
  now: draft.now,
  stale: draft.drains,
  retry: step.retry,
});

/** Says, before anything is done outside, that it is about to be done. The step's own row waits for the outcome. */
export function applyIntent(draft: Draft, step: OutsideStep, effect: EffectSpec, attempts: number): void {
  const { state, dueAt, reason } = effectStatus(draft.memory, step.name, effect.key);
  const row = { step: step.name, effectKey: effect.key, attempts, evidence: null };
  // What was blocked stays so until it is done: a recheck is no reason to call the job well and then ill again.
  const blocked = state === 'blocked';
  writeEffect(
    draft,
    step,
    blocked ? { ...row, state, dueAt, reason } : { ...row, state: 'intended', dueAt: null, reason: null },
  );
}

/** Applies the outcome of one effect. */
export function applyEffectOutcome(
  draft: Draft,
  { step, effect }: { step: OutsideStep; effect: EffectSpec },
  outcome: EffectOutcome | Faulted,
  attempt: Attempt,
): void {
  const known = effectStatus(draft.memory, step.name, effect.key);
  const verdict = verdictOf(outcome, verdictContext(draft, step, attempt, known));
  const evidence =
    outcome.kind === 'done' ? outcome.evidence : outcome.kind === 'skip' ? { skipped: outcome.reason } : null;
  const stepRow = writeEffect(draft, step, {
    step: step.name,
    effectKey: effect.key,
    state: verdict.state === 'skipped' ? 'done' : verdict.state,
    attempts: verdict.attempts,
    dueAt: verdict.dueAt,
    reason: verdict.reason,
    evidence,
  });
  draft.steps.set(step.name, stepRow);
  const data = { effect: effect.key, ...(outcome.kind === 'done' ? outcome.evidence : {}) };
  tell(draft, { subject: 'effect', step: step.name, known, verdict, data }, attempt);
}

function writeEffect(draft: Draft, step: OutsideStep, row: EffectRow): StepRow {
  const keys = step.effects(draft.view).map((effect) => effect.key);
  draft.effects.set(effectId(row.step, row.effectKey), row);
  return setEffect(draft.memory, row, keys);
}

interface Told {
  subject: 'step' | 'effect';
  step: string;
  /** What was known before. */
  known: { state: string; reason: string | null } | undefined;
  verdict: Verdict;
  data: JsonObject;
}

function tell(draft: Draft, { subject, step, known, verdict, data }: Told, attempt: Attempt): void {
  const { result, reason, told, parked } = verdict;
  const { actor, durationMs } = attempt;
  // It is no news that one is still blocked, or still waits, for the same reason.
  const still = known?.state === verdict.state && known.reason === reason;
  // Nor does waiting for a place at a provider tell anything of the job.
  if (parked === 'untold' || (parked && still)) return;
  if (!still || (result !== 'blocked' && result !== 'waiting')) {
    const measured = { attempt: attempt.attempt, ms: Math.round(durationMs) };
    note(draft, actor, { kind: `${subject}.${result}`, step, data: { ...measured, ...data, ...told } });
  }
  draft.telemetry.push({
    name: 'step.attempted',
    jobId: draft.run.lease.jobId,
    step,
    outcome: result,
    attempt: attempt.attempt,
    durationMs,
    ...(reason ? { reason } : {}),
  });
}
