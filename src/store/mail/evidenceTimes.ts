import type pg from 'pg';
import type { StuckEvidence } from '../../ports/evidenceDesk.ts';
import { ask } from '../shelf/ask.ts';

const firstMs = 5_000;
/** So seldom is evidence looked at whose mail nobody knows; it is dropped after a day. */
const parkedMaxMs = 15 * 60_000;
/** So seldom is evidence tried that cannot be worked on. */
const failingMaxMs = 3_600_000;

/** As long again as it has waited: a mail shows up within seconds, or hardly ever. */
const letWaitStatement = `
update fulfillment.email_evidence e
   set failures = 0,
       due_at = clock_timestamp() + interval '1 millisecond'
         * least($3::float8, greatest($2::float8, extract(epoch from clock_timestamp() - e.received_at)::float8 * 1000))
 where e.id = any($1::uuid[]) and e.message_id is null`;

const putOffStatement = `
update fulfillment.email_evidence e
   set failures = e.failures + 1,
       due_at = clock_timestamp() + interval '1 millisecond' * least($3::float8, $2::float8 * 2 ^ least(e.failures, 20))
 where e.id = any($1::uuid[])`;

const stuck = `
select count(*)::int as pieces, (array_agg(e.id order by e.received_at))[1:5] as ids
  from fulfillment.email_evidence e
 where e.failures > 0 and e.failures >= $1
   and (e.message_id is null or e.kind = 'bounced' and e.permanence = 'hard' and e.acted_at is null)`;

/** No mail is known that this is about; whatever has found one meanwhile stays as it is. */
export const letWait = async (pool: pg.Pool, evidenceIds: readonly string[]): Promise<void> =>
  void (await ask(pool, letWaitStatement, [evidenceIds, firstMs, parkedMaxMs]));

/** This could not be worked on: it comes later each time, so that it keeps no other. */
export const putOff = async (pool: pg.Pool, evidenceIds: readonly string[]): Promise<void> =>
  void (await ask(pool, putOffStatement, [evidenceIds, firstMs, failingMaxMs]));

/** Evidence that has failed at least so often in a row. */
export async function readStuck(pool: pg.Pool, failuresMin: number): Promise<StuckEvidence> {
  const [row] = await ask<{ pieces: number; ids: string[] | null }>(pool, stuck, [failuresMin]);
  return { pieces: row?.pieces ?? 0, ids: row?.ids ?? [] };
}
