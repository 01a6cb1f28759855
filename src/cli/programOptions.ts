import type { Asking } from './asking.ts';
import type { Duties, Settings } from './duties.ts';
import type { ExitCode } from './exitCodes.ts';
import type { SignalSource } from './interruption.ts';
import type { Terminal } from './terminal.ts';

export interface ProgramOptions {
  version: string;
  terminal: Terminal;
  signals: SignalSource;
  /** Ends the process at once. */
  exit(code: ExitCode): void;
  dutiesFor(settings: Settings): Duties;
  /** All variables, as the text of an env file. */
  environmentText(): string;
  surroundings: CommandSurroundings;
}

/** What commands that talk with people need of the process. */
export interface CommandSurroundings {
  asking: Asking;
  now(): Date;
  /** Ends early when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  newId(): string;
  /** Writes a new file that only its owner may read; refuses one that is there. */
  writeFile(path: string, text: string): Promise<void>;
  readFile(path: string): Promise<string>;
}
