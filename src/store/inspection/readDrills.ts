import type { ClientBase } from 'pg';

/** How long ago the last drill passed, in milliseconds by the database's clock; null: none that is still kept. */
export async function readDrills(client: ClientBase): Promise<{ passedAgoMs: number | null }> {
  const { rows } = await client.query<{ ago: number | null }>(
    `select (extract(epoch from clock_timestamp() - max(d.at)) * 1000)::float8 as ago
       from fulfillment.provider_drills d where d.passed`,
  );
  return { passedAgoMs: rows[0]?.ago ?? null };
}
