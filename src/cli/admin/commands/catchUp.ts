import { z } from 'zod';
import { factLines, tableLines } from '../../output/table.ts';
import { timeText, utcText } from '../../output/times.ts';
import { exitCodes } from '../../exitCodes.ts';
import { CommandFailure } from '../../failure.ts';
import { membersOf, type Page } from '../adminRun.ts';
import { changedDocument } from '../changed.ts';
import { type AdminCommand, option, textOf } from '../command.ts';
import { inputOf } from '../inputOf.ts';

const count = z.number();
const time = z.string().nullable();
const sweepView = z.looseObject({
  sweepId: z.string(),
  kind: z.string(),
  state: z.string(),
  since: z.string(),
  until: z.string(),
  part: z.string(),
  fulfilled: count,
  adopted: count,
  known: count,
  settled: count,
  leftOut: count,
  createdAt: z.string(),
  finishedAt: time,
});
type Sweep = z.infer<typeof sweepView>;
const catchUpView = z.looseObject({
  ok: z.boolean(),
  boundSeconds: count,
  worker: z.string().nullable(),
  readAt: time,
  seenUntil: time,
  watchedAt: time,
  adopting: count,
  sweeps: z.array(sweepView),
});
type CatchUp = z.infer<typeof catchUpView>;

const showCatchUp: AdminCommand = {
  words: 'catch-up status',
  calls: ['catch_up:show'],
  changes: false,
  summary: 'show how far catching up with Stripe is; ends with 7 when it is behind',
  about: 'A worker asks Stripe for what no webhook has told. So a paid order is found even if none comes.',
  examples: [
    ['fulfillment catch-up status', ''],
    ['fulfillment catch-up status --json | jq .readAt', ''],
  ],
  async run(run) {
    const { raw, seen } = await run.read('catch_up:show', {}, catchUpView);
    run.show(membersOf(raw), (page) => [...factsOf(seen, page), '', ...sweepLines(seen.sweeps, page)]);
    return seen.ok ? exitCodes.ok : exitCodes.checkFailed;
  },
};

const runCatchUp: AdminCommand = {
  words: 'catch-up run',
  calls: ['catch_up:run'],
  changes: true,
  summary: 'ask Stripe now for what no webhook has told',
  options: [option('--since <time>', 'also sweep over all sales since then, such as 2026-11-01 or 7d')],
  examples: [
    ['fulfillment catch-up run', 'reads events now'],
    ['fulfillment catch-up run --since 60d', 'and looks at every sale of two months'],
  ],
  async run(run, given) {
    const since = textOf(given, 'since');
    const changed = await run.change(
      {
        operation: 'catch_up:run',
        input: inputOf({ since }),
        would:
          since === undefined ? 'read events now' : `read events now, and sweep over sales since ${since}`,
        details: ['What was paid before the start date is adopted, without any mail.'],
        danger: { level: 'yes' },
      },
      z.looseObject({ sweepId: z.string().nullable() }),
    );
    if (!changed) return;
    run.show(changedDocument(changed), () => ['A worker looks within a few seconds.']);
    run.say('Next: fulfillment catch-up status');
  },
};

const adopt: AdminCommand = {
  words: 'adopt',
  calls: ['sales:adopt'],
  changes: true,
  summary: 'record all sales from before the start date, and give the buyers what they own, without any mail',
  about:
    'Needs a reason. A worker reads the sales from Stripe; it may be stopped at any time and goes on where it was. The same again changes nothing.',
  options: [
    option('--since <time>', 'from when on, such as 2024-01-01; needed'),
    option('--until <time>', 'up to when; the start date when left out'),
  ],
  examples: [
    ['fulfillment adopt --since 2020-01-01 --reason "we take over from the old shop"', ''],
    ['fulfillment adopt status', 'how far it is'],
  ],
  async run(run, given) {
    const since = textOf(given, 'since');
    // Not left to the program, which would want it of `adopt status` as well.
    if (since === undefined) throw sinceMissing();
    const until = textOf(given, 'until');
    const changed = await run.change(
      {
        operation: 'sales:adopt',
        input: inputOf({ since, until }),
        would: `adopt all sales from ${since} until ${until ?? 'the start date'}`,
        details: ['Nobody is mailed. Every buyer owns their books, and finds them on their shelf.'],
        danger: { level: 'yes' },
      },
      z.looseObject({ since: z.string(), until: z.string(), isNew: z.boolean() }),
    );
    if (!changed) return;
    const { seen } = changed;
    run.show(changedDocument(changed), () => [
      seen.isNew
        ? `Sales from ${utcText(seen.since)} until ${utcText(seen.until)} are adopted, by a worker.`
        : 'That was asked for before, and is not done yet.',
    ]);
    run.say('Next: fulfillment adopt status');
  },
};

const sinceMissing = () =>
  new CommandFailure('It is not said from when on: --since <time>.', {
    exitCode: exitCodes.usage,
    code: 'usage',
    details: ['For example: fulfillment adopt --since 2020-01-01 --reason "we take over from the old shop"'],
  });

const adoptStatus: AdminCommand = {
  words: 'adopt status',
  calls: ['catch_up:show'],
  changes: false,
  summary: 'show how far the adoption of past sales is',
  examples: [['fulfillment adopt status', '']],
  async run(run) {
    const { raw, seen } = await run.read('catch_up:show', { limit: 100 }, catchUpView);
    const sweeps = seen.sweeps.filter(({ kind }) => kind === 'adopt');
    run.show(membersOf(raw), (page) =>
      sweeps.length === 0
        ? ['Nobody has asked for sales of the past.']
        : [
            ...sweepLines(sweeps, page),
            '',
            seen.adopting === 0
              ? 'All that was found is done.'
              : `${seen.adopting} of the sales that were found are still worked on.`,
          ],
    );
    if (sweeps.length === 0) run.say('Next: fulfillment adopt --since 2020-01-01');
  },
};

function factsOf(seen: CatchUp, { paint, now }: Page): string[] {
  const at = (text: string | null) => (text === null ? 'never' : timeText(text, now));
  const verdict = seen.ok
    ? paint.green(`A paid order is found within ${seen.boundSeconds} s even if no webhook comes.`)
    : paint.red('Events have not been read in time: without webhooks nothing would be found.');
  return [
    verdict,
    '',
    ...factLines(
      [
        ['events read', at(seen.readAt)],
        ['last event', at(seen.seenUntil)],
        ['endpoint seen', at(seen.watchedAt)],
        ['at work', seen.worker ?? 'nobody'],
        ['past sales', `${seen.adopting} being adopted`],
      ],
      paint.dim,
    ),
  ];
}

function sweepLines(sweeps: readonly Sweep[], { paint, columns }: Page): string[] {
  const day = (text: string) => text.slice(0, 10);
  const number = (title: string) => ({ title, align: 'right' as const });
  return tableLines(
    {
      columns: [
        { title: 'SWEEP' },
        { title: 'STATE' },
        { title: 'SINCE' },
        { title: 'UNTIL' },
        ...['NEW', 'ADOPTED', 'KNOWN', 'MONEY BACK', 'LEFT OUT'].map(number),
      ],
      rows: sweeps.map((sweep) => [
        sweep.kind,
        sweep.state === 'running' ? `running: ${sweep.part}` : sweep.state,
        day(sweep.since),
        day(sweep.until),
        ...[sweep.fulfilled, sweep.adopted, sweep.known, sweep.settled, sweep.leftOut].map(String),
      ]),
    },
    { widthMax: columns, heading: paint.dim },
  );
}

export const catchUpCommands: readonly AdminCommand[] = [showCatchUp, runCatchUp, adopt, adoptStatus];
