import type { ClientBase } from 'pg';
import type { PastScrub } from '../../ports/storageScrub.ts';

/** The latest scrub of the whole store, and when it was begun, by the database's clock; undefined: there was none. */
export async function readScrub(client: ClientBase): Promise<PastScrub | undefined> {
  const { rows } = await client.query<PastScrub>(
    `select s.repair, (s.finished_at is not null) as finished, s.checked::float8, s.broken::float8,
            (extract(epoch from clock_timestamp() - s.started_at) * 1000)::float8 as "agoMs",
            (extract(epoch from clock_timestamp() - s.told_at) * 1000)::float8 as "silentMs"
       from fulfillment.storage_scrubs s where s.part = 'all' and s.since is null
      order by s.started_at desc limit 1`,
  );
  return rows[0];
}
