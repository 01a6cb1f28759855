import type pg from 'pg';
import type { AlertConfirmations, SentinelBook } from '../../ports/alertDelivery.ts';
import { ask } from '../shelf/ask.ts';

/** What sentinels know of each other, over a pool of `fulfillment_worker`. */
export const createSentinelBook = (pool: pg.Pool): SentinelBook => ({
  async noteEvaluated() {
    await ask(pool, 'update fulfillment.sentinel_state set evaluated_at = clock_timestamp()', []);
  },
  async standing(rules) {
    const rows = await ask<{ rule: string }>(
      pool,
      'select distinct a.rule from fulfillment.alerts a where a.resolved_at is null and a.rule = any ($1)',
      [[...rules]],
    );
    return new Set(rows.map(({ rule }) => rule));
  },
  async watchdogAgeMs() {
    const [row] = await ask<{ ageMs: number | null }>(
      pool,
      `select (extract(epoch from clock_timestamp() - s.watchdog_at) * 1000)::float8 as "ageMs" from fulfillment.sentinel_state s`,
      [],
    );
    return row?.ageMs ?? null;
  },
});

/** What Alertmanager tells, over a pool of `fulfillment_intake`. */
export const createAlertConfirmations = (pool: pg.Pool): AlertConfirmations => ({
  async confirm(alerts, watchdog) {
    await ask(pool, 'select fulfillment.confirm_alerts($1, $2)', [JSON.stringify(alerts), watchdog]);
  },
});
