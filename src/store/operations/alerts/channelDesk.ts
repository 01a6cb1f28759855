import type pg from 'pg';
import type { AlertChannel, ChannelDesk, ChannelStanding } from '../../../ports/alertDelivery.ts';
import { ask } from '../../shelf/ask.ts';
import { queryIn } from '../../transaction.ts';

const standings = `
select c.channel, c.enabled, c.severities, p.pending, p.since as "pendingSince", p.reason as "lastReason",
       (select max(d.delivered_at) from fulfillment.alert_deliveries d
         where d.channel = c.channel and d.id >= fulfillment.uuid_v7_floor(clock_timestamp() - interval '30 days')) as "deliveredAt",
       t.succeeded_at as "testedAt"
  from fulfillment.alert_channels c
 cross join lateral (
   select count(*)::int as pending, min(d.created_at) as since, max(d.last_reason) as reason
     from fulfillment.alert_deliveries d
    where d.channel = c.channel and d.delivered_at is null and d.left_out is null) p
  left join fulfillment.alert_channel_tests t on t.channel = c.channel
 order by c.channel`;

const test = `
insert into fulfillment.alert_deliveries (channel, kind)
select c.channel, 'test' from fulfillment.alert_channels c where c.enabled and c.channel = any ($1)
returning channel`;

/** Channels of alerts, over a pool of `fulfillment_operations`. */
export const createChannelDesk = (pool: pg.Pool): ChannelDesk => ({
  list: () => ask<ChannelStanding & pg.QueryResultRow>(pool, standings, []),
  async test(tx, channels) {
    const rows = await queryIn<{ channel: AlertChannel }>(tx, test, [[...channels]]);
    return rows.map(({ channel }) => channel).toSorted();
  },
});
