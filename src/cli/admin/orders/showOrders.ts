import { z } from 'zod';
import { exitCodes } from '../../exitCodes.ts';
import { CommandFailure } from '../../failure.ts';
import { timeText } from '../../output/times.ts';
import { readCount } from '../adminOptions.ts';
import { type AdminRun, membersOf } from '../adminRun.ts';
import { type AdminCommand, argumentOf, isGiven, numberOf, option, textOf } from '../command.ts';
import { inputOf } from '../inputOf.ts';
import { attemptLines, orderLines } from './orderLines.ts';
import { type SeenOrder, orderView } from './orderView.ts';

export const refArgument = [
  '<ref>',
  'order id, receipt, pi_… cs_… ch_… evt_…, job id, or the address of a buyer of one order',
] as const;

export const showOrder: AdminCommand = {
  words: 'orders show',
  calls: ['orders:show'],
  changes: false,
  summary: 'show an order: a verdict in one sentence, everything it rests on, and what to do next',
  arguments: [refArgument],
  options: [
    option('--attempts', 'all attempts, also those that were well'),
    option('--events', 'the timeline as well'),
    option('--before <line>', 'lines of the timeline before this one', { parse: readCount(1, 999_999_999) }),
  ],
  examples: [
    ['fulfillment orders show R-2026/000123', 'by its receipt'],
    ['fulfillment orders show anna@books.example --attempts', ''],
    ['fulfillment orders show pi_3Q… --json | jq .verdict', ''],
  ],
  async run(run, given) {
    const input = inputOf({ ref: argumentOf(given), before: numberOf(given, 'before') });
    const { raw, seen } = await run.read('orders:show', input, orderView);
    const events = isGiven(given, 'events') || numberOf(given, 'before') !== undefined;
    run.show(membersOf(raw), (page) =>
      orderLines(seen, page, { attempts: isGiven(given, 'attempts'), events }),
    );
    if (events && seen.olderBefore !== null)
      run.say(`There are older lines: fulfillment orders show ${seen.jobId} --before ${seen.olderBefore}`);
  },
};

/** The order as it is now. */
export async function lookAt(run: AdminRun, ref: string): Promise<SeenOrder> {
  return (await run.read('orders:show', { ref }, orderView)).seen;
}

const scalar = z.union([z.string(), z.number()]).nullable();
const attempt = orderView.shape.attempts.element;
const diffView = z.looseObject({
  summary: z.string(),
  from: attempt,
  to: attempt,
  differences: z.array(z.looseObject({ field: z.string(), from: scalar, to: scalar })),
});

export const diffOrder: AdminCommand = {
  words: 'orders diff',
  calls: ['orders:show', 'orders:diff'],
  changes: false,
  summary: 'compare two attempts of a step: is it the same error, or what differs',
  arguments: [refArgument],
  options: [
    option('--step <name>', 'of this step; unless told, the one that was tried last'),
    option('--attempt <A..B>', 'these two; unless told, the last two'),
    option('--effect <key>', 'of this one file or mail'),
  ],
  examples: [
    ['fulfillment orders diff R-2026/000123', 'has it failed the same way again?'],
    ['fulfillment orders diff R-2026/000123 --step email --attempt 1..4', ''],
  ],
  async run(run, given) {
    const order = await lookAt(run, argumentOf(given));
    const step = textOf(given, 'step') ?? order.attempts.at(-1)?.step ?? order.steps[0]?.step ?? '';
    const [from, to] = twoOf(textOf(given, 'attempt'));
    const input = inputOf({ jobId: order.jobId, step, from, to, effect: textOf(given, 'effect') });
    const { raw, seen } = await run.read('orders:diff', input, diffView);
    run.show(membersOf(raw), (page) => [
      page.paint.bold(seen.summary),
      '',
      ...attemptLines(seen.from, page),
      ...attemptLines(seen.to, page),
      ...seen.differences.flatMap(({ field, from: one, to: other }) => [
        '',
        field,
        page.paint.red(`- ${one ?? 'nothing'}`),
        page.paint.green(`+ ${other ?? 'nothing'}`),
      ]),
    ]);
  },
};

/** `1..4` */
function twoOf(text: string | undefined): [number | undefined, number | undefined] {
  const [, from, to] = /^#?(\d{1,6})\.\.#?(\d{1,6})$/.exec(text ?? '') ?? [];
  if (text !== undefined && from === undefined)
    throw new CommandFailure('--attempt takes two numbers, such as 1..4.', {
      exitCode: exitCodes.usage,
      code: 'usage',
    });
  return from === undefined || to === undefined ? [undefined, undefined] : [Number(from), Number(to)];
}

const revealView = z.looseObject({ field: z.string(), value: z.string().nullable(), until: z.string() });

export const revealOrder: AdminCommand = {
  words: 'orders reveal',
  calls: ['orders:show', 'buyer:reveal'],
  changes: false,
  reason: true,
  summary: 'show one field of a buyer unmasked; who asked, and why, is kept',
  about: 'Use it, then clear the screen: what a terminal shows stays in its memory.',
  arguments: [refArgument],
  options: [
    option('--field <field>', 'which (email)', {
      choices: ['email', 'name', 'address', 'company', 'taxIds'],
      default: 'email',
    }),
  ],
  examples: [['fulfillment orders reveal R-2026/000123 --field email --reason "ticket 4711"', '']],
  async run(run, given) {
    await run.needReason('buyer:reveal');
    const { jobId } = await lookAt(run, argumentOf(given));
    const { raw, seen } = await run.read(
      'buyer:reveal',
      { jobId, field: textOf(given, 'field') ?? 'email' },
      revealView,
    );
    // A line break between the lines of an address was spelt out; here it is meant.
    run.show(membersOf(raw), () => (seen.value ?? 'The buyer gave none.').split('\\n'));
    run.say(`Do not show it beyond ${timeText(seen.until, run.now())}.`);
  },
};
