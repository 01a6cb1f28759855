import { z } from 'zod';
import { decimalText } from '../../../domain/money.ts';
import { factLines } from '../../output/table.ts';
import { durationText, relativeText, timeText } from '../../output/times.ts';
import type { Page } from '../adminRun.ts';
import { listingLines } from '../listing.ts';

const text = z.string().nullable();
const summary = {
  ineligible: z.record(z.string(), z.number()),
  amounts: z.array(z.looseObject({ currency: z.string(), amountMinor: z.number() })),
  buyers: z.number(),
  buyersUnknown: z.number(),
  mails: z.number(),
};

/** What bulk:plan answers with. */
export const planView = z.looseObject({
  runId: z.string(),
  action: z.string(),
  digest: z.string(),
  items: z.number(),
  eligible: z.number(),
  ...summary,
  approvalNeeded: z.boolean(),
  expiresAt: z.string(),
  sample: z.array(
    z.looseObject({ jobId: z.string(), orderId: text, state: z.string(), ineligibleReason: text }),
  ),
});
export type SeenPlan = z.infer<typeof planView>;

/** A plan or run, as bulk:list tells it. */
export const runView = z.looseObject({
  runId: z.string(),
  action: z.string(),
  query: z.string(),
  digest: z.string(),
  state: z.string(),
  items: z.number(),
  eligible: z.number(),
  ...summary,
  approvalNeeded: z.boolean(),
  plannedBy: z.string(),
  plannedAt: z.string(),
  expiresAt: z.string(),
  approvedBy: text,
  startedBy: text,
  reason: text,
  progress: z.looseObject({
    done: z.number(),
    refused: z.number(),
    failed: z.number(),
    waiting: z.number(),
    leftOut: z.number(),
    etaSeconds: z.number().nullable(),
  }),
  pausedBecause: text,
  finishedAt: text,
});
export type SeenRun = z.infer<typeof runView>;

/** One run with its items. */
export const shownRunView = runView.extend({
  outcomes: z.array(z.looseObject({ state: z.string(), outcome: z.string(), items: z.number() })),
  page: z.array(
    z.looseObject({
      ordinal: z.number(),
      jobId: z.string(),
      orderId: text,
      buyer: text,
      state: z.string(),
      outcome: text,
      ineligibleReason: text,
    }),
  ),
  next: z.number().nullable(),
});

type Planned = Pick<
  SeenPlan,
  'items' | 'eligible' | 'ineligible' | 'amounts' | 'buyers' | 'buyersUnknown' | 'mails' | 'approvalNeeded'
>;

/** What will come of a plan, a line each. */
export function planDetails(plan: Planned): string[] {
  const left = Object.entries(plan.ineligible).map(([code, count]) => `${count} ${code}`);
  const amounts = plan.amounts.map((money) => `${decimalText(money)} ${money.currency.toUpperCase()}`);
  const unknown = plan.buyersUnknown === 0 ? '' : `, and ${plan.buyersUnknown} not known yet`;
  return [
    `Found: ${plan.items}. Eligible: ${plan.eligible}.`,
    ...(left.length === 0 ? [] : [`Left out: ${left.join(', ')}.`]),
    `Buyers: ${plan.buyers}${unknown}. Mails that will leave: ${plan.mails}.`,
    ...(amounts.length === 0 ? [] : [`Paid for them: ${amounts.join(', ')}.`]),
    ...(plan.approvalNeeded ? ['A second person has to approve it.'] : []),
  ];
}

export function planLines(plan: SeenPlan, page: Page): string[] {
  return [
    page.paint.bold(`${plan.action} for ${plan.eligible} orders, planned.`),
    ...planDetails(plan),
    '',
    ...factLines(
      [
        ['run', plan.runId],
        ['digest', plan.digest],
        ['good until', timeText(plan.expiresAt, page.now)],
      ],
      page.paint.dim,
    ),
    '',
    ...listingLines(
      {
        columns: [
          { title: 'SAMPLE', cutFirst: 1 },
          { title: 'STATE' },
          { title: 'LEFT OUT BECAUSE', cutFirst: 2 },
        ],
        rows: plan.sample.map(({ orderId, jobId, state, ineligibleReason }) => [
          orderId ?? jobId,
          state,
          ineligibleReason ?? '',
        ]),
        empty: 'There is nothing in it.',
      },
      page,
    ),
  ];
}

export function runLines(run: z.infer<typeof shownRunView>, page: Page): string[] {
  const { paint, now } = page;
  const colours: Record<string, (text: string) => string> = {
    finished: paint.green,
    aborted: paint.red,
    paused: paint.yellow,
  };
  return [
    (colours[run.state] ?? paint.bold)(runSentence(run)),
    ...planDetails(run),
    '',
    ...factLines(
      [
        ['run', run.runId],
        ['query', run.query],
        ['digest', run.digest],
        ['planned', `by ${run.plannedBy}, ${timeText(run.plannedAt, now)}`],
        ['approved', run.approvedBy && `by ${run.approvedBy}`],
        ['started', run.startedBy && `by ${run.startedBy}: ${run.reason ?? ''}`],
        ['good until', run.state === 'planned' ? timeText(run.expiresAt, now) : null],
        ['finished', run.finishedAt && timeText(run.finishedAt, now)],
        ['outcomes', run.outcomes.map(({ outcome, items }) => `${items} ${outcome}`).join(', ')],
      ],
      paint.dim,
    ),
    '',
    ...listingLines(
      {
        columns: [
          { title: 'N', align: 'right' },
          { title: 'ORDER', cutFirst: 1 },
          { title: 'BUYER', cutFirst: 3 },
          { title: 'STATE' },
          { title: 'OUTCOME', cutFirst: 2 },
        ],
        rows: run.page.map((item) => [
          String(item.ordinal),
          item.orderId ?? item.jobId,
          item.buyer ?? '',
          item.state,
          item.outcome ?? item.ineligibleReason ?? '',
        ]),
        empty: 'There is no such item.',
      },
      page,
    ),
  ];
}

/** How far it is, in one sentence. */
export function runSentence({ action, state, pausedBecause, progress, eligible }: SeenRun): string {
  const { done, refused, failed, waiting, etaSeconds } = progress;
  const why = pausedBecause === 'failures' ? ' because too many items in a row broke off' : '';
  const left = etaSeconds === null || waiting === 0 ? '' : `, ${durationText(etaSeconds)} to go`;
  return `${action}: ${state}${why}; ${done} of ${eligible} done, ${refused} refused, ${failed} failed${left}.`;
}

export function runsLines(runs: readonly SeenRun[], page: Page): string[] {
  return listingLines(
    {
      columns: [
        { title: 'RUN' },
        { title: 'ACTION' },
        { title: 'STATE' },
        { title: 'DONE', align: 'right' },
        { title: 'PLANNED' },
        { title: 'BY', cutFirst: 1 },
      ],
      rows: runs.map((run) => [
        run.runId,
        run.action,
        run.state,
        `${run.progress.done}/${run.eligible}`,
        relativeText(run.plannedAt, page.now),
        run.startedBy ?? run.plannedBy,
      ]),
      empty: 'There is no such run.',
    },
    page,
  );
}
