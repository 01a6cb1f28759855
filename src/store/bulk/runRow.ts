import { z } from 'zod';
import { type BulkRun, bulkStates } from '../../ports/bulk.ts';

const rowSchema = z.object({
  runId: z.string(),
  action: z.string(),
  params: z.record(z.string(), z.json()),
  query: z.string(),
  retryOf: z.string().nullable(),
  digest: z.string(),
  state: z.enum(bulkStates),
  version: z.number(),
  items: z.number(),
  eligible: z.number(),
  ineligible: z.record(z.string(), z.number()),
  summary: z.object({
    amounts: z
      .array(z.object({ currency: z.string(), amountMinor: z.number(), items: z.number() }))
      .default([]),
    buyers: z.number().default(0),
    buyersUnknown: z.number().default(0),
    mails: z.number().default(0),
  }),
  approvalNeeded: z.boolean(),
  plannedBy: z.string(),
  plannedAt: z.date(),
  expiresAt: z.date(),
  approvedBy: z.string().nullable(),
  approvedAt: z.date().nullable(),
  startedBy: z.string().nullable(),
  startedAt: z.date().nullable(),
  reason: z.string().nullable(),
  ratePerSecond: z.number().nullable(),
  done: z.number(),
  refused: z.number(),
  failed: z.number(),
  pausedBecause: z.enum(['staff', 'failures']).nullable(),
  finishedAt: z.date().nullable(),
  worker: z.string().nullable(),
});

/** The state as it is: a plan whose time is over may not be written down as expired yet. */
export const stateNow = `case when r.state = 'planned' and r.expires_at <= clock_timestamp() then 'expired' else r.state end`;

/** Columns of a run `r`. */
export const runColumns = `
  r.id as "runId", r.action, r.params, r.query, r.retry_of as "retryOf", encode(r.digest, 'hex') as digest,
  ${stateNow} as state, r.version, r.items, r.eligible, r.ineligible_reasons as ineligible, r.summary,
  r.approval_needed as "approvalNeeded", r.planned_by as "plannedBy", r.planned_at as "plannedAt",
  r.expires_at as "expiresAt", r.approved_by as "approvedBy", r.approved_at as "approvedAt",
  r.started_by as "startedBy", r.started_at as "startedAt", r.reason, r.rate_per_second as "ratePerSecond",
  r.done, r.refused, r.failed, r.paused_because as "pausedBecause", r.finished_at as "finishedAt",
  case when r.lease_until > clock_timestamp() then r.worker end as worker`;

export function runOf(row: unknown): BulkRun {
  return rowSchema.parse(row);
}
