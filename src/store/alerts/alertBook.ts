import type pg from 'pg';
import type { AlertBook, AlertChange } from '../../ports/alertBook.ts';
import { ask } from '../shelf/ask.ts';

// Acknowledged or not: as long as it holds there is one row, and nobody is told twice.
const open = `
insert into fulfillment.alerts as a (rule, scope, severity, summary, job_id, data)
select $1, x.scope, x.severity, x.summary, x.job_id, x.data
  from unnest($2::text[], $3::text[], $4::text[], $5::uuid[], $6::jsonb[]) x(scope, severity, summary, job_id, data)
on conflict (dedup_key) where resolved_at is null do update
   set seen_at = clock_timestamp(), summary = excluded.summary,
       version = a.version + case when a.summary <> excluded.summary then 1 else 0 end
returning a.scope, a.severity, a.opened_at >= statement_timestamp() as changed`;

const resolve = `
update fulfillment.alerts a
   set state = 'resolved', resolved_at = clock_timestamp(), version = a.version + 1
 where a.rule = $1 and a.scope = any ($2) and a.resolved_at is null and not a.scope = any ($3)
returning a.scope, a.severity, true as changed`;

type Row = Pick<AlertChange, 'scope' | 'severity'> & { changed: boolean };

/** Alerts of rules, over a pool that logs in as `fulfillment_worker`. */
export const createAlertBook = (pool: pg.Pool): AlertBook => ({
  async keep(rule, scopes, holding) {
    const opened =
      holding.length === 0
        ? []
        : await ask<Row>(pool, open, [
            rule,
            holding.map(({ scope }) => scope),
            holding.map(({ severity }) => severity),
            holding.map(({ summary }) => summary.slice(0, 500)),
            holding.map(({ jobId }) => jobId ?? null),
            holding.map(({ data }) => JSON.stringify(data ?? {})),
          ]);
    const resolved = await ask<Row>(pool, resolve, [rule, scopes, holding.map(({ scope }) => scope)]);
    const told = (change: AlertChange['change']) => (row: Row) => ({
      change,
      rule,
      scope: row.scope,
      severity: row.severity,
    });
    return [
      ...opened.filter(({ changed }) => changed).map(told('opened')),
      ...resolved.map(told('resolved')),
    ];
  },
});
