import type pg from 'pg';
import {
  type DeliveryBook,
  type DeliveryEnd,
  type DueDelivery,
  severitiesOf,
} from '../../ports/alertDelivery.ts';
import type { AlertSeverity } from '../../ports/alerts.ts';
import { ask } from '../shelf/ask.ts';

/** For so long nobody else takes what one has taken; longer than any call takes. */
const takenForSeconds = 60;

// What belongs together is told in its order: nothing of an alert, nor of the one after it with the same key, while
// something before it is still to be told.
const take = `
with due as (
  select d.id
    from fulfillment.alert_deliveries d left join fulfillment.alerts a on a.id = d.alert_id
   where d.delivered_at is null and d.left_out is null and d.due_at <= clock_timestamp()
     and not exists (
       select from fulfillment.alert_deliveries e join fulfillment.alerts b on b.id = e.alert_id
        where e.channel = d.channel and b.dedup_key = a.dedup_key
          and e.delivered_at is null and e.left_out is null and (e.created_at, e.id) < (d.created_at, d.id))
   order by d.due_at, d.id limit $1
     for update of d skip locked
), taken as (
  update fulfillment.alert_deliveries d
     set attempts = d.attempts + 1, due_at = clock_timestamp() + $2 * interval '1 second'
    from due where d.id = due.id
  returning d.*
)
select t.id, t.channel, t.kind, t.attempts,
       (extract(epoch from clock_timestamp() - t.created_at) * 1000)::float8 as "waitedMs",
       a.id as "alertId", a.rule, a.scope, a.severity, a.summary, a.job_id as "jobId", a.opened_at as "openedAt",
       o.reference as "openedReference", o.left_out is not null as "openedLeftOut",
       coalesce(c.firing and c.heard_at > a.opened_at - interval '1 hour', false) as confirmed
  from taken t
  left join fulfillment.alerts a on a.id = t.alert_id
  left join fulfillment.alert_deliveries o on o.alert_id = t.alert_id and o.channel = t.channel and o.kind = 'opened'
  left join fulfillment.alert_confirmations c on c.rule = a.rule
 order by t.created_at, t.id`;

type Row = Omit<DueDelivery, 'alert'> & {
  alertId: string | null;
  rule: string;
  scope: string;
  severity: AlertSeverity;
  summary: string;
  jobId: string | null;
  openedAt: Date;
};

const mine = `where d.id = $1 and d.attempts = $2 and d.delivered_at is null and d.left_out is null`;

const delivered = `
with told as (
  update fulfillment.alert_deliveries d
     set delivered_at = clock_timestamp(), reference = $3, last_reason = null ${mine}
  returning d.alert_id, d.channel, d.kind
), noted as (
  update fulfillment.alerts a set notified_at = coalesce(a.notified_at, clock_timestamp())
    from told where a.id = told.alert_id and told.kind = 'opened'
)
insert into fulfillment.alert_channel_tests as c (channel, succeeded_at)
select t.channel, clock_timestamp() from told t where t.alert_id is null
on conflict (channel) do update set succeeded_at = excluded.succeeded_at`;

const failed = `
update fulfillment.alert_deliveries d
   set due_at = clock_timestamp() + $4 * interval '1 millisecond', last_reason = $3 ${mine}`;

const waiting = `
update fulfillment.alert_deliveries d
   set due_at = clock_timestamp() + $3 * interval '1 millisecond', attempts = d.attempts - 1 ${mine}`;

const leftOut = `update fulfillment.alert_deliveries d set left_out = $3 ${mine}`;

/** What is to be told of alerts, over a pool of `fulfillment_worker`. */
export const createDeliveryBook = (pool: pg.Pool): DeliveryBook => ({
  async setChannels(channels) {
    const rows = channels.map((channel) => ({ channel, severities: severitiesOf[channel] }));
    await ask(pool, 'select fulfillment.set_alert_channels($1)', [JSON.stringify(rows)]);
  },
  async take(limit) {
    return (await ask<Row>(pool, take, [limit, takenForSeconds])).map(toDelivery);
  },
  async end({ id, attempts }, end) {
    await ask(pool, ...statementOf(id, attempts, end));
  },
  async wantDailyTest() {
    await ask(pool, 'select fulfillment.want_daily_test()', []);
  },
});

function statementOf(id: string, attempts: number, end: DeliveryEnd): [string, unknown[]] {
  switch (end.end) {
    case 'delivered':
      return [delivered, [id, attempts, end.reference?.slice(0, 200) ?? null]];
    case 'failed':
      return [failed, [id, attempts, end.reason.slice(0, 100), end.againInMs]];
    case 'wait':
      return [waiting, [id, attempts, end.againInMs]];
    case 'left_out':
      return [leftOut, [id, attempts, end.why]];
  }
}

function toDelivery({
  alertId,
  rule,
  scope,
  severity,
  summary,
  jobId,
  openedAt,
  channel,
  ...row
}: Row): DueDelivery {
  return {
    ...row,
    channel,
    alert: alertId === null ? null : { alertId, rule, scope, severity, summary, jobId, openedAt },
  };
}
