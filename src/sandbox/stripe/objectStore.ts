import type { Pool, PoolClient } from 'pg';
import { resourceMissing } from './wire/errors.ts';
import type { ItemBody, StripeObject } from './objects/shapes.ts';

/** A pool, or a client inside a transaction. */
export type Db = Pick<PoolClient, 'query'>;

export interface NewObject {
  body: StripeObject;
  /** Unix seconds. Line items carry no time of their own, so it is given beside the body. */
  created: number;
  belongsTo?: string | null;
}

export interface NewDelivery {
  endpointId: string;
  eventId: string;
  state: 'pending' | 'dropped';
  delayMs: number;
}

/** Writes objects (new or changed) and the deliveries of their events, in their order, in one statement. */
export async function writeObjects(
  db: Db,
  objects: readonly NewObject[],
  deliveries: readonly NewDelivery[] = [],
): Promise<void> {
  const rows = objects.map(({ body, created, belongsTo = null }) => ({
    created,
    belongs_to: belongsTo,
    body,
  }));
  await db.query(
    `with written as (
       insert into stripe_sandbox.objects (id, type, created, belongs_to, body)
       select row -> 'body' ->> 'id', row -> 'body' ->> 'object', (row ->> 'created')::bigint, row ->> 'belongs_to', row -> 'body'
       from jsonb_array_elements($1::jsonb) with ordinality as list(row, place)
       order by place
       on conflict (id) do update set belongs_to = excluded.belongs_to, body = excluded.body
     )
     insert into stripe_sandbox.deliveries (endpoint_id, event_id, state, due_at)
     select row ->> 'endpointId', row ->> 'eventId', row ->> 'state', clock_timestamp() + (row ->> 'delayMs')::float8 * interval '1 millisecond'
     from jsonb_array_elements($2::jsonb) with ordinality as list(row, place)
     order by place`,
    [JSON.stringify(rows), JSON.stringify(deliveries)],
  );
}

/** Objects by id, in no particular order; unknown ids are left out. */
export async function findObjects<T extends StripeObject>(db: Db, ids: readonly string[]): Promise<T[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<{ body: T }>('select body from stripe_sandbox.objects where id = any($1)', [
    ids,
  ]);
  return rows.map((row) => row.body);
}

/** The line items of sessions, each session's in the order of its cart. */
export async function findLineItems(
  db: Db,
  sessionIds: readonly string[],
): Promise<{ owner: string; body: ItemBody }[]> {
  const { rows } = await db.query<{ owner: string; body: ItemBody }>(
    `select belongs_to as owner, body from stripe_sandbox.objects
     where belongs_to = any($1) and type = 'item' order by seq`,
    [sessionIds],
  );
  return rows;
}

/**
 * One object by type and id; `lock` holds its row until the end of the transaction.
 * @throws StripeApiError (404) when there is none.
 */
export async function getObject<T extends StripeObject>(
  db: Db,
  wanted: { type: string; id: string; what?: string; param?: string; lock?: boolean },
): Promise<T> {
  const { rows } = await db.query<{ body: T }>(
    `select body from stripe_sandbox.objects where id = $1 and type = $2 ${wanted.lock ? 'for update' : ''}`,
    [wanted.id, wanted.type],
  );
  const found = rows[0]?.body;
  if (!found) {
    throw resourceMissing({ what: wanted.what ?? wanted.type, id: wanted.id, param: wanted.param ?? 'id' });
  }
  return found;
}

/** Runs the work in one transaction on one connection of the pool. */
export async function transact<T>(pool: Pool, work: (db: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    await client.query('rollback').then(
      () => client.release(),
      (broken: unknown) => client.release(broken instanceof Error ? broken : true),
    );
    throw error;
  }
}
