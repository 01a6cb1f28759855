import { z } from 'zod';
import { errorBudget } from '../../domain/errorBudget.ts';
import { sloObjective } from '../../domain/guardrails.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SlaFigures, SlaReportReader } from '../../ports/slaReport.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { momentInput, momentOf } from '../trail/momentInput.ts';

export interface ReportSlaOptions {
  reader: SlaReportReader;
  clock: Pick<Clock, 'now'>;
}

const worstMax = 10;
const sinceDefault = '30d';

const input = z
  .strictObject({
    since: momentInput('From the beginning of that day (UTC) until now').optional(),
    month: z
      .string()
      .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'This must be a month like 2026-11.')
      .optional()
      .describe('One month in UTC: 2026-11. Instead of since.'),
  })
  .refine(({ since, month }) => since === undefined || month === undefined, {
    path: ['month'],
    error: 'Give a month or since, not both.',
  });

const count = (what: string) => z.int().nonnegative().describe(what);
const seconds = (what: string) => z.number().nullable().describe(`${what}, in seconds; null without one.`);
const figures = {
  orders: count('Accepted in this time.'),
  met: count('Done within their time.'),
  breached: count('Done late, failed, or not done though their time is over.'),
  running: count('Not done, and their time is not over; or held.'),
  cancelled: count('Given up before their time was over.'),
  share: z.number().nullable().describe('Met, of met and breached; null where there are neither.'),
  latency: z
    .strictObject({
      p50: seconds('Half of them took no longer'),
      p95: seconds('95 % of them took no longer'),
      p99: seconds('99 % of them took no longer'),
    })
    .describe('Of completed orders, from acceptance to the end of the last step that holds up the buyer.'),
};
const output = z.strictObject({
  from: z.string().describe('First day, UTC.'),
  to: z.string().describe('Last day, UTC.'),
  objective: z.number().describe('What share is to be met.'),
  kept: z.boolean().describe('No more were breached than the objective allows.'),
  ...figures,
  budget: z
    .strictObject({
      allowed: z.number().describe('Orders that may be breached of as many as there were.'),
      left: z.number().describe('How many more may be; below zero once too many were.'),
      leftShare: z.number().nullable().describe('The same as a share of what is allowed.'),
    })
    .describe('What may go wrong.'),
  failures: z
    .array(z.strictObject({ step: z.string(), reason: z.string(), failures: count('How often.') }))
    .describe(
      'Failures in this time by step and reason, also of what was mended since; the most frequent first.',
    ),
  worst: z
    .array(
      z.strictObject({
        jobId: z.string(),
        state: z.string(),
        waitedSeconds: z.int().describe('Until it was completed; until now where it is not.'),
        step: z.string().nullable().describe('Where it failed.'),
        reason: z.string().nullable(),
      }),
    )
    .describe(`At most ${worstMax} that were breached: those that are not done first, then the longest.`),
  days: z.array(z.strictObject({ day: z.string(), ...figures })).describe('Days with orders.'),
});

type Input = z.infer<typeof input>;
export type SlaReport = z.infer<typeof output>;

/** Whether the promise to buyers was kept: how many orders were done within their time, against the objective. */
export function createReportSla({ reader, clock }: ReportSlaOptions): ReadOperation<Input, SlaReport> {
  return {
    kind: 'read',
    name: 'sla:report',
    permission: 'status:read',
    summary:
      'Report how many orders were done within their time, against the objective; the last 30 days by default',
    path: '/sla',
    input,
    output,
    async read(asked) {
      const { from, to } = daysOf(asked, clock.now());
      const { whole, days, failures, worst } = await reader.read({ from, to, worstMax });
      const { allowed, left, leftShare, kept } = errorBudget(whole);
      return {
        ...{ from, to, objective: sloObjective, kept },
        ...shown(whole),
        budget: { allowed, left, leftShare },
        failures,
        worst: worst.map(({ jobId, state, waitedSeconds, failedStep: step, reason }) => ({
          ...{ jobId, state, waitedSeconds: Math.round(waitedSeconds), step, reason },
        })),
        days: days.map(({ day, ...rest }) => ({ day, ...shown(rest) })),
      };
    },
  };
}

const dayOf = (moment: Date) => moment.toISOString().slice(0, 10);

function daysOf({ since, month }: Input, now: Date): { from: string; to: string } {
  if (month === undefined) return { from: dayOf(momentOf(since ?? sinceDefault, now, now)), to: dayOf(now) };
  const [year = 0, number = 1] = month.split('-').map(Number);
  // The day before the first of the month that follows.
  return { from: `${month}-01`, to: dayOf(new Date(Date.UTC(year, number, 0))) };
}

function shown({ p50, p95, p99, ...counts }: SlaFigures) {
  const milliseconds = (value: number | null) => (value === null ? null : Math.round(value * 1_000) / 1_000);
  return {
    ...counts,
    share: errorBudget(counts).share,
    latency: { p50: milliseconds(p50), p95: milliseconds(p95), p99: milliseconds(p99) },
  };
}
