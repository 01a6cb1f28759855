import { Fault, toFault } from '../domain/fault.ts';
import type { JobStore } from '../ports/jobStore.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { errorName } from '../domain/errorTrace.ts';
import { unexpectedError } from './unexpectedError.ts';

export interface FaultSurroundings {
  store: Pick<JobStore, 'isUnavailable'>;
  telemetry: Telemetry;
}

/**
 * A fault, whatever was thrown. A database that is away is nobody's mistake; what else no adapter has classified is a
 * bug of ours and is told as one.
 */
export function faultOf(thrown: unknown, during: string, { store, telemetry }: FaultSurroundings): Fault {
  const fault = toFault(thrown);
  if (fault.reason !== 'unexpected_error') return fault;
  if (store.isUnavailable(thrown)) {
    telemetry.emit({ name: 'database.unavailable', during, error: errorName(thrown) });
    return new Fault({
      kind: 'transient',
      reason: 'database_unavailable',
      message: 'The database cannot be reached.',
    });
  }
  telemetry.emit(unexpectedError(thrown, during));
  return fault;
}

/** What a step's own hook threw inside the recorder's transaction, and whose hook it was. */
export class HookError extends Error {
  readonly step: string;

  constructor(step: string, cause: unknown) {
    super(`The hook of step ${step} threw.`, { cause });
    this.name = 'HookError';
    this.step = step;
  }
}

/** Calls a hook, so that what it throws can be told from what the recorder's own statements throw. */
export async function callHook<T>(
  step: { name: string },
  hook: () => Promise<T> | undefined,
): Promise<T | undefined> {
  try {
    return await hook();
  } catch (error) {
    throw new HookError(step.name, error);
  }
}

/** The error behind a hook's, and the step to blame; undefined when it was no step's. */
export const blameOf = (thrown: unknown): { error: unknown; step: string | undefined } =>
  thrown instanceof HookError
    ? { error: thrown.cause, step: thrown.step }
    : { error: thrown, step: undefined };

/** Why a single job's batch could not be written. Without a step, everything in the batch is at fault. */
export interface Culprit {
  fault: Fault;
  step: string | undefined;
}

/** The same fault of something that may have happened: it is asked about before it is repeated. */
export const asUnknown = ({ reason, message }: Fault): Fault =>
  new Fault({ kind: 'unknown_effect', reason, message });
