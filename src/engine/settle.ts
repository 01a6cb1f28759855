import { Fault } from '../domain/fault.ts';
import { type Progress, progressOf, runnableSteps } from '../domain/job.ts';
import type { RecordBatch } from '../ports/jobStore.ts';
import type { OutsideStep } from '../ports/step.ts';
import type { Draft } from './draft.ts';
import { note } from './draft.ts';
import { effectStatus } from './jobRun.ts';
import { type KnownSteps, knownStep, owedEffects } from './knownSteps.ts';

/** Whether the run still has its hands full once this batch is committed, so that it keeps its lease. */
function staysBusy(draft: Draft, steps: KnownSteps): boolean {
  for (const work of draft.run.inFlight) if (!draft.finished.has(work)) return true;
  // New facts or a person's word: what is in flight is finished, then the job is claimed afresh.
  if (draft.drains) return false;
  return runnableSteps(draft.run.view.plan, draft.memory.steps, draft.now).some((planned) => {
    const step = knownStep(steps, planned);
    return step?.kind === 'outside' ? hasDueEffects(draft, step) : step !== undefined;
  });
}

function hasDueEffects(draft: Draft, step: OutsideStep): boolean {
  const owed = owedEffects(step, draft.view);
  if (owed instanceof Fault) return false;
  return owed.some((effect) => {
    const { state, dueAt } = effectStatus(draft.memory, step.name, effect.key);
    return state !== 'done' && state !== 'failed' && (dueAt === null || dueAt <= draft.now);
  });
}

/** How long a job is left alone whose next step only another build of the worker knows. */
const unknownStepRecheckMs = 60_000;

/** When a released job is due again. Due now though nothing could be started: its next step is unknown here. */
function dueAfterRelease({ drains, now }: Draft, { dueAt }: Progress): Date | null {
  if (drains || dueAt === null) return drains ? now : null;
  return dueAt > now ? dueAt : new Date(now.getTime() + unknownStepRecheckMs);
}

/** Derives the job's state from its steps and adds what follows to the batch. Returns whether the lease ends. */
export function settle(
  draft: Draft,
  batch: RecordBatch,
  context: { steps: KnownSteps; actor: string },
): boolean {
  const { run } = draft;
  const { jobId } = run.lease;
  for (const row of draft.steps.values()) batch.steps.push({ lease: run.lease, row });
  if (draft.order) batch.orders.push({ jobId, order: draft.order });
  for (const row of draft.effects.values()) batch.effects.push({ lease: run.lease, row });

  if (draft.cancelled) {
    const { reason } = draft.cancelled;
    note(draft, context.actor, { kind: 'job.cancelled', data: { reason } });
    draft.telemetry.push({ name: 'job.cancelled', jobId, reason });
    draft.stateAfter = { jobId, state: 'cancelled', reason, failedStep: null, finished: true };
    batch.jobs.push(draft.stateAfter);
    batch.released.push({ jobId, dueAt: null });
    for (const event of draft.events) batch.events.push(event);
    return true;
  }

  if (draft.givenUp) {
    const { step: failedStep, reason } = draft.givenUp;
    tellStateChange(draft, { state: 'failed', reason, failedStep }, context.actor);
    draft.stateAfter = { jobId, state: 'failed', reason, failedStep, finished: true };
    batch.jobs.push(draft.stateAfter);
    batch.released.push({ jobId, dueAt: null });
    for (const event of draft.events) batch.events.push(event);
    return true;
  }

  const progress = progressOf(run.view.plan, draft.memory.steps, draft.now);
  const keeps = staysBusy(draft, context.steps);
  // A job that fails while an independent step still runs stays open until that step is done.
  const state = progress.state === 'failed' && keeps ? 'open' : progress.state;
  if (state !== run.state || (state === 'blocked' && progress.reason !== run.reason)) {
    tellStateChange(draft, { ...progress, state }, context.actor);
    const finished = state === 'completed' || state === 'failed';
    draft.stateAfter = { jobId, state, reason: progress.reason, failedStep: progress.failedStep, finished };
    batch.jobs.push(draft.stateAfter);
  }
  for (const event of draft.events) batch.events.push(event);
  if (keeps) return false;
  batch.released.push({ jobId, dueAt: dueAfterRelease(draft, progress) });
  return true;
}

function tellStateChange(
  draft: Draft,
  progress: { state: string; reason: string | null; failedStep: string | null },
  actor: string,
): void {
  const { run, now } = draft;
  const { jobId } = run.lease;
  const latencySeconds = (now.getTime() - run.view.acceptedAt.getTime()) / 1000;
  const slaMet = now <= run.slaDeadline;
  switch (progress.state) {
    case 'completed':
      // Latency is the line's time less the job's: said here, no two jobs would have the same line.
      note(draft, actor, { kind: 'job.completed', data: { sla_met: slaMet } });
      draft.telemetry.push({ name: 'job.completed', jobId, latencySeconds, slaMet });
      break;
    case 'failed': {
      const step = progress.failedStep ?? 'unknown';
      const reason = progress.reason ?? 'unknown';
      note(draft, actor, { kind: 'job.failed', data: { step, reason } });
      draft.telemetry.push({ name: 'job.failed', jobId, step, reason, latencySeconds, slaMet });
      break;
    }
    case 'blocked':
      note(draft, actor, { kind: 'job.blocked', data: { reason: progress.reason } });
      draft.telemetry.push({ name: 'job.blocked', jobId, reason: progress.reason ?? 'unknown' });
      break;
    case 'open':
      if (run.state !== 'open') note(draft, actor, { kind: 'job.reopened', data: {} });
      break;
    default:
      break;
  }
}
