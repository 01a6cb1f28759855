import type pg from 'pg';
import type { TokenAsk, TokenGrant } from '../../ports/providerControl.ts';

/** The line is at most so long: who stands further back looks again within that time, and may be lucky. */
const lineMaxSeconds = 60;

const s = (value: string | number) => `(${value}) * interval '1 second'`;

/**
 * The token bucket, filled by the database's clock under the lock of its row. Who gets no token and does not stay is
 * given a place in a line of waiting calls, one token apart, so that those who were sent away come back as fast as
 * tokens do and not all at once.
 */
const statement = `
with asked as (
  select * from unnest($1::text[], $2::int[], $3::int[], $4::float8[], $5::float8[])
    as a(provider, wanted, keeps, rate, burst)
), held as materialized (
  select t.* from fulfillment.provider_tokens t
   where t.provider in (select a.provider from asked a) order by t.provider for update
), timed as materialized (
  select h.*, greatest(clock_timestamp(), h.filled_at) as at from held h
), filled as (
  select h.provider, h.at, h.line_until, a.wanted, a.keeps, a.rate,
         least(a.burst, h.tokens + extract(epoch from h.at - h.filled_at) * a.rate) as tokens
    from timed h join asked a using (provider)
), granted as (
  select f.*, least(wanted, floor(tokens))::int as granted from filled f
), lined as (
  select g.*, greatest(0, wanted - granted - keeps) as leave,
         (1 - (tokens - floor(tokens))) / rate as next_s,
         greatest(line_until, at + ${s('(1 - (tokens - floor(tokens)) + least(keeps, wanted - granted)) / rate')}) as line_start
    from granted g
), taken as (
  update fulfillment.provider_tokens t
     set tokens = l.tokens - l.granted, filled_at = l.at,
         line_until = case when leave > 0 then least(l.at + ${s(lineMaxSeconds)}, l.line_start + ${s('l.leave / l.rate')})
                           else l.line_until end
    from lined l where l.provider = t.provider
  returning l.provider, l.granted, l.next_s * 1000 as "nextInMs",
            (extract(epoch from least(l.line_start, l.at + ${s(lineMaxSeconds)}) - l.at) * 1000)::float8 as "lineInMs"
)
select * from taken`;

/** Takes tokens for all calls of this process that wait for one, in one statement. */
export async function takeTokens(pool: pg.Pool, asks: TokenAsk[]): Promise<TokenGrant[]> {
  const grants = await take(pool, asks);
  const known = new Set(grants.map((grant) => grant.provider));
  const missing = asks.filter(({ provider }) => !known.has(provider));
  if (missing.length === 0) return grants;
  // A provider's first call ever finds its bucket full.
  await pool.query(
    `insert into fulfillment.provider_tokens (provider, tokens)
     select * from unnest($1::text[], $2::float8[]) n(provider, tokens) order by 1 on conflict (provider) do nothing`,
    [missing.map((ask) => ask.provider), missing.map((ask) => ask.burst)],
  );
  return [...grants, ...(await take(pool, missing))];
}

async function take(pool: pg.Pool, asks: TokenAsk[]): Promise<TokenGrant[]> {
  const column = <Key extends keyof TokenAsk>(key: Key) => asks.map((ask) => ask[key]);
  const { rows } = await pool.query<TokenGrant>(statement, [
    column('provider'),
    column('wanted'),
    column('keeps'),
    column('ratePerSecond'),
    column('burst'),
  ]);
  return rows;
}
