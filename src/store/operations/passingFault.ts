import { Fault } from '../../domain/fault.ts';
import { isConflict, isUnavailable } from '../connection.ts';

/** What passes by itself, as a transient `Fault`; every other error as it is. */
export function passingFault(error: unknown): unknown {
  if (error instanceof Fault) return error;
  // Refusals and the like carry words of their own in `code`, so only errors of Postgres and of the network count.
  if (!isOfDatabase(error)) return error;
  if (isConflict(error))
    return new Fault(
      {
        kind: 'transient',
        reason: 'conflict',
        message: 'Others were in the way; the same again may go through.',
      },
      { cause: error },
    );
  if (!isUnavailable(error)) return error;
  return new Fault(
    { kind: 'transient', reason: 'database_unavailable', message: 'The database cannot be reached.' },
    { cause: error },
  );
}

const codeForm = /^([0-9A-Z]{5}|E[A-Z_]+)$/;

/** By the code: SQLSTATE, or what Node calls a trouble of the network. pg itself tells of some by their text alone. */
function isOfDatabase(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (code !== undefined) return typeof code === 'string' && codeForm.test(code);
  return error.name === 'Error';
}
