import type pg from 'pg';
import type { ExpectedReports, HeardStanding, ReportStanding } from '../../ports/mailReports.ts';
import { ask, type Database } from '../shelf/ask.ts';

const expect = `
with expected as (
  select * from jsonb_to_recordset($1) x(provider text, "answerProves" boolean)
), ended as (
  update fulfillment.mail_report_standings s set expected_since = null
   where s.expected_since is not null and s.provider not in (select x.provider from expected x)
)
insert into fulfillment.mail_report_standings as s (provider, expected_since, answer_proves)
select x.provider, clock_timestamp(), x."answerProves" from expected x order by x.provider
on conflict (provider) do update
   set expected_since = coalesce(s.expected_since, excluded.expected_since), answer_proves = excluded.answer_proves
 where s.expected_since is null or s.answer_proves <> excluded.answer_proves`;

/** These providers' reports are read from now on, if they were not before; those of all others are not. */
export const expectReports = async (pool: pg.Pool, expected: readonly ExpectedReports[]): Promise<void> =>
  void (await ask(pool, expect, [JSON.stringify(expected)]));

/** Whoever counts more says so. */
const countedMax = 1_000;

/** Mails `m` of which nothing was heard since a time, though $1 milliseconds have gone by since they were taken. */
const awaiting = (since: string, ofWhich: string, order = '') => `
  (select count(*)::int from (
     select from fulfillment.email_messages m
      where ${ofWhich} and m.delivery in ('unproven', 'accepted')
        and m.accepted_at > ${since} and m.accepted_at <= clock_timestamp() - $1 * interval '1 millisecond'
      ${order} limit ${countedMax}) w)`;

// By the index of mails that wait: where most do, it would seem as quick to read them all.
const inTheirOrder = 'order by m.accepted_at';

const reports = `
select s.provider, s.expected_since as "expectedSince", s.heard_at as "heardAt",
       case when s.expected_since is null then 0
            else ${awaiting('greatest(s.heard_at, s.expected_since)', 'm.provider = s.provider', inTheirOrder)} end as awaiting
  from fulfillment.mail_report_standings s order by s.provider`;

/** When each provider's last report came, and how many of its mails wait for one. Any role that reads may ask. */
export const readReports = (database: Database, afterMs: number): Promise<ReportStanding[]> =>
  ask<ReportStanding & pg.QueryResultRow>(database, reports, [afterMs]);

const places = `
with heard as materialized (${reports})
select h.provider as place, 'reports' as kind, h."heardAt" as "lastAt",
       greatest(h."heardAt", h."expectedSince") as since, h.awaiting, clock_timestamp() as now
  from heard h where h."expectedSince" is not null
union all
select c.name, 'source', c.polled_at, c.polled_at, ${awaiting('c.polled_at', `m.id >= fulfillment.uuid_v7_floor(c.polled_at - interval '1 day')`)}, clock_timestamp()
  from fulfillment.mail_source_cursors c
 where c.name = any($2::text[]) and c.failure is null and c.polled_at < clock_timestamp() - $3 * interval '1 millisecond'`;

/**
 * Where something should be heard: of providers that report when they last did, and of places that are looked at those
 * that nobody has looked at for so long, though none is known to fail.
 */
export const readHeard = (
  database: Database,
  { afterMs, sources, staleMs }: { afterMs: number; sources: readonly string[]; staleMs: number },
): Promise<HeardStanding[]> =>
  ask<HeardStanding & pg.QueryResultRow>(database, places, [afterMs, sources, staleMs]);
