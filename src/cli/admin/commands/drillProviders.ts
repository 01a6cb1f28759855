import { z } from 'zod';
import { type ExitCode, exitCodes } from '../../exitCodes.ts';
import { CommandFailure } from '../../failure.ts';
import { tableLines } from '../../output/table.ts';
import { timeText } from '../../output/times.ts';
import { type AdminRun, membersOf, type Page } from '../adminRun.ts';
import { changedDocument } from '../changed.ts';
import { type AdminCommand, argumentOf, type Given, isGiven, option, textOf } from '../command.ts';

const result = z.looseObject({
  without: z.array(z.string()),
  provider: z.string(),
  outcome: z.string(),
  seconds: z.number().nullable(),
  evidence: z.string().nullable(),
  fault: z.looseObject({ message: z.string(), remedy: z.string() }).nullable(),
});
const drilled = z.looseObject({ at: z.string(), verdict: z.string(), results: z.array(result) });
const past = z.looseObject({ drills: z.array(drilled.extend({ by: z.string() })) });
type Result = z.infer<typeof result>;

/** `providers drill email` sends, `providers drill --list` looks. */
export const drillProviders: AdminCommand = {
  words: 'providers drill',
  calls: ['provider:drill', 'provider:drills'],
  changes: true,
  summary: 'play the outage of each mail provider with one test mail through the next',
  about:
    'For each provider of mail, as if all before it were out: a small mail goes through it to a test address, and what ' +
    'became of it is written down. Do it once a month: a second provider that nobody has used is none. It ends with 0 ' +
    'only when every provider certainly has its mail; with 7 when one failed, was paused, or took its mail in a way ' +
    'that nothing proves.',
  arguments: [['[what]', 'email']],
  options: [
    option('--to <address>', 'where the test mails go; MAIL_DRILL_ADDRESS of the service unless given'),
    option('--list', 'only show what past drills have come to', { default: false }),
  ],
  examples: [
    ['fulfillment providers drill email', 'to the address that the service knows'],
    ['fulfillment providers drill email --to you@books.example --yes', 'to another'],
    ['fulfillment providers drill --list', 'when was the last?'],
  ],
  run: (run, given) => (isGiven(given, 'list') ? list(run) : drill(run, given)),
};

async function list(run: AdminRun): Promise<void> {
  const { raw, seen } = await run.read('provider:drills', {}, past);
  run.show(membersOf(raw), (page) =>
    seen.drills.length === 0
      ? ['There was no drill yet.']
      : tableLines(
          {
            columns: [
              { title: 'WHEN' },
              { title: 'RESULT' },
              { title: 'BY' },
              { title: 'PROVIDERS', cutFirst: 1 },
            ],
            rows: seen.drills.map(({ at, verdict, by, results }) => [
              timeText(at, page.now),
              wordOf(verdict),
              by,
              inShort(results),
            ]),
          },
          { widthMax: page.columns, heading: page.paint.dim },
        ),
  );
}

/** Who carried mail, or only who did not: lines are short. */
function inShort(results: readonly Result[]): string {
  const failed = results.filter(({ outcome }) => outcome !== 'accepted');
  return failed.length > 0
    ? failed.map(({ provider, outcome }) => `${provider} ${wordOf(outcome.replace('taken_', ''))}`).join(', ')
    : results.map(({ provider }) => provider).join(', ');
}

async function drill(run: AdminRun, given: Given): Promise<ExitCode | void> {
  if (argumentOf(given) !== 'email')
    throw new CommandFailure('Say what is drilled: email.', {
      exitCode: exitCodes.usage,
      code: 'unknown_drill',
      details: ['fulfillment providers drill email', 'Past drills: fulfillment providers drill --list'],
    });
  const to = textOf(given, 'to');
  const changed = await run.change(
    {
      operation: 'provider:drill',
      input: to === undefined ? {} : { to },
      would: 'send one test mail through each provider of mail',
      details: ['Buyers get none of them. The result is kept; the address is not.'],
      danger: { level: 'yes' },
    },
    drilled,
  );
  if (!changed) return undefined;
  run.show(changedDocument(changed), (page) => drillLines(changed.seen, page));
  return changed.seen.verdict === 'passed' ? undefined : exitCodes.checkFailed;
}

/** `not_finished` → `not finished` */
export const wordOf = (code: string) => code.replaceAll('_', ' ');

function drillLines({ verdict, results }: z.infer<typeof drilled>, { paint }: Page): string[] {
  return [verdictLine(verdict, paint), '', ...results.flatMap(resultLines)];
}

function verdictLine(verdict: string, paint: Page['paint']): string {
  if (verdict === 'passed') return paint.green('Passed: every provider certainly has its mail.');
  return verdict === 'unproven'
    ? paint.yellow('Not passed: nothing failed, but not every provider is proven to have its mail.')
    : paint.red('Failed: not every provider carries mail.');
}

function resultLines({ without, provider, outcome, seconds, evidence, fault }: Result): string[] {
  const when = without.length === 0 ? 'As it is' : `Without ${without.join(' and ')}`;
  const after = seconds === null ? '' : ` after ${seconds} s`;
  const line = `${when}: mail goes through ${provider}: ${howOf(outcome, after, evidence)}.`;
  return fault ? [line, `  ${fault.message}`, `  → ${fault.remedy}`] : [line];
}

function howOf(outcome: string, after: string, evidence: string | null): string {
  if (outcome === 'taken_unproven') return `taken${after}, and not proven`;
  return outcome === 'accepted' ? `accepted${after}, ${proofs[evidence ?? ''] ?? 'by nothing'}` : outcome;
}

const proofs: Readonly<Record<string, string>> = {
  answer: 'by an answer that lasts',
  journal: 'and found again',
  report: 'and told by a report',
};
