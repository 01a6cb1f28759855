import { Fault } from '../domain/fault.ts';
import { type Progress, progressOf } from '../domain/job.ts';
import type { JobRecord, StateChange } from '../ports/jobStore.ts';
import type { OutsideStep } from '../ports/step.ts';
import type { Draft } from './draft.ts';
import { note, runnableIn } from './draft.ts';
import { effectStatus } from './jobRun.ts';
import { type KnownSteps, knownStep } from './knownSteps.ts';

/** Whether the run still has its hands full once this batch is committed, so that it keeps its lease. */
function staysBusy(draft: Draft, steps: KnownSteps): boolean {
  for (const work of draft.run.inFlight) if (!draft.finished.has(work)) return true;
  // New facts or a person's word: what is in flight is finished, then the job is claimed afresh.
  if (draft.drains) return false;
  return runnableIn(draft).some((planned) => {
    const step = knownStep(steps, planned);
    return step?.kind === 'outside' ? hasDueEffects(draft, step) : step !== undefined;
  });
}

function hasDueEffects(draft: Draft, step: OutsideStep): boolean {
  const owed = draft.view.owedBy(step);
  if (owed instanceof Fault) return false;
  return owed.some((effect) => {
    const { state, dueAt } = effectStatus(draft.effects, step.name, effect.key);
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

/** Derives the job's state from its steps, and says what is to be written of all that. */
export function settle(draft: Draft, context: { steps: KnownSteps; actor: string }): JobRecord {
  const end = endOf(draft, context);
  return {
    lease: draft.run.lease,
    steps: draft.steps.changes(),
    effects: draft.effects.changes(),
    // A person who spoke meanwhile may have added rows too.
    mayHaveMore: draft.drains,
    events: draft.events,
    order: draft.order,
    change: draft.change,
    gotOn: draft.run.lossesAlone > 0 && getsOn(draft),
    release: end,
  };
}

/** Whether something is over now that was owed before: a job that gets on does not kill whoever touches it. */
function getsOn({ steps, effects }: Draft): boolean {
  const isOver = ({ state }: { state: string }) => state === 'done' || state === 'skipped';
  return [steps.changes(), effects.changes()].some(({ added, updated }) =>
    [...added, ...updated].some(isOver),
  );
}

/** Settles the job's state. Returns when it is due again if its lease ends. */
function endOf(draft: Draft, { steps, actor }: { steps: KnownSteps; actor: string }): JobRecord['release'] {
  const { run } = draft;
  if (draft.cancelled) {
    const { reason } = draft.cancelled;
    note(draft, actor, { kind: 'job.cancelled', data: { reason } });
    draft.telemetry.push({ name: 'job.cancelled', jobId: run.lease.jobId, reason });
    draft.change = { state: 'cancelled', reason, failedStep: null, finished: true };
    return { dueAt: null };
  }
  if (draft.givenUp) {
    const { step: failedStep, reason } = draft.givenUp;
    changeState(draft, { state: 'failed', reason, failedStep }, actor);
    return { dueAt: null };
  }
  const progress = progressOf(run.view.plan, draft.steps, draft.now);
  const keeps = staysBusy(draft, steps);
  // A job that fails while an independent step still runs stays open until that step is done.
  const state = progress.state === 'failed' && keeps ? 'open' : progress.state;
  // A person has spoken, or a new fact: whoever claims it afresh knows what it is now, unless it is done.
  if (draft.drains && state !== 'completed') return keeps ? null : { dueAt: draft.now };
  if (state !== run.state || (stands.has(state) && progress.reason !== run.reason))
    changeState(draft, { state, reason: progress.reason, failedStep: progress.failedStep }, actor);
  return keeps ? null : { dueAt: dueAfterRelease(draft, progress) };
}

const stands: ReadonlySet<string> = new Set(['blocked', 'held']);

function changeState(draft: Draft, to: Omit<StateChange, 'finished'>, actor: string): void {
  tellStateChange(draft, to, actor);
  draft.change = { ...to, finished: to.state === 'completed' || to.state === 'failed' };
}

function tellStateChange(draft: Draft, progress: Omit<StateChange, 'finished'>, actor: string): void {
  const { run, now } = draft;
  const { jobId } = run.lease;
  const { kind } = run.view;
  const latencySeconds = (now.getTime() - run.view.acceptedAt.getTime()) / 1000;
  const slaMet = now <= run.slaDeadline;
  switch (progress.state) {
    case 'completed':
      // Latency is the line's time less the job's: said here, no two jobs would have the same line.
      note(draft, actor, { kind: 'job.completed', data: { sla_met: slaMet } });
      draft.telemetry.push({ name: 'job.completed', jobId, kind, latencySeconds, slaMet });
      break;
    case 'failed': {
      const step = progress.failedStep ?? 'unknown';
      const reason = progress.reason ?? 'unknown';
      note(draft, actor, { kind: 'job.failed', data: { step, reason } });
      draft.telemetry.push({ name: 'job.failed', jobId, kind, step, reason, latencySeconds, slaMet });
      break;
    }
    case 'blocked':
      note(draft, actor, { kind: 'job.blocked', data: { reason: progress.reason } });
      draft.telemetry.push({ name: 'job.blocked', jobId, reason: progress.reason ?? 'unknown' });
      break;
    case 'held':
      note(draft, actor, { kind: 'job.held', data: { reason: progress.reason } });
      draft.telemetry.push({ name: 'job.held', jobId, reason: progress.reason ?? 'unknown' });
      break;
    case 'open':
      if (run.state !== 'open') note(draft, actor, { kind: 'job.reopened', data: {} });
      break;
    default:
      break;
  }
}
