import type { ClientBase } from 'pg';
import type { PastDrill } from '../../ports/mailDrill.ts';

/** A drill is played once a month; of more than these nobody asks whether one has passed. */
const lookedAt = 100;

/** What the latest drills have come to, the latest first, by the database's clock. */
export async function readDrills(client: ClientBase): Promise<Array<Pick<PastDrill, 'agoMs' | 'results'>>> {
  const { rows } = await client.query<Pick<PastDrill, 'agoMs' | 'results'>>(
    `select (extract(epoch from clock_timestamp() - d.at) * 1000)::float8 as "agoMs", d.results
       from fulfillment.provider_drills d order by d.at desc, d.id desc limit $1`,
    [lookedAt],
  );
  return rows;
}
