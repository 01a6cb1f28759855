import type { ClientBase } from 'pg';

export interface EventPartitions {
  /** False when the timeline's table does not exist: nothing has been migrated. */
  tableThere: boolean;
  /** Whole months after this one that have a partition, without gap; -1 when even this month has none. */
  monthsAhead: number;
}

const monthsLookedAt = 24;

/** Needs no right on the table: the catalogue may be read by all. */
export async function readEventPartitions(client: ClientBase): Promise<EventPartitions> {
  const { rows } = await client.query<{ tableThere: boolean; present: boolean[] }>(
    `select pg_catalog.to_regclass('fulfillment.fulfillment_job_events') is not null as "tableThere",
            array(
              select exists (
                select from pg_catalog.pg_inherits i
                  join pg_catalog.pg_class child on child.oid = i.inhrelid
                 where i.inhparent = pg_catalog.to_regclass('fulfillment.fulfillment_job_events')
                   and child.relname = 'fulfillment_job_events_' || pg_catalog.to_char(
                         pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()) + pg_catalog.make_interval(months => ahead),
                         'YYYY_MM'))
                from pg_catalog.generate_series(0, $1::integer) ahead
               order by ahead) as present`,
    [monthsLookedAt],
  );
  const { tableThere = false, present = [] } = rows[0] ?? {};
  const gap = present.indexOf(false);
  return { tableThere, monthsAhead: (gap === -1 ? present.length : gap) - 1 };
}
