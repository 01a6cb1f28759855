import type pg from 'pg';
import {
  type DeliveryStanding,
  type DeliveryWatch,
  type UnprovenMails,
  unprovenWindowMs,
} from '../../ports/evidenceDesk.ts';
import { ask, type Database } from '../shelf/ask.ts';

const unproven = `
select count(*)::int as mails, min(m.accepted_at) as "oldestAt" from fulfillment.email_messages m
 where m.proven_at is null and m.accepted_at is not null
   and m.accepted_at <= clock_timestamp() - $1 * interval '1 millisecond'
   and m.accepted_at > clock_timestamp() - $2 * interval '1 millisecond'`;

/** Mails that were taken so long ago and that nothing proves. Any role may ask. */
export async function readUnproven(database: Database, afterMs: number): Promise<UnprovenMails> {
  const [row] = await ask<UnprovenMails & pg.QueryResultRow>(database, unproven, [afterMs, unprovenWindowMs]);
  return row ?? { mails: 0, oldestAt: null };
}

const standing = `
select clock_timestamp() as at,
       (select coalesce(jsonb_agg(jsonb_build_object('delivery', d.delivery, 'mails', d.mails) order by d.rank), '[]')
          from (select coalesce(m.delivery, 'none') as delivery, count(*) as mails,
                       coalesce(fulfillment.delivery_rank(m.delivery), 0) as rank
                  from fulfillment.email_messages m
                 where m.id >= fulfillment.uuid_v7_floor(clock_timestamp() - interval '1 day')
                   and m.state not in ('superseded', 'dropped')
                 group by 1, 3) d) as "lastDay",
       (select count(*)::int from (select from fulfillment.email_evidence e where e.message_id is null limit 10000) p) as parked`;

const sources = `
select c.name, c.polled_at as "polledAt", c.failure, c.failing_since as "failingSince"
  from fulfillment.mail_source_cursors c order by c.name limit 100`;

/** What is known of mails that were handed over. Over a pool of `fulfillment_operations` or `fulfillment_reader`. */
export const createDeliveryWatch = (pool: pg.Pool): DeliveryWatch => ({
  async read({ unprovenAfterMs }) {
    const [row] = await ask<Pick<DeliveryStanding, 'at' | 'lastDay' | 'parked'> & pg.QueryResultRow>(
      pool,
      standing,
      [],
    );
    if (!row) throw new Error('The database did not tell its time.');
    return {
      ...row,
      unproven: await readUnproven(pool, unprovenAfterMs),
      sources: await ask<DeliveryStanding['sources'][number] & pg.QueryResultRow>(pool, sources, []),
    };
  },
});
