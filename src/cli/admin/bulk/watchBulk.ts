import { z } from 'zod';
import { exitCodes } from '../../exitCodes.ts';
import { readCount } from '../adminOptions.ts';
import { membersOf } from '../adminRun.ts';
import { changedDocument } from '../changed.ts';
import { type AdminCommand, argumentOf, isGiven, numberOf, option, textOf } from '../command.ts';
import { inputOf } from '../inputOf.ts';
import { cursorOption, sayMore } from '../listing.ts';
import { runLines, runsLines, runView, shownRunView } from './bulkView.ts';
import { untilRunIsOver } from './untilRun.ts';
import { waitForRun } from './runBulk.ts';

const runArgument = ['<run>', 'its id'] as const;
const limit = (preset: number, max: number) =>
  option('--limit <count>', `how many at most, up to ${max} (${preset})`, { parse: readCount(1, max) });

const list: AdminCommand = {
  words: 'bulk list',
  calls: ['bulk:list'],
  changes: false,
  summary: 'show plans and runs, the latest first',
  options: [
    option('--state <state>', 'only these', {
      choices: ['planned', 'running', 'paused', 'finished', 'aborted', 'expired'],
    }),
    limit(20, 100),
    cursorOption,
  ],
  examples: [['fulfillment bulk list --state running', '']],
  async run(run, given) {
    const input = inputOf({
      state: textOf(given, 'state'),
      limit: numberOf(given, 'limit'),
      cursor: textOf(given, 'cursor'),
    });
    const view = z.looseObject({ runs: z.array(runView), next: z.string().nullable() });
    const { raw, seen } = await run.read('bulk:list', input, view);
    run.show(membersOf(raw), (page) => runsLines(seen.runs, page));
    sayMore(run, seen.next);
  },
};

const show: AdminCommand = {
  words: 'bulk show',
  calls: ['bulk:show'],
  changes: false,
  summary: 'show a plan or run: what it does, how far it is, and how each order ended',
  arguments: [runArgument],
  options: [
    option('--items <state>', 'only these', {
      choices: ['waiting', 'done', 'refused', 'failed', 'left_out'],
    }),
    limit(50, 200),
    option('--cursor <number>', 'where the page before ended', { parse: readCount(0, 999_999_999) }),
    waitForRun,
  ],
  examples: [
    ['fulfillment bulk show 0190c1de-0000-7000-8000-000000000001 --wait', ''],
    ['fulfillment bulk show 0190c1de-0000-7000-8000-000000000001 --items failed --json', ''],
  ],
  async run(run, given) {
    const runId = argumentOf(given);
    if (isGiven(given, 'wait')) return untilRunIsOver(run, runId);
    const input = inputOf({
      runId,
      itemState: textOf(given, 'items'),
      limit: numberOf(given, 'limit'),
      after: numberOf(given, 'cursor'),
    });
    const { raw, seen } = await run.read('bulk:show', input, shownRunView);
    run.show(membersOf(raw), (page) => runLines(seen, page));
    sayMore(run, seen.next);
    return exitCodes.ok;
  },
};

interface Control {
  verb: 'pause' | 'resume' | 'abort';
  would: string;
  summary: string;
  example: string;
}

const control = ({ verb, would, summary, example }: Control): AdminCommand => ({
  words: `bulk ${verb}`,
  calls: [`bulk:${verb}`],
  changes: true,
  summary,
  arguments: [runArgument],
  examples: [[example, '']],
  async run(run, given) {
    const runId = argumentOf(given);
    const changed = await run.change(
      {
        operation: `bulk:${verb}`,
        input: { runId },
        would: `${would} run ${runId}`,
        details: ['What was done stays done.'],
        danger: { level: 'yes' },
      },
      z.looseObject({ state: z.string(), done: z.number(), waiting: z.number(), leftOut: z.number() }),
    );
    if (!changed) return;
    const { state, done, waiting, leftOut } = changed.seen;
    run.show(changedDocument(changed), () => [
      `Run ${runId} is ${state}: ${done} done, ${waiting} waiting, ${leftOut} left out.`,
    ]);
    if (verb !== 'abort') run.say(`Next: fulfillment bulk ${verb === 'pause' ? 'resume' : 'show'} ${runId}`);
  },
});

const id = '0190c1de-0000-7000-8000-000000000001';

export const watchCommands: readonly AdminCommand[] = [
  list,
  show,
  control({
    verb: 'pause',
    would: 'stop',
    summary: 'stop a run between two orders, until it is resumed',
    example: `fulfillment bulk pause ${id} --yes`,
  }),
  control({
    verb: 'resume',
    would: 'go on with',
    summary: 'go on with a run that was paused',
    example: `fulfillment bulk resume ${id}`,
  }),
  control({
    verb: 'abort',
    would: 'end',
    summary: 'end a run for good, or drop a plan; what was done stays so',
    example: `fulfillment bulk abort ${id} --reason "wrong query"`,
  }),
];
