import { exitCodes } from '../exitCodes.ts';
import { CommandFailure } from '../failure.ts';
import { safeDocument } from '../output/safeText.ts';
import type { OperationRow } from './adminClient.ts';
import type { AdminRunOptions, Input } from './adminRun.ts';

/** How much somebody has to say before it is done. */
export type Danger =
  /** Nothing: it only prepares. */
  | { level: 'none' }
  /** Yes, or --yes. */
  | { level: 'yes' }
  /** A value of it, typed, or --confirm=<value>: --yes alone does not do. */
  | { level: 'typed'; value: string; what: string };

/** What is about to be asked for. */
export interface Decision {
  operation: string;
  input: Input;
  /** What it does, in a few words, as they follow “This would”. */
  would: string;
  /** What will and will not be done, a line each; safe to show. */
  details: readonly string[];
  danger: Danger;
  /** For one of several. */
  requestId?: string;
  /** Somebody has agreed to it already, together with others. */
  agreed?: true;
}

export interface Confirming extends Pick<AdminRunOptions, 'words' | 'options' | 'terminal' | 'asking'> {
  row: OperationRow | undefined;
  say(line: string): void;
}

/**
 * Makes sure that somebody wants it. Never asks where nobody could answer.
 *
 * @returns false for a dry run, after it was said what would be done
 * @throws CommandFailure when nobody agreed
 */
export async function decided(decision: Decision, confirming: Confirming): Promise<boolean> {
  const { options, terminal } = confirming;
  if (options.dryRun) {
    if (options.json) terminal.print(dryRunDocument(decision, confirming));
    else for (const line of [`This would ${decision.would}.`, ...decision.details]) terminal.print(line);
    confirming.say('Nothing was done. Without --dry-run it is.');
    return false;
  }
  if (confirming.row?.reason === 'required') await insistOnReason(decision.operation, confirming);
  if (isConfirmed(decision.danger, options)) return true;
  if (!canAsk(confirming)) throw unconfirmed(decision);
  for (const line of decision.details) terminal.say(line);
  const answer = await confirming.asking.ask(questionOf(decision));
  if (agrees(decision.danger, answer)) return true;
  throw new CommandFailure('Not confirmed: nothing was done.', {
    exitCode: exitCodes.needsConfirmation,
    code: 'not_confirmed',
  });
}

const canAsk = ({ options, asking }: Confirming) => asking.interactive && !options.json;

function isConfirmed(danger: Danger, { yes, confirm }: Confirming['options']): boolean {
  if (danger.level === 'none') return true;
  return danger.level === 'yes' ? yes || confirm === 'yes' : confirm === danger.value;
}

const agrees = (danger: Danger, answer: string | undefined) =>
  danger.level === 'typed' ? answer === danger.value : /^y(es)?$/i.test(answer ?? '');

function questionOf({ would, danger }: Decision): string {
  if (danger.level !== 'typed') return `This would ${would}. Do it? [y/N] `;
  return `This would ${would}. Type ${danger.what} (${danger.value}) to do it: `;
}

function unconfirmed({ would, details, danger }: Decision): CommandFailure {
  const flag = danger.level === 'typed' ? `--confirm=${quoted(danger.value)}` : '--yes';
  return new CommandFailure(`This would ${would}, and there is nobody to ask.`, {
    exitCode: exitCodes.needsConfirmation,
    code: 'needs_confirmation',
    details: [...details, `To do it, add ${flag}. To look only, add --dry-run.`],
  });
}

const quoted = (value: string) =>
  /^[\w@.+:-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`;

/**
 * The API would refuse it later; whoever is there can be asked now. What is answered becomes the run's reason.
 *
 * @throws CommandFailure when there is none
 */
export async function insistOnReason(operation: string, confirming: Confirming): Promise<void> {
  const { options, asking } = confirming;
  if (options.reason?.trim()) return;
  const reason = canAsk(confirming) ? await asking.ask('Why? (for the audit) ') : undefined;
  if (!reason)
    throw new CommandFailure(`${operation} needs a reason, for whoever reads the audit later.`, {
      exitCode: exitCodes.usage,
      code: 'reason_missing',
      details: ['Say in a sentence why: --reason "ticket 4711, the buyer wrote from the new address"'],
    });
  options.reason = reason;
}

function dryRunDocument({ operation, input, would, details, danger }: Decision, { words }: Confirming) {
  return safeDocument({
    schema: 'fulfillment/dry-run@1',
    command: words,
    operation,
    input,
    would,
    details,
    confirm: danger.level === 'typed' ? danger.value : null,
  });
}
