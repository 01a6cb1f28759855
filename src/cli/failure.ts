import { exitCodes, type ExitCode } from './exitCodes.ts';

/** A command ends without success, for a reason that people can act on: shown without a stack. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  /** What to do, or one line per problem. */
  readonly details: readonly string[];

  constructor(
    message: string,
    options: { exitCode?: ExitCode; details?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'CommandFailure';
    this.exitCode = options.exitCode ?? exitCodes.failed;
    this.details = options.details ?? [];
  }
}
