import { z } from 'zod';
import { jobStates } from '../../domain/job.ts';
import type { DossierJob, DossierSurroundings } from '../../ports/orderDossier.ts';
import { ask, type Database } from '../shelf/ask.ts';
import { jsonObject, time } from './jsonObject.ts';

const text = z.string().nullable();
const rowSchema = z.object({
  files: z.array(
    z.object({
      kind: z.string(),
      lineNo: z.number(),
      format: z.string(),
      sizeBytes: z.number(),
      sha256: z.string(),
      storedAt: time,
    }),
  ),
  relatedJobs: z.array(
    z.object({
      jobId: z.string(),
      kind: z.string(),
      state: z.enum(jobStates),
      reason: text,
      failedStep: text,
      createdAt: time,
      finishedAt: time.nullable(),
    }),
  ),
  findings: z.array(
    z.object({
      findingId: z.string(),
      kind: z.string(),
      state: z.string(),
      details: jsonObject,
      version: z.number(),
      foundAt: time,
      closedAt: time.nullable(),
      closeReason: text,
    }),
  ),
  alerts: z.array(
    z.object({
      alertId: z.string(),
      rule: z.string(),
      severity: z.string(),
      state: z.string(),
      summary: z.string(),
      version: z.number(),
      openedAt: time,
      acknowledgedAt: time.nullable(),
      resolvedAt: time.nullable(),
    }),
  ),
  audit: z.array(
    z.object({
      action: z.string(),
      actor: z.string(),
      at: time,
      result: z.enum(['done', 'refused', 'failed']),
      reason: text,
    }),
  ),
});

const filesMax = 500;
const eachMax = 50;

/** The jobs of a payment are found by kind, because each kind has its index. */
const relatedJobs = `
  (select x.* from fulfillment.fulfillment_jobs x where x.payment_id = $2 and x.kind = 'fulfil')
  union all (select x.* from fulfillment.fulfillment_jobs x where x.payment_id = $2 and x.kind = 'settle')
  union all (select x.* from fulfillment.fulfillment_jobs x where x.payment_id = $2 and x.subject_key is not null
              order by x.id desc limit ${eachMax})`;

const list = (object: string, rows: string) =>
  `coalesce((select jsonb_agg(${object}) from (${rows}) r), '[]')`;

const statement = `select
${list(
  `jsonb_build_object('kind', r.kind, 'lineNo', r.line_no, 'format', r.format, 'sizeBytes', r.size_bytes,
     'sha256', r.sha256, 'storedAt', r.stored_at)`,
  `select * from fulfillment.stored_files x where x.payment_id = $2 order by x.kind desc, x.line_no, x.format limit ${filesMax}`,
)} as files,
${list(
  `jsonb_build_object('jobId', r.id, 'kind', r.kind, 'state', r.state, 'reason', r.reason, 'failedStep', r.failed_step,
     'createdAt', r.created_at, 'finishedAt', r.finished_at)`,
  `select * from (${relatedJobs}) x where x.id <> $1 order by x.id`,
)} as "relatedJobs",
${list(
  `jsonb_build_object('findingId', r.id, 'kind', r.kind, 'state', r.state, 'details', r.details, 'version', r.version,
     'foundAt', r.found_at, 'closedAt', r.closed_at, 'closeReason', r.close_reason)`,
  `select * from fulfillment.reconciliation_findings x where x.payment_id = $2 order by x.id desc limit ${eachMax}`,
)} as findings,
${list(
  `jsonb_build_object('alertId', r.id, 'rule', r.rule, 'severity', r.severity, 'state', r.state, 'summary', r.summary,
     'version', r.version, 'openedAt', r.opened_at, 'acknowledgedAt', r.acknowledged_at, 'resolvedAt', r.resolved_at)`,
  `select * from fulfillment.alerts x where x.job_id = $1 order by x.id desc limit ${eachMax}`,
)} as alerts,
${list(
  `jsonb_build_object('action', r.action, 'actor', r.actor, 'at', r.at, 'result', r.result, 'reason', r.reason)`,
  `select a.* from unnest($3::text[]) target(id)
    cross join lateral (select * from fulfillment.ops_audit x where x.target_id = target.id
                         order by x.seq desc limit ${eachMax}) a
    order by a.seq desc limit ${eachMax}`,
)} as audit`;

/** Files, other jobs of the payment, findings, alerts, and who of staff did what; the latest first where it is a history. */
export async function readSurroundings(
  database: Database,
  { jobId, payment }: Pick<DossierJob, 'jobId' | 'payment'>,
  entitlementIds: readonly string[],
): Promise<DossierSurroundings> {
  const targets = [jobId, ...(payment ? [payment.id, payment.key, payment.orderId] : []), ...entitlementIds];
  const [row] = await ask(database, statement, [jobId, payment?.id ?? null, [...new Set(targets)]]);
  return rowSchema.parse(row);
}
