import type pg from 'pg';
import type { AlertDesk, AlertFilter, AlertRow } from '../../../ports/alerts.ts';
import type { Transaction } from '../../../ports/transaction.ts';
import { ask } from '../../shelf/ask.ts';
import { queryIn } from '../../transaction.ts';

type Row = Omit<AlertRow, 'acknowledged'> & {
  acknowledgedAt: Date | null;
  acknowledgedBy: string | null;
  acknowledgedReason: string | null;
};

const columns = `a.id as "alertId", a.rule, a.scope, a.severity, a.state, a.summary, a.job_id as "jobId", a.version,
  a.opened_at as "openedAt", a.seen_at as "seenAt", a.notified_at as "notifiedAt", a.resolved_at as "resolvedAt",
  a.acknowledged_at as "acknowledgedAt", a.acknowledged_by as "acknowledgedBy",
  a.acknowledged_reason as "acknowledgedReason"`;

/** Alerts, over a pool of `fulfillment_operations`. */
export const createAlertDesk = (pool: pg.Pool): AlertDesk => ({
  list: (filter, page) => listAlerts(pool, filter, page),
  lock,
  acknowledge,
});

/** What is not resolved has an index of its own, and is little; the others are read by their time-ordered key. */
async function listAlerts(
  pool: pg.Pool,
  { states, severity, rule }: AlertFilter,
  { limit, after }: { limit: number; after?: string },
): Promise<AlertRow[]> {
  const unresolved = states.includes('resolved') ? '' : 'a.resolved_at is null and';
  const rows = await ask<Row>(
    pool,
    `select ${columns} from fulfillment.alerts a
      where ${unresolved} a.state = any($1)
        and ($2::text is null or a.severity = $2) and ($3::text is null or a.rule = $3)
        and a.id < coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      order by a.id desc limit $5`,
    [states, severity ?? null, rule ?? null, after ?? null, limit],
  );
  return rows.map(toAlert);
}

async function lock(tx: Transaction, alertId: string): Promise<AlertRow | undefined> {
  const [row] = await queryIn<Row>(
    tx,
    `select ${columns} from fulfillment.alerts a where a.id = $1 for update`,
    [alertId],
  );
  return row && toAlert(row);
}

async function acknowledge(
  tx: Transaction,
  alertId: string,
  { subject, reason }: { subject: string; reason: string },
): Promise<number> {
  const [row] = await queryIn<{ version: number }>(
    tx,
    `update fulfillment.alerts
        set state = 'acknowledged', acknowledged_at = clock_timestamp(), acknowledged_by = $2,
            acknowledged_reason = $3, version = version + 1
      where id = $1 returning version`,
    [alertId, subject, reason],
  );
  if (!row) throw new Error('The alert has gone under its lock.');
  return row.version;
}

function toAlert({ acknowledgedAt, acknowledgedBy, acknowledgedReason, ...row }: Row): AlertRow {
  const acknowledged =
    acknowledgedAt && acknowledgedBy !== null
      ? { at: acknowledgedAt, by: acknowledgedBy, reason: acknowledgedReason }
      : null;
  return { ...row, acknowledged };
}
