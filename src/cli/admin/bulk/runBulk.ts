import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { bulkOfEditorsMax } from '../../../domain/permissions.ts';
import { exitCodes, type ExitCode } from '../../exitCodes.ts';
import { CommandFailure } from '../../failure.ts';
import { durationText } from '../../output/times.ts';
import type { AdminRun } from '../adminRun.ts';
import { changedDocument } from '../changed.ts';
import { type AdminCommand, argumentOf, type Given, isGiven, numberOf, option } from '../command.ts';
import type { Danger } from '../confirm.ts';
import { inputOf } from '../inputOf.ts';
import { planDetails, type SeenRun } from './bulkView.ts';
import { namedPlan, planArgument } from './planFile.ts';
import { untilRunIsOver } from './untilRun.ts';

/** `5/s`, or `5` */
function readRate(text: string): number {
  const [, count] = /^(\d{1,2})(?:\/s)?$/.exec(text) ?? [];
  if (count === undefined || Number(count) < 1 || Number(count) > 50)
    throw new InvalidArgumentError('Write it as 5/s, up to 50/s.');
  return Number(count);
}

export const rateOption = option('--rate <rate>', 'orders in a second at most, up to 50/s (5/s)', {
  parse: readRate,
});
export const waitForRun = option('--wait', 'until it is over; ends with 6 when it failed in part');

/** Up to as many as one person may touch alone, a yes does; for more, the number is typed. */
export const dangerOf = (eligible: number): Danger =>
  eligible <= bulkOfEditorsMax
    ? { level: 'yes' }
    : { level: 'typed', value: String(eligible), what: 'how many' };

export const runBulk: AdminCommand = {
  words: 'bulk run',
  calls: ['bulk:show', 'bulk:run'],
  changes: true,
  summary: 'start a plan; its orders are done one by one, and it can be paused between any two',
  about: `Needs a reason; above ${bulkOfEditorsMax} orders, also their number typed. Refused when it is another plan than was seen.`,
  arguments: [planArgument],
  options: [rateOption, waitForRun],
  examples: [
    ['fulfillment bulk run plan.json --reason "provider is back, ticket 4711" --wait', ''],
    ['fulfillment bulk run plan.json --reason "…" --confirm=143 --rate 10/s', 'for scripts'],
  ],
  async run(run, given) {
    const { run: planned, digest } = await namedPlan(run, argumentOf(given));
    return start(run, given, { ...planned, digest });
  },
};

const started = z.looseObject({
  runId: z.string(),
  state: z.string(),
  eligible: z.number(),
  etaSeconds: z.number(),
});

type Startable = Pick<SeenRun, 'runId' | 'action' | 'digest' | 'eligible'> &
  Parameters<typeof planDetails>[0];

/** Starts it once whoever asks has agreed, and waits for its end where that is wanted. */
export async function start(run: AdminRun, given: Given, planned: Startable): Promise<ExitCode | void> {
  const { runId, digest, action, eligible } = planned;
  const changed = await run.change(
    {
      operation: 'bulk:run',
      input: { runId, digest, ...inputOf({ rate: numberOf(given, 'rate') }) },
      would: `do ${action} for ${eligible} orders`,
      details: planDetails(planned),
      danger: dangerOf(eligible),
    },
    started,
  );
  if (!changed) return;
  if (isGiven(given, 'wait')) return untilRunIsOver(run, runId);
  run.show(changedDocument(changed), () => [
    `Run ${runId} is ${changed.seen.state}: ${eligible} orders, about ${durationText(changed.seen.etaSeconds)}.`,
  ]);
  run.say(`Next: fulfillment bulk show ${runId} --wait`);
}

export const approveBulk: AdminCommand = {
  words: 'bulk approve',
  calls: ['bulk:show', 'bulk:approve'],
  changes: true,
  summary: 'agree to a plan that somebody else has made and somebody else will start',
  arguments: [planArgument],
  examples: [['fulfillment bulk approve 0190c1de-0000-7000-8000-000000000001', '']],
  async run(run, given) {
    const { run: planned, digest } = await namedPlan(run, argumentOf(given));
    const { runId, action, eligible, plannedBy } = planned;
    if (eligible === 0)
      throw new CommandFailure(
        'The action makes sense for none of its orders: there is nothing to approve.',
        {
          exitCode: exitCodes.failed,
          code: 'nothing_eligible',
        },
      );
    const changed = await run.change(
      {
        operation: 'bulk:approve',
        input: { runId, digest },
        would: `agree that ${plannedBy} does ${action} for ${eligible} orders`,
        details: planDetails(planned),
        danger: { level: 'typed', value: String(eligible), what: 'how many' },
      },
      z.looseObject({ expiresAt: z.string() }),
    );
    if (!changed) return;
    run.show(changedDocument(changed), () => [
      `Approved. Whoever starts it does so before ${changed.seen.expiresAt}.`,
    ]);
  },
};
