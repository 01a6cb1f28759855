import { z } from 'zod';
import { planKey, type Plan } from '../../domain/plan.ts';
import { sweepKinds } from '../../ports/catchUp.ts';
import type { CatchUpDesk, SweepRow } from '../../ports/catchUpDesk.ts';
import type { ReadOperation } from '../frame/operation.ts';

export interface ShowCatchUpOptions {
  desk: Pick<CatchUpDesk, 'show'>;
  /** What sales of the past get. */
  adoptPlan: Plan;
  /** Within how many milliseconds a paid order is found without a webhook. */
  boundMs: number;
}

const adoptingMax = 10_000;
const time = z.string().nullable();
const count = z.int().nonnegative();
const input = z.strictObject({
  limit: z.int().min(1).max(100).default(10).describe('The most sweeps to show, the latest first.'),
});
const sweep = z.strictObject({
  sweepId: z.string(),
  kind: z
    .enum(sweepKinds)
    .describe(
      'first: everything since the start date. gap: a time in which nobody looked. daily: the last two days. asked: by staff. adopt: sales of the past.',
    ),
  state: z.enum(['waiting', 'running', 'finished']),
  since: z.string(),
  until: z.string(),
  part: z
    .enum(['sessions', 'intents'])
    .describe('What is being read: Checkout Sessions, then PaymentIntents.'),
  pages: count,
  fulfilled: count.describe('New orders.'),
  adopted: count.describe('Sales of the past that are recorded and owned now.'),
  known: count.describe('Those that were known already.'),
  settled: count.describe('Those of which money went back.'),
  leftOut: count.describe('Payments of the past that do not say what was sold.'),
  askedBy: z.string().nullable(),
  createdAt: z.string(),
  finishedAt: time,
});
const output = z.strictObject({
  ok: z.boolean().describe('Events were read within the bound.'),
  at: z.string(),
  boundSeconds: count.describe('Within this a paid order is found even if no webhook comes.'),
  worker: z.string().nullable().describe('The process that is at it; null: none is.'),
  readAt: time.describe("When Stripe's events were last read to their end."),
  seenUntil: time.describe('The time of the last event that was seen.'),
  watchedAt: time.describe('When the webhook endpoint was last looked at.'),
  adopting: count.describe(`Jobs of sales of the past that are not over, up to ${adoptingMax}.`),
  sweeps: z.array(sweep),
});

/** How far catching up is. */
export function createShowCatchUp({
  desk,
  adoptPlan,
  boundMs,
}: ShowCatchUpOptions): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'catch_up:show',
    permission: 'status:read',
    summary: 'Show how far catching up with Stripe is, and its sweeps over sales',
    path: '/catch-up',
    input,
    output,
    async read({ limit }) {
      const seen = await desk.show({ sweepsMax: limit, adoptPlanKey: planKey(adoptPlan), adoptingMax });
      const { at, worker, readAt, seenUntil, watchedAt, adopting } = seen;
      return {
        ok: readAt !== null && at.getTime() - readAt.getTime() <= boundMs,
        at: at.toISOString(),
        boundSeconds: Math.ceil(boundMs / 1_000),
        worker,
        readAt: readAt?.toISOString() ?? null,
        seenUntil: seenUntil?.toISOString() ?? null,
        watchedAt: watchedAt?.toISOString() ?? null,
        adopting,
        sweeps: seen.sweeps.map(shown),
      };
    },
  };
}

const shown = ({ startedAt, finishedAt, createdAt, since, until, ...row }: SweepRow) => ({
  ...row,
  state: finishedAt ? ('finished' as const) : startedAt ? ('running' as const) : ('waiting' as const),
  since: since.toISOString(),
  until: until.toISOString(),
  createdAt: createdAt.toISOString(),
  finishedAt: finishedAt?.toISOString() ?? null,
});
