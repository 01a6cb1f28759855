import { z } from 'zod';
import { type BulkRun, bulkStates } from '../../ports/bulk.ts';

/** What a plan says will come of it. */
export const summaryFields = {
  ineligible: z
    .record(z.string(), z.int())
    .describe('How many are left out, by the code they would be refused with.'),
  amounts: z
    .array(z.strictObject({ currency: z.string(), amountMinor: z.int(), items: z.int() }))
    .describe('What was paid for the eligible ones, in minor units by currency.'),
  buyers: z.int().describe('Distinct buyers of the eligible ones.'),
  buyersUnknown: z.int().describe('Eligible ones whose buyer is not known yet.'),
  mails: z.int().describe('Mails that will leave if all goes well.'),
};

export const runFields = {
  runId: z.string(),
  action: z.string(),
  params: z.record(z.string(), z.unknown()).describe('What the action takes beside the order.'),
  query: z.string().describe('The search that chose the orders, with addresses masked.'),
  retryOf: z.string().nullable().describe('The run whose failed items this one plans again.'),
  digest: z.string(),
  state: z.enum(bulkStates),
  version: z.int(),
  items: z.int(),
  eligible: z.int(),
  ...summaryFields,
  approvalNeeded: z.boolean(),
  plannedBy: z.string(),
  plannedAt: z.string(),
  expiresAt: z.string(),
  approvedBy: z.string().nullable(),
  approvedAt: z.string().nullable(),
  startedBy: z.string().nullable(),
  startedAt: z.string().nullable(),
  reason: z.string().nullable().describe('Why it was started.'),
  ratePerSecond: z.number().nullable(),
  progress: z.strictObject({
    done: z.int(),
    refused: z.int().describe('Refused one by one, for example because the order has moved since the plan.'),
    failed: z.int().describe('Broke off.'),
    waiting: z.int(),
    leftOut: z.int().describe('Not carried out because the run was aborted.'),
    etaSeconds: z
      .int()
      .nullable()
      .describe('How long it still takes at its rate; null while it is not running.'),
  }),
  pausedBecause: z
    .enum(['staff', 'failures'])
    .nullable()
    .describe('failures: too many items in a row broke off. Find out why, then resume or abort.'),
  finishedAt: z.string().nullable(),
  worker: z.string().nullable().describe('The process that carries it out just now.'),
};

const time = (at: Date | null) => at?.toISOString() ?? null;

export type ShownRun = z.infer<z.ZodObject<typeof runFields>>;

const goesOn = {
  planned: true,
  running: true,
  paused: true,
  finished: false,
  aborted: false,
  expired: false,
};

/** A run as people see it. */
export function shownRun(run: BulkRun): ShownRun {
  const { summary, done, refused, failed, ...rest } = run;
  const left = run.eligible - done - refused - failed;
  const waiting = goesOn[run.state] ? left : 0;
  return {
    ...rest,
    ...summary,
    plannedAt: run.plannedAt.toISOString(),
    expiresAt: run.expiresAt.toISOString(),
    approvedAt: time(run.approvedAt),
    startedAt: time(run.startedAt),
    finishedAt: time(run.finishedAt),
    progress: {
      done,
      refused,
      failed,
      waiting,
      leftOut: run.state === 'aborted' ? left : 0,
      etaSeconds:
        run.state === 'running' && run.ratePerSecond !== null ? Math.ceil(waiting / run.ratePerSecond) : null,
    },
  };
}
