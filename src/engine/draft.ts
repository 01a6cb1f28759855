import type { EffectRow, StateChange, StepRow, TimelineEvent } from '../ports/jobStore.ts';
import { Fault } from '../domain/fault.ts';
import { runnableSteps, stepStatusOf } from '../domain/job.ts';
import type { PlanStep } from '../domain/plan.ts';
import type { Random } from '../ports/random.ts';
import type { EffectOutcome, EffectSpec, JsonObject, OutsideStep, Step, StepOutcome } from '../ports/step.ts';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import type { Announced, Faulted } from './entry.ts';
import { effectId, effectStatus, type JobRun } from './jobRun.ts';
import { Overlay } from './overlay.ts';
import type { RunView } from './runView.ts';
import { type Verdict, type VerdictContext, verdictOf } from './verdict.ts';

/**
 * What a transaction is about to write for one job. The run itself changes only after COMMIT, so a batch that is
 * rolled back and split starts again from the truth.
 */
export interface Draft {
  run: JobRun;
  steps: Overlay<StepRow>;
  effects: Overlay<EffectRow>;
  /** The job as the steps of this transaction see it: with the outputs that are being recorded. */
  view: RunView;
  /** The order, when this transaction resolves it. */
  order: JsonObject | null;
  now: Date;
  /** What this batch finishes, so what is no longer in flight once it is committed. */
  finished: Set<string>;
  /** Steps whose effects have changed, so that their own rows must follow. */
  moved: Set<OutsideStep> | null;
  events: TimelineEvent[];
  telemetry: TelemetryEvent[];
  cancelled: { reason: string } | null;
  /** The job as a whole is given up: the step that is blamed, and why. */
  givenUp: { step: string; reason: string } | null;
  /** The job's control_seq has moved since it was claimed. */
  drains: boolean;
  /** See `runnableIn`; null when it must be asked again. */
  runnable: PlanStep[] | null;
  /** Effects announced by this transaction, to be made once it is committed. */
  announced: Announced[] | null;
  /** The job's state as this batch writes it, when it changes. */
  change: StateChange | null;
}

export function openDraft(run: JobRun, now: Date, drains: boolean): Draft {
  return {
    run,
    steps: new Overlay(run.steps),
    effects: new Overlay(run.effects),
    view: run.view,
    order: null,
    now,
    finished: new Set(),
    moved: null,
    events: [],
    telemetry: [],
    cancelled: null,
    givenUp: null,
    drains,
    runnable: null,
    announced: null,
    change: null,
  };
}

/** After COMMIT: what was a draft is now what is known. */
export function adoptDraft(draft: Draft): void {
  const { run } = draft;
  draft.steps.adopt();
  draft.effects.adopt();
  run.view = draft.view;
  run.observe(draft.now);
  if (draft.drains) run.draining = true;
  if (draft.change) {
    run.state = draft.change.state;
    run.reason = draft.change.reason;
  }
  for (const work of draft.finished) run.inFlight.delete(work);
}

/** Tells the later steps of this transaction what one has brought. The run's own view stays as it is until COMMIT. */
function tellView(draft: Draft, step: string, output: JsonObject, order: JsonObject | undefined): void {
  if (draft.view === draft.run.view) draft.view = draft.view.copy();
  draft.view.tell(step, output, order);
}

/** The steps that can be started now, as this transaction leaves them. */
export function runnableIn(draft: Draft): PlanStep[] {
  return (draft.runnable ??= runnableSteps(draft.view.plan, draft.steps, draft.now));
}

function setStep(draft: Draft, row: StepRow): void {
  draft.steps.set(row.step, row);
  draft.runnable = null;
}

export function note(
  draft: Draft,
  actor: string,
  { kind, step, data }: { kind: string; step?: string; data: JsonObject },
): void {
  draft.events.push({ kind, step: step ?? null, actor, data });
}

/** An attempt as it is told: which one, how long, by whom. */
export interface Attempt {
  attempt: number;
  durationMs: number;
  actor: string;
  /** For the jitter of a retry. */
  random: Random;
  /** What the jobs have in common for which this attempt was simply done. */
  done?: { row: StepRow; event: TimelineEvent };
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
  if (outcome.kind === 'again') {
    beginAnew(draft);
    const wait = { kind: 'wait', afterMs: 0, reason: outcome.reason } as const;
    return applyStepOutcome(draft, step, wait, { ...attempt, attempt: 1 });
  }
  if (outcome.kind === 'done') return applyDone(draft, step, outcome, attempt);
  const known = draft.steps.get(step.name);
  const verdict = verdictOf(outcome, verdictContext(draft, step, attempt, known));
  setStep(draft, {
    step: step.name,
    state: verdict.state === 'unknown' ? 'waiting' : verdict.state,
    attempts: verdict.attempts,
    dueAt: verdict.dueAt,
    reason: verdict.reason,
    output: null,
  });
  tell(draft, { subject: 'step', step: step.name, known, verdict, data: {} }, attempt);
}

/** Every step that has had its say waits for its turn again. Their effects stay: what was done is not done twice. */
function beginAnew(draft: Draft): void {
  for (const { name } of draft.view.plan.steps) {
    if (!draft.steps.get(name)) continue;
    setStep(draft, { step: name, state: 'waiting', attempts: 0, dueAt: null, reason: null, output: null });
  }
}

const noOutput: JsonObject = {};

function applyDone(
  draft: Draft,
  step: Step,
  outcome: Extract<StepOutcome, { kind: 'done' }>,
  attempt: Attempt,
): void {
  const { output = noOutput, order } = outcome;
  tellView(draft, step.name, output, order);
  if (order) draft.order = order;
  const done = (attempt.done ??= doneAlike(step.name, attempt));
  setStep(draft, output === noOutput ? done.row : { ...done.row, output });
  draft.events.push(done.event);
  tellAttempt(draft, { step: step.name, outcome: 'done', reason: null }, attempt);
}

function doneAlike(step: string, { attempt, durationMs, actor }: Attempt): NonNullable<Attempt['done']> {
  return {
    row: { step, state: 'done', attempts: attempt, dueAt: null, reason: null, output: noOutput },
    event: { kind: 'step.done', step, actor, data: { attempt, ms: Math.round(durationMs) } },
  };
}

const verdictContext = (
  draft: Draft,
  step: Step,
  { attempt, random }: Attempt,
  known: VerdictContext['known'],
): VerdictContext => ({
  attempt,
  random: random.next(),
  known,
  now: draft.now,
  stale: draft.drains,
  retry: step.retry,
});

/** Says, before anything is done outside, that it is about to be done. The step's own row waits for the outcome. */
export function applyIntent(draft: Draft, step: OutsideStep, effect: EffectSpec, attempts: number): void {
  const { state, dueAt, reason } = effectStatus(draft.effects, step.name, effect.key);
  // What was blocked stays so until it is done: a recheck is no reason to call the job well and then ill again.
  const blocked = state === 'blocked';
  draft.effects.set(effectId(step.name, effect.key), {
    step: step.name,
    effectKey: effect.key,
    state: blocked ? state : 'intended',
    attempts,
    dueAt: blocked ? dueAt : null,
    reason: blocked ? reason : null,
    evidence: null,
  });
}

/** Applies the outcome of one effect. Once all of them are applied, `settleMoved` brings the steps' rows in line. */
export function applyEffectOutcome(
  draft: Draft,
  { step, effect }: { step: OutsideStep; effect: EffectSpec },
  outcome: EffectOutcome | Faulted,
  attempt: Attempt,
): void {
  const known = effectStatus(draft.effects, step.name, effect.key);
  const verdict = verdictOf(outcome, verdictContext(draft, step, attempt, known));
  const evidence =
    outcome.kind === 'done' ? outcome.evidence : outcome.kind === 'skip' ? { skipped: outcome.reason } : null;
  draft.effects.set(effectId(step.name, effect.key), {
    step: step.name,
    effectKey: effect.key,
    state: verdict.state === 'skipped' ? 'done' : verdict.state,
    attempts: verdict.attempts,
    dueAt: verdict.dueAt,
    reason: verdict.reason,
    evidence,
  });
  (draft.moved ??= new Set()).add(step);
  const data = { effect: effect.key, ...(outcome.kind === 'done' ? outcome.evidence : {}) };
  tell(draft, { subject: 'effect', step: step.name, known, verdict, data }, attempt);
}

/** A step's row is a function of all its effects. */
export function settleMoved(draft: Draft): void {
  for (const step of draft.moved ?? []) {
    const owed = draft.view.owedBy(step);
    if (owed instanceof Fault) throw owed;
    const statuses = owed.map(({ key }) => effectStatus(draft.effects, step.name, key));
    const { state, attempts, dueAt, reason } = stepStatusOf(statuses);
    const output = draft.steps.get(step.name)?.output ?? null;
    setStep(draft, { step: step.name, state, attempts, dueAt, reason, output });
  }
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
  if (!still || (result !== 'blocked' && result !== 'held' && result !== 'waiting')) {
    const described = { attempt: attempt.attempt, ms: Math.round(durationMs), ...data, ...told };
    note(draft, actor, { kind: `${subject}.${result}`, step, data: described });
  }
  tellAttempt(draft, { step, outcome: result, reason }, attempt);
}

function tellAttempt(
  draft: Draft,
  { step, outcome, reason }: { step: string; outcome: Verdict['result']; reason: string | null },
  { attempt, durationMs }: Attempt,
): void {
  const { jobId } = draft.run.lease;
  const told = { name: 'step.attempted', jobId, step, outcome, attempt, durationMs } as const;
  draft.telemetry.push(reason ? { ...told, reason } : told);
}
