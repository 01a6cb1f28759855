import type pg from 'pg';
import type {
  CatchUpState,
  CatchUpStore,
  KnownSale,
  Sweep,
  SweepPlan,
  SweepStep,
} from '../../ports/catchUp.ts';
import { ask } from '../shelf/ask.ts';

const take = `
update fulfillment.catch_up c
   set worker = $1, lease_until = clock_timestamp() + $2 * interval '1 millisecond'
 where c.worker = $1 or c.worker is null or c.lease_until <= clock_timestamp()
returning clock_timestamp() as now, c.seen_until as "seenUntil", c.read_at as "readAt", c.watched_at as "watchedAt",
          (extract(epoch from c.due_at - clock_timestamp()) * 1000)::float8 as "dueInMs",
          (select max(s.created_at) from fulfillment.catch_up_sweeps s
            where s.kind in ('first', 'gap', 'daily')) as "sweptAt"`;

const release = `
update fulfillment.catch_up c set worker = null, lease_until = null where c.worker = $1`;

const advance = `
update fulfillment.catch_up c set seen_until = greatest(c.seen_until, $2) where c.worker = $1`;

const endRound = `
update fulfillment.catch_up c
   set read_at = clock_timestamp(), due_at = clock_timestamp() + $2 * interval '1 millisecond' where c.worker = $1`;

const plan = `
insert into fulfillment.catch_up_sweeps (kind, since, until)
select x.kind, x.since, x.until from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) x(kind, since, until)
 where exists (select from fulfillment.catch_up c where c.worker = $1)
on conflict do nothing`;

const nextSweep = `
select s.id as "sweepId", s.kind, s.since, s.until, s.part, s.cursor
  from fulfillment.catch_up_sweeps s where s.finished_at is null
 order by s.kind = 'adopt', s.created_at limit 1`;

const noteSweep = `
update fulfillment.catch_up_sweeps s
   set part = coalesce($2, s.part), cursor = $3, pages = s.pages + 1, known = s.known + $4, fulfilled = s.fulfilled + $5,
       adopted = s.adopted + $6, settled = s.settled + $7, left_out = s.left_out + $8,
       started_at = coalesce(s.started_at, clock_timestamp()),
       finished_at = case when $2::text is null then clock_timestamp() end
 where s.id = $1 and s.finished_at is null`;

// What is leased is due when its lease ends, so a little ahead counts as well.
const countDue = `
select count(*)::int as count from (
  select from fulfillment.fulfillment_dispatch d
   where d.plan_key = $1 and d.due_at <= clock_timestamp() + interval '20 seconds' limit $2) due`;

const knownSales = `
select p.payment_key as "paymentKey", coalesce((p.facts ->> 'refunded')::float8, 0) as refunded,
       coalesce(jsonb_array_length(p.facts -> 'disputes'), 0) > 0 as disputed,
       p.paid and exists (select from fulfillment.fulfillment_jobs j
                           where j.payment_id = p.id and j.kind = 'fulfil') as "hasJob"
  from fulfillment.payments p where p.payment_key = any ($1)`;

const silence = `
select s.unheard::int as unheard, s.unheard_since as since, s.heard_at as "heardAt"
  from fulfillment.webhook_silence($1 * interval '1 millisecond') s`;

type Silence = Awaited<ReturnType<CatchUpStore['silence']>>;

/** How far catching up is, over a pool that logs in as `fulfillment_worker`. */
export function createCatchUpStore(pool: pg.Pool): CatchUpStore {
  const change = async (text: string, values: unknown[]) => void (await ask(pool, text, values));
  return {
    async take(worker, leaseMs) {
      const [row] = await ask<CatchUpState & pg.QueryResultRow>(pool, take, [worker, leaseMs]);
      return row;
    },
    release: (worker) => change(release, [worker]),
    advance: (worker, seenUntil) => change(advance, [worker, seenUntil]),
    endRound: (worker, { dueInMs }) => change(endRound, [worker, dueInMs]),
    noteWatched: (worker) =>
      change('update fulfillment.catch_up set watched_at = clock_timestamp() where worker = $1', [worker]),
    plan: (worker, sweeps: readonly SweepPlan[]) =>
      change(plan, [
        worker,
        sweeps.map(({ kind }) => kind),
        sweeps.map(({ since }) => since),
        sweeps.map(({ until }) => until),
      ]),
    async nextSweep() {
      const [row] = await ask<Sweep & pg.QueryResultRow>(pool, nextSweep, []);
      return row;
    },
    noteSweep: (sweepId, { part, cursor, ...tally }: SweepStep) =>
      change(noteSweep, [
        sweepId,
        part,
        cursor,
        tally.known,
        tally.fulfilled,
        tally.adopted,
        tally.settled,
        tally.leftOut,
      ]),
    async countDue(planKey, limit) {
      const [row] = await ask<{ count: number }>(pool, countDue, [planKey, limit]);
      return row?.count ?? 0;
    },
    async knownEvents(eventIds) {
      const rows = await ask<{ event_id: string }>(
        pool,
        'select k.event_id from fulfillment.known_events($1) k',
        [eventIds],
      );
      return new Set(rows.map((row) => row.event_id));
    },
    async knownSales(paymentKeys) {
      const rows = await ask<KnownSale & pg.QueryResultRow>(pool, knownSales, [paymentKeys]);
      return new Map(rows.map((row) => [row.paymentKey, row]));
    },
    async silence(graceMs) {
      const [row] = await ask<Silence & pg.QueryResultRow>(pool, silence, [graceMs]);
      return row ?? { unheard: 0, since: null, heardAt: null };
    },
  };
}
