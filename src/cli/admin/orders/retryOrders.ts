import { z } from 'zod';
import { exitCodes, type ExitCode } from '../../exitCodes.ts';
import { CommandFailure } from '../../failure.ts';
import { safeText } from '../../output/safeText.ts';
import { AdminProblem } from '../adminClient.ts';
import type { AdminRun } from '../adminRun.ts';
import { changedDocument } from '../changed.ts';
import { type AdminCommand, type Given, isGiven, numberOf, option, textOf } from '../command.ts';
import { exitCodeOf } from '../problemExit.ts';
import { versionOption } from './changeOrder.ts';
import { nameOf, type SeenOrder } from './orderView.ts';
import { lookAt, refArgument } from './showOrders.ts';
import { untilOver, waitOption } from './untilOver.ts';

const retried = z.looseObject({
  jobId: z.string(),
  version: z.number(),
  state: z.string(),
  retried: z.array(z.string()),
});

/** More at a time is what bulk runs are for: planned, limited in rate, and reported. */
const refsMax = 25;

export const retryOrders: AdminCommand = {
  words: 'orders retry',
  calls: ['orders:show', 'job:retry', 'step:retry'],
  changes: true,
  summary: 'try again at once whatever of an order has failed or waits; what is done is not redone',
  about: `Up to ${refsMax} orders; for more there is bulk plan. Ends with 6 when some could not be retried.`,
  arguments: [[refArgument[0].replace('>', '...>'), refArgument[1]]],
  options: [option('--step <name>', 'this step alone'), versionOption, waitOption],
  examples: [
    ['fulfillment orders retry R-2026/000123', ''],
    ['fulfillment orders retry R-2026/000123 --step email --wait', 'and see how it ends'],
    [
      "fulfillment orders search status:failed --json | jq -r '.orders[].jobId' | xargs fulfillment orders retry --yes",
      '',
    ],
  ],
  async run(run, given) {
    insistOnFew(given);
    const orders: SeenOrder[] = [];
    for (const ref of given.arguments) orders.push(await lookAt(run, ref));
    const step = textOf(given, 'step');
    const agreed = await run.agree({
      operation: operationOf(step),
      input:
        orders.length === 1 && orders[0]
          ? inputOf(orders[0], given)
          : { orders: orders.map((one) => inputOf(one, given)) },
      would: wouldOf(orders, step),
      details: orders.flatMap((order) => detailsOf(order, orders.length > 1)),
      danger: { level: 'yes' },
    });
    if (!agreed) return;
    const results: Result[] = [];
    for (const [at, order] of orders.entries())
      results.push(await retry(run, { order, given, at, of: orders.length }));
    const [one] = results;
    if (results.length === 1 && one?.problem) throw one.problem;
    run.show({ results: results.map(({ document }) => document) }, () => results.map(({ line }) => line));
    if (!isGiven(given, 'wait') && one && !one.problem)
      run.say(`Next: fulfillment orders show ${nameOf(orders[0] ?? { orderId: null, jobId: '' })}`);
    return codeOf(results.map(({ code }) => code));
  },
};

function insistOnFew({ arguments: refs, options }: Given): void {
  const usage = (message: string, details: string[]) =>
    new CommandFailure(message, { exitCode: exitCodes.usage, code: 'usage', details });
  if (refs.length > refsMax)
    throw usage(`These are ${refs.length} orders; up to ${refsMax} are retried at a time.`, [
      'For more: fulfillment bulk plan job:retry <query>',
    ]);
  if (refs.length > 1 && options['version'] !== undefined) throw usage('--version is of one order.', []);
}

const operationOf = (step: string | undefined) => (step === undefined ? 'job:retry' : 'step:retry');

const inputOf = (order: SeenOrder, given: Given) => {
  const step = textOf(given, 'step');
  const decided = { jobId: order.jobId, version: numberOf(given, 'version') ?? order.version };
  return step === undefined ? decided : { ...decided, step };
};

function wouldOf(orders: readonly SeenOrder[], step: string | undefined): string {
  const what = step === undefined ? '' : `step ${step} of `;
  const [one] = orders;
  return orders.length === 1 && one ? `retry ${what}${nameOf(one)}` : `retry ${what}${orders.length} orders`;
}

function detailsOf(order: SeenOrder, several: boolean): string[] {
  const done = order.steps
    .filter(({ state }) => state === 'done' || state === 'skipped')
    .map(({ step }) => step);
  return [
    `${several ? `${nameOf(order)}: ` : 'Now: '}${order.verdict}`,
    ...(done.length === 0 ? [] : [`Done, and not done again: ${done.join(', ')}.`]),
  ];
}

interface Result {
  code: ExitCode;
  line: string;
  document: object;
  problem?: AdminProblem;
}

interface Retrying {
  order: SeenOrder;
  given: Given;
  at: number;
  of: number;
}

async function retry(run: AdminRun, { order, given, at, of }: Retrying): Promise<Result> {
  const name = nameOf(order);
  const { requestId } = run.options;
  try {
    const changed = await run.change(
      {
        operation: operationOf(textOf(given, 'step')),
        input: inputOf(order, given),
        would: `retry ${name}`,
        details: [],
        danger: { level: 'yes' },
        agreed: true,
        // Each is a wish of its own.
        ...(requestId === undefined || of === 1 ? {} : { requestId: `${requestId}.${at + 1}` }),
      },
      retried,
    );
    if (!changed) return { code: exitCodes.ok, line: '', document: {} };
    const document = { orderId: order.orderId, ...changedDocument(changed) };
    const steps = changed.seen.retried.join(', ') || 'what it waits for';
    if (!isGiven(given, 'wait'))
      return {
        code: exitCodes.ok,
        line: `${name} is ${changed.seen.state}; tried again: ${steps}.`,
        document,
      };
    const { code, order: after } = await untilOver(run, order.jobId);
    const { state, status, verdict } = after;
    return {
      code,
      line: `${name}: ${verdict}`,
      document: { ...document, waited: { state, status, verdict } },
    };
  } catch (error) {
    if (!(error instanceof AdminProblem) || error.code === 'interrupted') throw error;
    const { kind, code, detail, remedy, changes } = error;
    return {
      code: exitCodeOf(error),
      line: safeText(`${name}: not retried. ${detail}${remedy === undefined ? '' : ` ${remedy}`}`),
      document: {
        orderId: order.orderId,
        jobId: order.jobId,
        problem: { kind, code, detail, remedy, changes },
      },
      problem: error,
    };
  }
}

/** Of several: 0 when all went well, 6 when some did not, and the reason they share when none did. */
function codeOf(codes: readonly ExitCode[]): ExitCode {
  const bad = codes.filter((code) => code !== exitCodes.ok);
  const [first] = bad;
  if (first === undefined) return exitCodes.ok;
  if (bad.length < codes.length) return exitCodes.partlyFailed;
  return bad.every((code) => code === first) ? first : exitCodes.failed;
}
