import type { Duties, ServiceParts, StartedService } from './duties.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { listenForInterruption, type SignalSource } from './interruption.ts';
import type { Terminal } from './terminal.ts';

export interface ServeOptions {
  duties: Pick<Duties, 'start'>;
  parts: ServiceParts;
  terminal: Terminal;
  signals: SignalSource;
  /** Ends the process. */
  exit(code: ExitCode): void;
}

/** Runs the service until it is told to stop: once to finish what is under way, twice to end at once. */
export async function serve({ duties, parts, terminal, signals, exit }: ServeOptions): Promise<ExitCode> {
  const interruption = listenForInterruption({ signals, endAtOnce: () => exit(exitCodes.interrupted) });
  try {
    const service = await duties.start(parts);
    terminal.say(beginning(service, parts));
    for (const note of service.notes ?? []) terminal.say(note);
    terminal.say('Ctrl-C or SIGTERM stops cleanly.');
    await interruption.first;
    terminal.say('Stopping: what is under way is finished or handed back. Once more ends at once.');
    await service.stop();
    terminal.say('Stopped.');
    return exitCodes.ok;
  } finally {
    interruption.release();
  }
}

function beginning({ address }: StartedService, { http, worker }: ServiceParts): string {
  if (address === undefined) return worker ? 'Working.' : 'Watching.';
  return http ? `Listening on ${address}.` : `Watching; /metrics on ${address}.`;
}
