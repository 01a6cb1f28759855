import { blockedRecheckMs, decideAfterFault, type RetryPolicy } from '../domain/retryPolicy.ts';
import type { EffectOutcome, JsonObject, StepOutcome } from '../ports/step.ts';
import type { StepResult } from '../ports/telemetry.ts';
import type { Faulted } from './entry.ts';

/** What an outcome means for the row of its step or effect, and how the timeline tells it. */
export interface Verdict {
  state: 'done' | 'skipped' | 'waiting' | 'unknown' | 'blocked' | 'failed';
  attempts: number;
  dueAt: Date | null;
  reason: string | null;
  result: StepResult;
  /** Details for the timeline; codes, counts and durations only. */
  told: JsonObject;
}

export interface VerdictContext {
  attempt: number;
  now: Date;
  /** The job's facts have moved meanwhile: what waits for a fact looks again at once. */
  stale: boolean;
  retry: RetryPolicy;
  /** Uniform in [0, 1). */
  random: number;
}

type Outcome = Exclude<StepOutcome, { kind: 'cancel_job' }> | EffectOutcome | Faulted;

/** The one place where outcomes are judged, for steps and effects alike. */
export function verdictOf(outcome: Outcome, context: VerdictContext): Verdict {
  const { attempt } = context;
  const settled = { attempts: attempt, dueAt: null, reason: null, told: {} };
  switch (outcome.kind) {
    case 'done':
      return { ...settled, state: 'done', result: 'done' };
    case 'skip':
      return {
        ...settled,
        state: 'skipped',
        result: 'skipped',
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
