import { CommanderError } from 'commander';
import { Fault } from '../domain/fault.ts';
import { AdminProblem } from './admin/adminClient.ts';
import { exitCodeOf, problemDetails } from './admin/problemExit.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { CommandFailure } from './failure.ts';
import { safeDocument, safeText } from './output/safeText.ts';
import { createProgram, type ProgramOptions } from './program.ts';

/**
 * Runs one command line.
 *
 * @param words without interpreter and script
 * @returns the exit code; never rejects
 */
export async function runCommandLine(words: string[], options: ProgramOptions): Promise<ExitCode> {
  const json = wantsJson(words);
  const { command, ended } = createProgram({ ...options, json });
  try {
    await command.parseAsync(words, { from: 'user' });
    return ended();
  } catch (error) {
    return explain(error, { ...options, json });
  }
}

/** Known before the words are read, for they may be what is wrong. */
function wantsJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end < 0 ? undefined : end).includes('--json');
}

export interface ExplainOptions extends Pick<ProgramOptions, 'terminal'> {
  /** The problem as one document on standard error, instead of words. */
  json?: boolean;
}

/** Says why a command ended, and gives the exit code for it. */
export function explain(error: unknown, { terminal, json = false }: ExplainOptions): ExitCode {
  const told = toldOf(error);
  if (json) {
    if (told.exitCode !== exitCodes.ok)
      terminal.say(
        safeDocument({ schema: 'fulfillment/problem@1', ...told.document, exitCode: told.exitCode }),
      );
    return told.exitCode;
  }
  // Commander has said what it had to say; help and version are no failure.
  if (error instanceof CommanderError) return told.exitCode;
  terminal.say(`${terminal.said.red('error:')} ${told.text}`);
  for (const detail of told.details) terminal.say(`  ${detail}`);
  return told.exitCode;
}

interface Told {
  exitCode: ExitCode;
  text: string;
  details: readonly string[];
  document: object;
}

function toldOf(error: unknown): Told {
  if (error instanceof CommanderError) {
    const exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const detail = error.message.replace(/^error: /, '').trim();
    return { exitCode, text: detail, details: [], document: { kind: 'usage', code: 'usage', detail } };
  }
  if (error instanceof AdminProblem) {
    const { kind, code, detail, remedy, field, changes, retryAfterSeconds, requestId } = error;
    const document = { kind, code, detail, remedy, field, changes, retryAfterSeconds, requestId };
    const details = problemDetails(error);
    return { exitCode: exitCodeOf(error), text: safeText(detail), details, document };
  }
  if (error instanceof CommandFailure) {
    const { exitCode, message: text, details, code } = error;
    return { exitCode, text, details, document: { kind: 'command', code, detail: text, details } };
  }
  if (error instanceof Fault) {
    const { message: text, reason: code } = error;
    const details = ['Try again in a moment.'];
    return {
      exitCode: exitCodes.failed,
      text,
      details,
      document: { kind: 'unavailable', code, detail: text, details },
    };
  }
  const text = unexpected(error);
  const document = { kind: 'unexpected', code: 'unexpected_error', detail: text };
  return { exitCode: exitCodes.failed, text, details: [], document };
}

const unexpected = (error: unknown) =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
