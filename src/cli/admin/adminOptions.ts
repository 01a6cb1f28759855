import { type Command, InvalidArgumentError, Option } from 'commander';
import { durationMs } from '../output/times.ts';

/** What goes for every command that asks for operations. */
export interface AdminOptions {
  json: boolean;
  yes: boolean;
  dryRun: boolean;
  quiet: boolean;
  direct: boolean;
  reason?: string;
  requestId?: string;
  confirm?: string;
  api?: string;
  /** Milliseconds. */
  timeout?: number;
}

/** `30s`, `5m`, `2h`, `1d` on the command line, in milliseconds. */
export function readDuration(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError('Write it as 30s, 5m, 2h or 1d.');
  return ms;
}

/** A whole number on the command line. */
export const readCount =
  (min: number, max: number) =>
  (text: string): number => {
    const count = Number(text);
    if (!/^\d{1,9}$/.test(text) || count < min || count > max)
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    return count;
  };

/** What the API takes as a request id. */
function readRequestId(text: string): string {
  if (!/^[!-~]{1,180}$/.test(text))
    throw new InvalidArgumentError('It is 1 to 180 printable characters without blanks.');
  return text;
}

/** Adds them all. Those that only make sense for a change are taken by every command, and shown where they matter. */
export function addAdminOptions(
  command: Command,
  { changes, reason = false, local = false }: { changes: boolean; reason?: boolean; local?: boolean },
): void {
  const forApi = (option: Option) => option.hideHelp(local);
  const forRequests = (option: Option) => option.hideHelp(local || !changes);
  const forChanges = (option: Option) => option.hideHelp(!changes);
  command
    .optionsGroup('Everywhere:')
    .addOption(new Option('--json', 'one JSON document, also for problems'))
    .addOption(forChanges(new Option('-y, --yes', 'do not ask; what needs more than a yes takes --confirm')))
    .addOption(
      forRequests(new Option('--confirm <value>', 'the value that would have to be typed, for scripts')),
    )
    .addOption(forChanges(new Option('-n, --dry-run', 'only say what would be done')))
    .addOption(
      new Option('--reason <text>', 'why, for whoever reads the audit later').hideHelp(!changes && !reason),
    )
    .addOption(
      forRequests(
        new Option('--request-id <id>', 'the same id again does it only once').argParser(readRequestId),
      ),
    )
    .addOption(new Option('-q, --quiet', 'no words on standard error but problems'))
    .addOption(
      forApi(
        new Option(
          '--timeout <time>',
          'longest wait for an answer (30s), or for the end with --wait (5m)',
        ).argParser(readDuration),
      ),
    )
    .addOption(forApi(new Option('--api <url>', 'address of the service, instead of FULFILLMENT_API_URL')))
    .addOption(forApi(new Option('--direct', 'past the API, over the database')));
}
