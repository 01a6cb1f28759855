import { heldRecheckMs } from '../domain/heldReasons.ts';
import { blockedRecheckMs, decideAfterFault, type RetryPolicy } from '../domain/retryPolicy.ts';
import type { EffectOutcome, JsonObject, StepOutcome } from '../ports/step.ts';
import type { StepResult } from '../ports/telemetry.ts';
import type { Faulted } from './entry.ts';
import { Parked } from './providers/parked.ts';

/** What an outcome means for the row of its step or effect, and how the timeline tells it. */
export interface Verdict {
  state: 'done' | 'skipped' | 'waiting' | 'unknown' | 'blocked' | 'failed';
  attempts: number;
  dueAt: Date | null;
  reason: string | null;
  result: StepResult;
  /** Details for the timeline; codes, counts and durations only. */
  told: JsonObject;
  /** No attempt was made: what it waits for is told once in the timeline, or says nothing of the job. */
  parked?: 'told' | 'untold';
}

export interface VerdictContext {
  attempt: number;
  now: Date;
  /** The job's facts have moved meanwhile: what waits for a fact looks again at once. */
  stale: boolean;
  retry: RetryPolicy;
  /** Uniform in [0, 1). */
  random: number;
  /** What was known of the step or effect before. */
  known?: { state: string; reason: string | null } | undefined;
}

type Outcome = Exclude<StepOutcome, { kind: 'cancel_job' | 'again' }> | EffectOutcome | Faulted;

/** The one place where outcomes are judged, for steps and effects alike. */
export function verdictOf(outcome: Outcome, context: VerdictContext): Verdict {
  const { attempt } = context;
  switch (outcome.kind) {
    case 'done':
      return { state: 'done', result: 'done', attempts: attempt, dueAt: null, reason: null, told: {} };
    case 'skip':
      return {
        state: 'skipped',
        result: 'skipped',
        attempts: attempt,
        dueAt: null,
        reason: outcome.reason,
        told: { reason: outcome.reason },
      };
    case 'wait':
      return {
        state: 'waiting',
        result: 'waiting',
        attempts: attempt - 1,
        dueAt: lookAgainAt(context, outcome.afterMs),
        reason: outcome.reason,
        told: { reason: outcome.reason, again_in_ms: outcome.afterMs },
      };
    case 'block':
      return blocked(outcome, context);
    case 'hold':
      return {
        ...blocked({ ...outcome, recheckMs: outcome.recheckMs ?? heldRecheckMs }, context),
        result: 'held',
      };
    case 'fault':
      return afterFault(outcome, context);
  }
}

const after = (now: Date, ms: number) => new Date(now.getTime() + ms);
const lookAgainAt = ({ now, stale }: VerdictContext, ms: number) => (stale ? now : after(now, ms));

function blocked(
  block: { reason: string; detail?: string; recheckMs?: number },
  context: VerdictContext,
): Verdict {
  return {
    state: 'blocked',
    result: 'blocked',
    attempts: context.attempt - 1,
    dueAt: lookAgainAt(context, block.recheckMs ?? blockedRecheckMs),
    reason: block.reason,
    told: { reason: block.reason, detail: block.detail },
  };
}

/** Work that may not call its provider now stays what it was, blocked or in doubt; only its time moves. */
function parked(fault: Parked, decidedMs: number, { attempt, now, known }: VerdictContext): Verdict {
  const { reason, provider } = fault;
  const afterMs = Math.ceil(fault.afterMs ?? decidedMs);
  const inDoubt = known?.state === 'unknown' || known?.state === 'intended';
  const isBlocked = known?.state === 'blocked';
  return {
    state: isBlocked ? 'blocked' : inDoubt ? 'unknown' : 'waiting',
    result: 'waiting',
    attempts: attempt - 1,
    dueAt: after(now, afterMs),
    reason: isBlocked ? known.reason : reason,
    told: { reason, provider, again_in_ms: afterMs },
    parked: fault.told && !isBlocked ? 'told' : 'untold',
  };
}

function afterFault({ fault }: Faulted, context: VerdictContext): Verdict {
  const { attempt, now } = context;
  const told: JsonObject = {
    fault: fault.kind,
    reason: fault.reason,
    message: fault.message,
    ...(fault.provider ? { provider: fault.provider } : {}),
    ...(fault.providerRequestId ? { provider_request_id: fault.providerRequestId } : {}),
  };
  const decision = decideAfterFault(fault, attempt, context.retry, context.random);
  switch (decision.then) {
    case 'block':
      return blocked({ reason: fault.reason, detail: fault.message, recheckMs: decision.recheckMs }, context);
    case 'fail':
      return {
        state: 'failed',
        result: 'failed',
        attempts: attempt,
        dueAt: null,
        reason: fault.reason,
        told,
      };
    case 'retry':
      if (fault instanceof Parked) return parked(fault, decision.afterMs, context);
      return {
        state: fault.kind === 'unknown_effect' ? 'unknown' : 'waiting',
        result: 'retry',
        attempts: decision.spendsAttempt ? attempt : attempt - 1,
        dueAt: after(now, decision.afterMs),
        reason: fault.reason,
        told: { ...told, again_in_ms: decision.afterMs },
      };
  }
}
