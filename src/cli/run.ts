import { CommanderError } from 'commander';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { CommandFailure } from './failure.ts';
import { createProgram, type ProgramOptions } from './program.ts';

/**
 * Runs one command line.
 *
 * @param words without interpreter and script
 * @returns the exit code; never rejects
 */
export async function runCommandLine(words: string[], options: ProgramOptions): Promise<ExitCode> {
  const { command, ended } = createProgram(options);
  try {
    await command.parseAsync(words, { from: 'user' });
    return ended();
  } catch (error) {
    return explain(error, options);
  }
}

/** Says why a command ended, and gives the exit code for it. */
export function explain(error: unknown, { terminal }: Pick<ProgramOptions, 'terminal'>): ExitCode {
  // Commander has said what it had to say; help and version are no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const known = error instanceof CommandFailure;
  const text = known ? error.message : unexpected(error);
  terminal.say(`${terminal.said.red('error:')} ${text}`);
  if (known) for (const detail of error.details) terminal.say(`  ${detail}`);
  return known ? error.exitCode : exitCodes.failed;
}

const unexpected = (error: unknown) =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
