import { z } from 'zod';
import { decimalText } from '../../../domain/money.ts';
import { exitCodes } from '../../exitCodes.ts';
import { CommandFailure } from '../../failure.ts';
import { relativeText, timeText } from '../../output/times.ts';
import { factLines } from '../../output/table.ts';
import { membersOf, type Page } from '../adminRun.ts';
import { plan } from '../bulk/planBulk.ts';
import { rateOption, start, waitForRun } from '../bulk/runBulk.ts';
import { type AdminCommand, argumentOf, numberOf, option, textOf } from '../command.ts';
import { inputOf } from '../inputOf.ts';
import { cursorOption, limitOption, listingLines, sayMore } from '../listing.ts';

const text = z.string().nullable();
const failure = z.looseObject({
  fingerprint: z.string(),
  state: z.string(),
  step: text,
  reason: z.string(),
  provider: text,
  summary: z.string(),
  jobs: z.number(),
  payments: z.number(),
  amounts: z.array(z.looseObject({ currency: z.string(), amountMinor: z.number() })),
  firstSeenAt: z.string(),
  lastSeenAt: z.string(),
  query: text,
});
type Failure = z.infer<typeof failure>;
const failuresView = z.looseObject({
  failures: z.array(failure),
  lookedAt: z.number(),
  complete: z.boolean(),
});

export const fingerprintArgument = ['<fingerprint>', 'of the group, as failures list shows it'] as const;

const list: AdminCommand = {
  words: 'failures list',
  calls: ['failures:list'],
  changes: false,
  summary: 'show what has failed or is blocked, grouped by its cause, the largest first',
  options: [option('--state <state>', 'only these', { choices: ['failed', 'blocked'] })],
  examples: [
    ['fulfillment failures list', ''],
    ['fulfillment failures list --state blocked', 'what waits for a person'],
  ],
  async run(run, given) {
    const { raw, seen } = await run.read(
      'failures:list',
      inputOf({ state: textOf(given, 'state') }),
      failuresView,
    );
    run.show(membersOf(raw), (page) =>
      listingLines(
        {
          columns: [
            { title: 'GROUP' },
            { title: 'STATE' },
            { title: 'JOBS', align: 'right' },
            { title: 'LAST' },
            { title: 'STEP', cutFirst: 1 },
            { title: 'REASON', cutFirst: 2 },
            { title: 'PROVIDER', cutFirst: 3 },
          ],
          rows: seen.failures.map((one) => [
            one.fingerprint,
            one.state,
            String(one.jobs),
            relativeText(one.lastSeenAt, page.now),
            one.step ?? '',
            one.reason,
            one.provider ?? '',
          ]),
          empty: 'Nothing has failed, and nothing is blocked.',
        },
        page,
      ),
    );
    if (!seen.complete)
      run.say(`There are so many that only the latest ${seen.lookedAt} jobs were looked at.`);
    const [first] = seen.failures;
    if (first) run.say(`Next: fulfillment failures show ${first.fingerprint}`);
  },
};

const job = z.looseObject({
  jobId: z.string(),
  orderId: text,
  amountMinor: z.number().nullable(),
  currency: text,
  since: z.string(),
  attempts: z.number(),
  detail: text,
});
const failureView = z.looseObject({ failure, jobs: z.array(job), next: text });

const show: AdminCommand = {
  words: 'failures show',
  calls: ['failures:show'],
  changes: false,
  summary: 'show the orders of one group of failures, and the search that selects them',
  arguments: [fingerprintArgument],
  options: [limitOption(50), cursorOption],
  examples: [['fulfillment failures show 0a1b2c3d4e5f', '']],
  async run(run, given) {
    const input = inputOf({
      fingerprint: argumentOf(given),
      limit: numberOf(given, 'limit'),
      cursor: textOf(given, 'cursor'),
    });
    const { raw, seen } = await run.read('failures:show', input, failureView);
    run.show(membersOf(raw), (page) => failureLines(seen, page));
    sayMore(run, seen.next);
    if (seen.failure.query !== null) run.say(`Next: fulfillment failures retry ${seen.failure.fingerprint}`);
  },
};

function failureLines({ failure: group, jobs }: z.infer<typeof failureView>, page: Page): string[] {
  const { now, paint } = page;
  return [
    paint.red(group.summary),
    '',
    ...factLines(
      [
        ['amount', group.amounts.map(moneyOf).join(', ')],
        ['payments', String(group.payments)],
        ['first', timeText(group.firstSeenAt, now)],
        ['last', timeText(group.lastSeenAt, now)],
        ['query', group.query],
      ],
      paint.dim,
    ),
    '',
    ...listingLines(
      {
        columns: [
          { title: 'ORDER', cutFirst: 1 },
          { title: 'AMOUNT', align: 'right' },
          { title: 'SINCE' },
          { title: 'TRIES', align: 'right' },
          { title: 'WHY', cutFirst: 2 },
        ],
        rows: jobs.map((one) => [
          one.orderId ?? one.jobId,
          one.amountMinor === null || one.currency === null
            ? ''
            : moneyOf({ amountMinor: one.amountMinor, currency: one.currency }),
          relativeText(one.since, now),
          String(one.attempts),
          one.detail ?? '',
        ]),
        empty: 'None of them is left.',
      },
      page,
    ),
  ];
}

const moneyOf = (money: Failure['amounts'][number]) =>
  `${decimalText(money)} ${money.currency.toUpperCase()}`;

const retry: AdminCommand = {
  words: 'failures retry',
  calls: ['failures:show', 'bulk:plan', 'bulk:run'],
  changes: true,
  summary: 'retry all orders of one group: plan it, show what will come of it, and run it',
  about: 'Needs a reason. It is a bulk run, and can be watched, paused and aborted as such.',
  arguments: [fingerprintArgument],
  options: [rateOption, waitForRun],
  examples: [['fulfillment failures retry 0a1b2c3d4e5f --reason "provider is back, ticket 4711" --wait', '']],
  async run(run, given) {
    const fingerprint = argumentOf(given);
    const { seen } = await run.read('failures:show', { fingerprint, limit: 1 }, failureView);
    const { query, summary, jobs } = seen.failure;
    if (query === null)
      throw new CommandFailure('No search selects this group, so it cannot be planned.', {
        exitCode: exitCodes.failed,
        code: 'no_query',
        details: ['Retry its orders one by one: fulfillment failures show'],
      });
    if (run.options.dryRun) {
      const would = `plan job:retry for ${jobs} orders, and run the plan`;
      await run.agree({
        operation: 'bulk:plan',
        input: { action: 'job:retry', query },
        would,
        details: [summary],
        danger: { level: 'none' },
      });
      return exitCodes.ok;
    }
    await run.needReason('bulk:run');
    const { requestId } = run.options;
    const planned = await plan(run, {
      ...{ action: 'job:retry', query, given },
      ...(requestId === undefined ? {} : { requestId: `${requestId}.plan` }),
    });
    if (!planned) return exitCodes.ok;
    const { approvalNeeded, runId } = planned.seen;
    if (!approvalNeeded) return start(run, given, planned.seen);
    throw new CommandFailure('So many orders need a second person.', {
      exitCode: exitCodes.needsConfirmation,
      code: 'not_approved',
      details: [
        `Somebody else: fulfillment bulk approve ${runId}`,
        `Then: fulfillment bulk run ${runId} --reason "<why>"`,
      ],
    });
  },
};

export const failureCommands: readonly AdminCommand[] = [list, show, retry];
