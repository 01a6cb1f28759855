import type pg from 'pg';
import type { DailyDuties, DailyDuty } from '../../ports/dailyDuties.ts';
import { ask } from '../shelf/ask.ts';

const begin = `
insert into fulfillment.ops_duties as o (duty, day)
values ($1, (clock_timestamp() at time zone 'UTC')::date)
on conflict (duty, day) do update set started_at = clock_timestamp(), attempts = o.attempts + 1
 where o.finished_at is null and o.started_at <= clock_timestamp() - $2 * interval '1 millisecond'
returning duty, day::text`;

/** Duties of a day, over a pool of `fulfillment_operations`. */
export const createDailyDuties = (pool: pg.Pool): DailyDuties => ({
  async begin(duty, againAfterMs) {
    const [taken] = await ask<DailyDuty & pg.QueryResultRow>(pool, begin, [duty, againAfterMs]);
    return taken ? { duty: taken.duty, day: taken.day } : null;
  },
  async finish({ duty, day }) {
    await ask(
      pool,
      'update fulfillment.ops_duties set finished_at = clock_timestamp() where duty = $1 and day = $2::date',
      [duty, day],
    );
  },
});
