import type pg from 'pg';
import { circuitRule } from '../../domain/circuit.ts';
import type { ProviderControlStore, ProviderReport } from '../../ports/providerControl.ts';
import { ensureCircuits } from './ensureCircuits.ts';
import { standingColumns, type StandingRow, toChange, toStanding } from './standing.ts';

const { windowMs, failuresMin, failureShareMin, openBaseMs, openCapMs } = circuitRule;
const { rowMin, rowSpanMinMs, rowSpanMaxMs, spareBaseMs, spareCapMs } = circuitRule;
const ms = (value: string | number) => `${value} * interval '1 millisecond'`;

/**
 * `judge` of domain/circuit.ts for many providers at once. The rows are locked in order before the clock is read, and
 * what is judged is the row as it is under the lock, so reports of many workers count one after the other.
 */
const statement = `
with told as (
  select * from unnest($1::text[], $2::int[], $3::int[], $4::int[], $5::text[], $6::float8[], $7::float8[], $8::int[])
    as t(provider, begun_in, succeeded, failed, probe, wait_ms, random, failed_in_a_row)
), held as materialized (
  select c.* from fulfillment.provider_circuits c
   where c.provider in (select t.provider from told t) order by c.provider for update
), timed as materialized (
  select h.*, clock_timestamp() as at from held h
), counted as (
  select h.*, t.wait_ms, t.random, coalesce(t.probe, 'none') as probe,
         h.generation = t.begun_in as is_current,
         h.state = 'closed' and h.generation = t.begun_in and t.probe is null as counts,
         h.at - h.window_started_at >= ${ms(windowMs)} as is_over,
         t.succeeded > 0 or h.row_started_at is null or h.at - h.row_started_at >= ${ms(rowSpanMaxMs)} as begins_row,
         t.succeeded, t.failed, t.failed_in_a_row
    from timed h join told t using (provider)
), windowed as (
  select k.*,
         case when not counts then failures when is_over then failed else failures + failed end as failures_now,
         case when not counts then successes when is_over then succeeded else successes + succeeded end as successes_now,
         case when not counts then failures_in_a_row when begins_row then failed_in_a_row
              else failures_in_a_row + failed_in_a_row end as row_now
    from counted k
), lined_up as (
  select w.*, case when not counts then row_started_at when row_now = 0 then null
                   when begins_row then at else row_started_at end as row_since
    from windowed w
), decided as (
  select l.*,
         probe = 'succeeded' and state <> 'closed' as closes,
         counts and failures_now >= ${failuresMin} and failures_now >= ${failureShareMin} * (failures_now + successes_now)
           or counts and row_now >= ${rowMin} and at - row_since >= ${ms(rowSpanMinMs)}
           or probe = 'failed' and state = 'half_open' and is_current as opens,
         probe = 'released' and state = 'half_open' and is_current as frees
    from lined_up l
), changed as (
  update fulfillment.provider_circuits c
     set state = case when d.closes then 'closed' when d.opens then 'open' else d.state end,
         generation = d.generation + (d.closes or d.opens)::int,
         successes = case when d.closes then 0 else d.successes_now end,
         failures = case when d.closes then 0 else d.failures_now end,
         window_started_at = case when d.closes or d.counts and d.is_over then d.at else d.window_started_at end,
         failures_in_a_row = case when d.closes then 0 else d.row_now end,
         row_started_at = case when d.closes then null else d.row_since end,
         openings = case when d.closes then 0 else d.openings + d.opens::int end,
         retry_at = case when d.closes then null
                         when d.opens then d.at + ${ms(`least(${openCapMs}, ${openBaseMs} * 2 ^ least(d.openings, 40)) * (0.75 + 0.25 * d.random)`)}
                         when d.frees then d.at
                         else d.retry_at end,
         spared_until = case when d.closes then null
                             when d.opens then d.at + ${ms(`least(${spareCapMs}, ${spareBaseMs}::float8 * (d.openings + 1))`)}
                             else d.spared_until end,
         changed_at = case when d.closes or d.opens then d.at else d.changed_at end,
         wait_until = case when d.wait_ms > 0 then greatest(d.wait_until, d.at + ${ms('d.wait_ms')}) else d.wait_until end
    from decided d where d.provider = c.provider
  returning c.*, d.closes or d.opens as is_news
)
select ${standingColumns}, coalesce(c.is_news, false) as is_news from changed c`;

/** Counts outcomes and decides what they make of the circuits. Providers get their row with their first trouble. */
export async function reportOutcomes(
  pool: pg.Pool,
  reports: ProviderReport[],
): ReturnType<ProviderControlStore['report']> {
  let rows = await send(pool, reports);
  if (rows.length < reports.length) {
    const known = new Set(rows.map((row) => row.provider));
    const missing = reports.filter(({ provider }) => !known.has(provider));
    await ensureCircuits(
      pool,
      missing.map(({ provider }) => provider),
    );
    rows = [...rows, ...(await send(pool, missing))];
  }
  return { standings: rows.map(toStanding), changes: rows.filter((row) => row.is_news).map(toChange) };
}

async function send(
  pool: pg.Pool,
  reports: ProviderReport[],
): Promise<Array<StandingRow & { is_news: boolean }>> {
  const column = <Key extends keyof ProviderReport>(key: Key) => reports.map((report) => report[key]);
  const { rows } = await pool.query<StandingRow & { is_news: boolean }>(statement, [
    column('provider'),
    column('generation'),
    column('successes'),
    column('failures'),
    column('probe'),
    column('waitMs'),
    column('random'),
    column('failuresInARow'),
  ]);
  return rows;
}
