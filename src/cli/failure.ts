import { exitCodes, type ExitCode } from './exitCodes.ts';

export interface CommandFailureOptions {
  exitCode?: ExitCode;
  /** What to do, or one line per problem. */
  details?: readonly string[];
  /** Stable snake_case word, for programs. */
  code?: string;
  cause?: unknown;
}

/** A command ends without success, for a reason that people can act on: shown without a stack. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  readonly details: readonly string[];
  readonly code: string;

  constructor(message: string, options: CommandFailureOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'CommandFailure';
    this.exitCode = options.exitCode ?? exitCodes.failed;
    this.details = options.details ?? [];
    this.code = options.code ?? 'failed';
  }
}
