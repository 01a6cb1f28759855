import { exitCodes } from '../cli/exitCodes.ts';
import { CommandFailure } from '../cli/failure.ts';
import { isUnavailable } from '../store/connection.ts';
import { MigrationError } from '../store/schema/migrationError.ts';

/** Says what the error of a database or a network means, in words without secrets. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'for an unknown reason';
  const { code } = error as NodeJS.ErrnoException;
  // Node reports several addresses of one host in one error without a message.
  return error.message || code || error.name;
}

/** Login refused, no such database: the server answers, but not to us. */
const refusedStates = new Set(['28000', '28P01', '3D000', '42501']);

/** Turns what a database threw into a failure with its exit code; anything else is passed on as it is. */
export function databaseFailure(error: unknown, what: string): unknown {
  if (error instanceof MigrationError && !isUnavailable(error.cause)) {
    const [message = '', ...details] = error.message.split('\n');
    return new CommandFailure(message, { details, cause: error });
  }
  const cause = error instanceof MigrationError ? error.cause : error;
  const { code } = (cause ?? {}) as { code?: unknown };
  if (!isUnavailable(cause) && !(typeof code === 'string' && refusedStates.has(code))) return error;
  return new CommandFailure(`${what} cannot be used: ${causeOf(cause)}`, {
    exitCode: exitCodes.failed,
    details: ['fulfillment doctor checks everything that is needed.'],
    cause: error,
  });
}
