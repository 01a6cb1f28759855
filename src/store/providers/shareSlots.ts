import type pg from 'pg';
import type { SlotAsk, SlotShare } from '../../ports/providerControl.ts';
import { clientOf, inTransaction } from '../transaction.ts';
import { ensureCircuits } from './ensureCircuits.ts';

const lock = `select provider from fulfillment.provider_circuits where provider = any($1) order by provider for update`;

/** When there are fewer slots than workers that want one, the odd ones go round, this long each. */
const turnSeconds = 2;

/**
 * Every worker that has work is entitled to an equal share, and where the shares do not come out even, the odd slots
 * go round by the clock. What some do not want, others may have on top. Nobody gets more than is free: who holds too
 * many gives them back as its calls end.
 */
const share = `
with asked as (
  select a.*, statement_timestamp() as at
    from unnest($3::text[], $4::int[], $5::int[], $6::int[]) as a(provider, most, in_use, wanted)
), gone as (
  delete from fulfillment.provider_slots s using asked a
   where s.provider = a.provider and (s.worker = $1 and a.wanted = 0 or s.worker <> $1 and s.expires_at <= a.at)
), all_workers as (
  select a.provider, a.most, a.at, s.worker, s.wanted, s.held as held_by_others
    from asked a join fulfillment.provider_slots s
      on s.provider = a.provider and s.worker <> $1 and s.expires_at > a.at
  union all
  select a.provider, a.most, a.at, $1, a.wanted, 0 from asked a
), ranked as (
  select w.*, count(*) filter (where wanted > 0) over by_provider as sharers,
         count(*) filter (where wanted > 0) over (by_provider order by worker) - 1 as place
    from all_workers w window by_provider as (partition by provider)
), entitled as (
  select r.*, case when wanted = 0 then 0 else
           most / sharers + (mod(place + div(extract(epoch from at), ${turnSeconds})::bigint, sharers) < mod(most, sharers))::int
         end as share
    from ranked r
), summed as (
  select e.*, most - sum(least(wanted, share)) over by_provider as unclaimed,
         most - sum(held_by_others) over by_provider as free
    from entitled e window by_provider as (partition by provider)
), mine as (
  select m.provider, a.at, a.in_use, a.wanted,
         greatest(0, least(a.wanted, m.share + greatest(0, m.unclaimed), m.free))::int as allowed
    from summed m join asked a using (provider) where m.worker = $1
), renewed as (
  insert into fulfillment.provider_slots as s (provider, worker, held, wanted, expires_at)
  select provider, $1, greatest(in_use, allowed), wanted, at + $2 * interval '1 millisecond' from mine where wanted > 0
  on conflict (provider, worker) do update
     set held = excluded.held, wanted = excluded.wanted, expires_at = excluded.expires_at
)
select provider, allowed from mine`;

/**
 * Claims, renews, shrinks or gives back a worker's slots of many providers. In two statements, because the second must
 * see what others committed while the first waited for the lock.
 */
export function shareSlots(
  pool: pg.Pool,
  { worker, ttlMs }: { worker: string; ttlMs: number },
  asks: SlotAsk[],
): Promise<SlotShare[]> {
  const providers = asks.map((ask) => ask.provider);
  return inTransaction(pool, async (tx) => {
    const client = clientOf(tx);
    const { rowCount } = await client.query(lock, [providers]);
    if (rowCount !== asks.length) {
      await ensureCircuits(client, providers);
      await client.query(lock, [providers]);
    }
    const { rows } = await client.query<SlotShare>(share, [
      worker,
      ttlMs,
      providers,
      asks.map((ask) => ask.concurrencyMax),
      asks.map((ask) => ask.inUse),
      asks.map((ask) => ask.wanted),
    ]);
    return rows;
  });
}
