import { z } from 'zod';
import { bulkOfEditorsMax } from '../../domain/permissions.ts';
import type { BulkCandidate, PinnedItem } from '../../ports/bulk.ts';
import type { JsonObject } from '../../ports/step.ts';
import type { Transaction } from '../../ports/transaction.ts';
import type { By, Changed } from '../frame/operation.ts';
import type { BulkAction } from './bulkActions.ts';
import { type BulkOperationsOptions, defaultApprovalAbove, planLivesMs } from './bulkOptions.ts';
import { summaryFields } from './bulkShown.ts';
import { planDigest } from './digest.ts';
import { judge, type Verdict } from './judge.ts';
import { createTally } from './tally.ts';

const sampleMax = 10;
/** Candidates are read and judged so many at a time: an order may be large. */
const chunkItems = 500;

export const planOutput = z.strictObject({
  runId: z.string(),
  state: z.literal('planned'),
  action: z.string(),
  digest: z
    .string()
    .describe('Over action, parameters, jobs and versions: who runs or approves the plan names it.'),
  items: z.int().describe('Orders the query found.'),
  eligible: z.int().describe('Those the action makes sense for: the run has so many.'),
  ...summaryFields,
  approvalNeeded: z.boolean().describe('A second person has to approve it before it can be run.'),
  large: z.boolean().describe(`More than the ${bulkOfEditorsMax} that an editor may run.`),
  expiresAt: z.string().describe('Until when it can be run, ISO 8601.'),
  sample: z
    .array(
      z.strictObject({
        jobId: z.string(),
        orderId: z.string().nullable(),
        state: z.string(),
        amountMinor: z.int().nullable(),
        currency: z.string().nullable(),
        ineligibleReason: z.string().nullable().describe('Null: eligible.'),
      }),
    )
    .describe('Some of them, eligible ones first. bulk:show has them all, with masked buyers.'),
});
export type PlanOutput = z.infer<typeof planOutput>;

export interface PlanWish {
  action: BulkAction;
  params: JsonObject;
  jobIds: readonly string[];
  /** For people to read. */
  query: string;
  retryOf: string | null;
  by: By;
}

type Judged = { candidate: BulkCandidate; verdict: Verdict };

/** Writes down what would be done to which jobs at which version, and what will come of it. Does none of it. */
export async function pinPlan(
  options: BulkOperationsOptions,
  tx: Transaction,
  wish: PlanWish,
): Promise<Changed<PlanOutput>> {
  const { action, params, by } = wish;
  const tally = createTally();
  const items: PinnedItem[] = [];
  const sample = createSample();
  // Ids are made in the order of time: whoever has waited longest comes first.
  const jobIds = [...new Set(wish.jobIds)].toSorted();
  for (let from = 0; from < jobIds.length; from += chunkItems) {
    const candidates = await options.planning.candidates(tx, jobIds.slice(from, from + chunkItems));
    for (const candidate of candidates) {
      const verdict = await judge({ action, params, by, mailSteps: options.mailSteps }, candidate);
      const { jobId, version } = candidate.job;
      items.push({ jobId, version, ineligibleReason: verdict.ineligibleReason });
      tally.add(candidate, verdict);
      sample.add({ candidate, verdict });
    }
  }
  const digest = planDigest({ action: action.name, params, items }, options.sha256);
  const eligible = tally.eligible();
  const approvalNeeded =
    action.approval === 'always' || eligible > (options.approvalAbove ?? defaultApprovalAbove);
  const summary = tally.summary();
  const ineligible = tally.ineligible();
  const { runId, expiresAt } = await options.planning.pin(tx, {
    action: action.name,
    params,
    query: wish.query,
    retryOf: wish.retryOf,
    digest,
    items,
    ineligible,
    summary,
    approvalNeeded,
    plannedBy: by.caller.subject,
    expiresInMs: planLivesMs,
  });
  const hex = Buffer.from(digest).toString('hex');
  return {
    output: {
      runId,
      state: 'planned',
      action: action.name,
      digest: hex,
      items: items.length,
      eligible,
      ...summary,
      ineligible,
      approvalNeeded,
      large: eligible > bulkOfEditorsMax,
      expiresAt: expiresAt.toISOString(),
      sample: sample.shown(),
    },
    before: {},
    after: { runId, state: 'planned', version: 1 },
    details: { action: action.name, digest: hex, items: items.length, eligible, approvalNeeded },
  };
}

/** The first of both kinds, so that there are ten whichever there are more of. */
function createSample() {
  const eligible: Judged[] = [];
  const others: Judged[] = [];
  return {
    add(judged: Judged) {
      const kind = judged.verdict.ineligibleReason === null ? eligible : others;
      if (kind.length < sampleMax) kind.push(judged);
    },
    shown: () => [...eligible, ...others].slice(0, sampleMax).map(shownItem),
  };
}

function shownItem({ candidate: { job, amount }, verdict }: Judged): PlanOutput['sample'][number] {
  return {
    jobId: job.jobId,
    orderId: job.payment?.orderId ?? null,
    state: job.state,
    amountMinor: amount?.minor ?? null,
    currency: amount?.currency ?? null,
    ineligibleReason: verdict.ineligibleReason,
  };
}
