import type pg from 'pg';
import {
  type AwaitedMails,
  awaitedRules,
  type DeliveryStanding,
  type DeliveryWatch,
} from '../../ports/evidenceDesk.ts';
import { ask, type Database } from '../shelf/ask.ts';
import { readReports } from './reportStandings.ts';

/** Whoever counts more says so. */
const countedMax = 10_000;

/** Mails `m` that were taken so many milliseconds ($1) ago, and that a person does not know of (`k`), oldest first. */
const notKnown = (where: string) => `
  select m.accepted_at from fulfillment.email_messages m
   where ${where}
     and m.accepted_at <= clock_timestamp() - $1 * interval '1 millisecond'
     and m.accepted_at > greatest(k.until, clock_timestamp() - interval '1 year')
   order by m.accepted_at limit ${countedMax}`;

/**
 * Mails wait to be heard of until they are, or until a person has acknowledged the alert ($2) that told of them; what is
 * older than a year is nobody's business.
 */
const awaited = (mails: string) => `
with known as (
  select max(least(a.acknowledged_at, a.seen_at)) - $1 * interval '1 millisecond' as until,
         coalesce(bool_or(a.resolved_at is null), false) as is_open
    from fulfillment.alerts a where a.rule = $2 and a.acknowledged_at is not null
)
select k.is_open as acknowledged, w.mails, w."oldestAt"
  from known k
 cross join lateral (select count(*)::int as mails, min(x.accepted_at) as "oldestAt" from (${mails}) x) w`;

const unproven = awaited(notKnown('m.accepted_at is not null and m.proven_at is null'));

// Provider by provider, so that the index over mails of which nothing was heard is read, and those of others are not.
const unheard = awaited(`
  select n.accepted_at from fulfillment.mail_report_standings r
   cross join lateral (${notKnown(`m.provider = r.provider and m.delivery = 'accepted' and m.accepted_at >= r.expected_since
     and not exists (select from fulfillment.email_evidence e where e.message_id = m.id)`)}) n
   where r.answer_proves`);

async function readAwaited(
  database: Database,
  text: string,
  values: [number, string],
): Promise<AwaitedMails> {
  const [row] = await ask<AwaitedMails & pg.QueryResultRow>(database, text, values);
  return row ?? { mails: 0, oldestAt: null, acknowledged: false };
}

/** Mails that were taken so long ago and that nothing proves. Any role that reads may ask. */
export const readUnproven = (database: Database, afterMs: number): Promise<AwaitedMails> =>
  readAwaited(database, unproven, [afterMs, awaitedRules.unproven]);

/** Mails that their provider's answer proves and that it tells nothing of, though it tells of all. */
export const readUnheard = (database: Database, afterMs: number): Promise<AwaitedMails> =>
  readAwaited(database, unheard, [afterMs, awaitedRules.unheard]);

const standing = `
select clock_timestamp() as at,
       (select coalesce(jsonb_agg(jsonb_build_object('delivery', d.delivery, 'mails', d.mails) order by d.rank), '[]')
          from (select coalesce(m.delivery, 'none') as delivery, count(*) as mails,
                       coalesce(fulfillment.delivery_rank(m.delivery), 0) as rank
                  from fulfillment.email_messages m
                 where m.id >= fulfillment.uuid_v7_floor(statement_timestamp() - interval '1 day')
                   and m.state not in ('superseded', 'dropped')
                 group by 1, 3) d) as "lastDay",
       (select count(*)::int from (select from fulfillment.email_evidence e where e.message_id is null limit 10000) p) as parked,
       w.expired::float8 as expired, w.last_expired_at as "lastExpiredAt"
  from fulfillment.mail_watch w`;

const sourcesStatement = `
select c.name, c.polled_at as "polledAt", c.failure, c.failing_since as "failingSince"
  from fulfillment.mail_source_cursors c order by c.name limit 100`;

/** How far each place was read. */
export const readSources = (database: Database): Promise<DeliveryStanding['sources']> =>
  ask<DeliveryStanding['sources'][number] & pg.QueryResultRow>(database, sourcesStatement, []);

/** What is known of mails that were handed over. Over a pool of `fulfillment_operations` or `fulfillment_reader`. */
export const createDeliveryWatch = (pool: pg.Pool): DeliveryWatch => ({
  async read({ unprovenAfterMs }) {
    const [row] = await ask<
      Pick<DeliveryStanding, 'at' | 'lastDay' | 'parked' | 'expired' | 'lastExpiredAt'> & pg.QueryResultRow
    >(pool, standing, []);
    if (!row) throw new Error('The database did not tell its time.');
    return {
      ...row,
      unproven: counted(await readUnproven(pool, unprovenAfterMs)),
      unheard: counted(await readUnheard(pool, unprovenAfterMs)),
      reports: await readReports(pool, unprovenAfterMs),
      sources: await readSources(pool),
    };
  },
});

const counted = ({ mails, oldestAt }: AwaitedMails) => ({ mails, oldestAt });
