import type { AdminDuties, Duties } from '../duties.ts';
import { exitCodes, type ExitCode } from '../exitCodes.ts';
import { listenForInterruption } from '../interruption.ts';
import type { ProgramOptions } from '../programOptions.ts';
import { type AdminRun, createAdminRun } from './adminRun.ts';
import type { AdminOptions } from './adminOptions.ts';
import { type AdminCommand, type Given, isGiven } from './command.ts';

export interface RunAdminOptions extends Pick<
  ProgramOptions,
  'terminal' | 'signals' | 'exit' | 'surroundings'
> {
  duties: Pick<Duties, 'admin' | 'catalog' | 'storage' | 'marks'>;
  command: AdminCommand;
  options: AdminOptions;
  given: Given;
}

/** How long an answer may take. A change that moves much, or a long look, may be given more with --timeout. */
const answerTimeoutMs = 30_000;

/**
 * Runs a command of operators: opens the way to the operations, closes it, and ends at Ctrl-C with how to go on.
 *
 * @throws AdminProblem, CommandFailure
 */
export async function runAdmin({
  duties,
  command,
  options,
  given,
  ...rest
}: RunAdminOptions): Promise<ExitCode> {
  const { terminal, signals, exit, surroundings } = rest;
  const calledOff = new AbortController();
  const interruption = listenForInterruption({ signals, endAtOnce: () => exit(exitCodes.interrupted) });
  let run: AdminRun | undefined;
  let door: ReturnType<AdminDuties['open']> | undefined;
  const work = (async () => {
    const admin = duties.admin();
    // With --wait the time is for all looks together.
    const timeoutMs = (isGiven(given, 'wait') ? undefined : options.timeout) ?? answerTimeoutMs;
    const way = { direct: options.direct, apiUrl: options.api, timeoutMs };
    const opened = () => (door ??= admin.open(way));
    run = createAdminRun({
      words: command.words,
      options: { ...options },
      terminal,
      // Opened when something is asked for: signing in needs no door.
      client: {
        call: async (...asked) => (await opened()).client.call(...asked),
        me: async (signal) => (await opened()).client.me(signal),
      },
      signIn: () => admin.signIn(way),
      catalog: () => duties.catalog(),
      storage: () => duties.storage(),
      marks: () => duties.marks(),
      operations: admin.operations(),
      ...surroundings,
      signal: calledOff.signal,
    });
    return (await command.run(run, given)) ?? exitCodes.ok;
  })();
  try {
    const ended = await Promise.race([work, interruption.first.then(() => undefined)]);
    if (ended !== undefined) return ended;
    calledOff.abort();
    // What is still under way ends by the signal; whatever it says then, the interruption is why.
    work.catch(() => undefined);
    terminal.say('Interrupted.');
    const resume = run?.resume();
    if (resume !== undefined) terminal.say(resume);
    return exitCodes.interrupted;
  } finally {
    interruption.release();
    await door?.then(({ close }) => close()).catch(() => undefined);
  }
}
