import { blockedRecheckMs, decideAfterFault } from '../domain/retryPolicy.ts';
import type { Random } from '../ports/random.ts';
import type { EffectRow, RecordBatch, StepRow, TimelineEvent } from '../ports/jobStore.ts';
import type { EffectOutcome, EffectSpec, JsonObject, OutsideStep, Step, StepOutcome } from '../ports/step.ts';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import type { Faulted } from './entry.ts';
import type { JobMemory, JobRun } from './jobRun.ts';
import { copyMemory, effectStatus, setEffect, stepAttempts } from './jobRun.ts';

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
  /** The job's control_seq has moved since it was claimed. */
  drains: boolean;
  /** The job's state as this batch writes it, when it changes. */
  stateAfter: RecordBatch['jobs'][number] | null;
}

export function openDraft(run: JobRun, now: Date): Draft {
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
    drains: false,
    stateAfter: null,
  };
}

export function note(draft: Draft, actor: string, event: { kind: string; step?: string; data: JsonObject }): void {
  draft.events.push({
    jobId: draft.run.lease.jobId,
    kind: event.kind,
    step: event.step ?? null,
    actor,
    data: event.data,
  });
}

const after = (now: Date, ms: number) => new Date(now.getTime() + ms);

export interface Measured {
  attempt: number;
  durationMs: number;
}

function writeStep(draft: Draft, row: StepRow): void {
  draft.memory.steps.set(row.step, row);
  draft.steps.set(row.step, row);
}

/** Applies the outcome of a read or commit step. */
export function applyStepOutcome(
  draft: Draft,
  step: Step,
  outcome: StepOutcome | Faulted,
  context: Measured & { actor: string; random: Random },
): void {
  const { attempt, durationMs, actor } = context;
  const base = { step: step.name, attempts: attempt, dueAt: null, reason: null, output: null };
  const tell = (result: 'done' | 'skipped' | 'waiting' | 'retry' | 'blocked' | 'failed', reason?: string) =>
    draft.telemetry.push({
      name: 'step.attempted',
      jobId: draft.run.lease.jobId,
      step: step.name,
      outcome: result,
      attempt,
      durationMs,
      ...(reason ? { reason } : {}),
    });
  switch (outcome.kind) {
    case 'done': {
      const output = outcome.output ?? {};
      draft.view.outputs.set(step.name, output);
      if (outcome.order) draft.order = draft.view.order = outcome.order;
      writeStep(draft, { ...base, state: 'done', output });
      note(draft, actor, { kind: 'step.done', step: step.name, data: { attempt, ms: Math.round(durationMs) } });
      return void tell('done');
    }
    case 'skip':
      writeStep(draft, { ...base, state: 'skipped', reason: outcome.reason });
      note(draft, actor, { kind: 'step.skipped', step: step.name, data: { reason: outcome.reason } });
      return void tell('skipped', outcome.reason);
    case 'wait':
      writeStep(draft, { ...base, state: 'waiting', attempts: attempt - 1, dueAt: after(draft.now, outcome.afterMs), reason: outcome.reason });
      note(draft, actor, { kind: 'step.waiting', step: step.name, data: { reason: outcome.reason, again_in_ms: outcome.afterMs } });
      return void tell('waiting', outcome.reason);
    case 'block':
      return blockStep(draft, step, outcome, context);
    case 'cancel_job':
      writeStep(draft, { ...base, state: 'skipped', reason: outcome.reason });
      draft.cancelled = { reason: outcome.reason };
      return void tell('skipped', outcome.reason);
    case 'fault': {
      const { fault } = outcome;
      const decision = decideAfterFault(fault, attempt, step.retry, context.random.next());
      if (decision.then === 'block') {
        return blockStep(draft, step, { reason: fault.reason, detail: fault.message, recheckMs: decision.recheckMs }, context);
      }
      const retry = decision.then === 'retry';
      const attempts = retry && !decision.spendsAttempt ? attempt - 1 : attempt;
      writeStep(draft, {
        ...base,
        attempts,
        state: retry ? 'waiting' : 'failed',
        dueAt: retry ? after(draft.now, decision.afterMs) : null,
        reason: fault.reason,
      });
      note(draft, actor, {
        kind: retry ? 'step.retry' : 'step.failed',
        step: step.name,
        data: { attempt, ...faultData(fault), ...(retry ? { again_in_ms: decision.afterMs } : {}) },
      });
      return void tell(retry ? 'retry' : 'failed', fault.reason);
    }
  }
}

function blockStep(
  draft: Draft,
  step: Step,
  block: { reason: string; detail?: string; recheckMs?: number },
  context: Measured & { actor: string },
): void {
  const already = draft.memory.steps.get(step.name);
  writeStep(draft, {
    step: step.name,
    state: 'blocked',
    attempts: context.attempt - 1,
    dueAt: after(draft.now, block.recheckMs ?? blockedRecheckMs),
    reason: block.reason,
    output: null,
  });
  // A recheck that finds the same is no news; only a new reason is.
  if (already?.state !== 'blocked' || already.reason !== block.reason) {
    note(draft, context.actor, { kind: 'step.blocked', step: step.name, data: { reason: block.reason, detail: block.detail } });
  }
  draft.telemetry.push({
    name: 'step.attempted',
    jobId: draft.run.lease.jobId,
    step: step.name,
    outcome: 'blocked',
    attempt: context.attempt,
    durationMs: context.durationMs,
    reason: block.reason,
  });
}

const faultData = (fault: Faulted['fault']): JsonObject => ({
  fault: fault.kind,
  reason: fault.reason,
  message: fault.message,
  ...(fault.provider ? { provider: fault.provider } : {}),
  ...(fault.providerRequestId ? { provider_request_id: fault.providerRequestId } : {}),
});

function writeEffect(draft: Draft, step: OutsideStep, row: EffectRow): void {
  const keys = step.effects(draft.view).map((effect) => effect.key);
  draft.effects.set(`${row.step}/${row.effectKey}`, row);
  draft.steps.set(step.name, setEffect(draft.memory, row, keys));
}

/** Says, before anything is done outside, that it is about to be done. */
export function applyIntent(draft: Draft, step: OutsideStep, effect: EffectSpec, attempt: number): void {
  writeEffect(draft, step, {
    step: step.name,
    effectKey: effect.key,
    state: 'intended',
    attempts: attempt,
    dueAt: null,
    reason: null,
    evidence: null,
  });
}

/** Applies the outcome of one effect. */
export function applyEffectOutcome(
  draft: Draft,
  step: OutsideStep,
  effect: EffectSpec,
  outcome: EffectOutcome | Faulted,
  context: Measured & { actor: string; random: Random },
): void {
  const { attempt, durationMs, actor } = context;
  const row = { step: step.name, effectKey: effect.key, attempts: attempt, dueAt: null, reason: null, evidence: null };
  const data = { effect: effect.key, attempt, ms: Math.round(durationMs) };
  const tell = (result: 'done' | 'skipped' | 'retry' | 'blocked' | 'failed', reason?: string) =>
    draft.telemetry.push({
      name: 'step.attempted',
      jobId: draft.run.lease.jobId,
      step: step.name,
      outcome: result,
      attempt,
      durationMs,
      ...(reason ? { reason } : {}),
    });
  switch (outcome.kind) {
    case 'done':
      writeEffect(draft, step, { ...row, state: 'done', evidence: outcome.evidence });
      note(draft, actor, { kind: 'effect.done', step: step.name, data: { ...data, ...outcome.evidence } });
      return void tell('done');
    case 'skip':
      writeEffect(draft, step, { ...row, state: 'done', evidence: { skipped: outcome.reason } });
      note(draft, actor, { kind: 'effect.skipped', step: step.name, data: { effect: effect.key, reason: outcome.reason } });
      return void tell('skipped', outcome.reason);
    case 'block': {
      const already = effectStatus(draft.memory, step.name, effect.key);
      writeEffect(draft, step, {
        ...row,
        state: 'blocked',
        attempts: attempt - 1,
        dueAt: after(draft.now, outcome.recheckMs ?? blockedRecheckMs),
        reason: outcome.reason,
      });
      if (already.state !== 'blocked' || already.reason !== outcome.reason) {
        note(draft, actor, { kind: 'effect.blocked', step: step.name, data: { ...data, reason: outcome.reason, detail: outcome.detail } });
      }
      return void tell('blocked', outcome.reason);
    }
    case 'fault': {
      const { fault } = outcome;
      const decision = decideAfterFault(fault, attempt, step.retry, context.random.next());
      if (decision.then === 'block') {
        const block = { kind: 'block' as const, reason: fault.reason, detail: fault.message, recheckMs: decision.recheckMs };
        return applyEffectOutcome(draft, step, effect, block, context);
      }
      const retry = decision.then === 'retry';
      writeEffect(draft, step, {
        ...row,
        attempts: retry && !decision.spendsAttempt ? attempt - 1 : attempt,
        state: retry ? (fault.kind === 'unknown_effect' ? 'unknown' : 'waiting') : 'failed',
        dueAt: retry ? after(draft.now, decision.afterMs) : null,
        reason: fault.reason,
      });
      note(draft, actor, {
        kind: retry ? 'effect.retry' : 'effect.failed',
        step: step.name,
        data: { ...data, ...faultData(fault), ...(retry ? { again_in_ms: decision.afterMs } : {}) },
      });
      return void tell(retry ? 'retry' : 'failed', fault.reason);
    }
  }
}

/** How often a step has been tried, this time included. */
export const nextAttempt = (memory: JobMemory, step: string) => stepAttempts(memory, step) + 1;
