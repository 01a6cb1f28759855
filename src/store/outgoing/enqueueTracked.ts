import type pg from 'pg';
import type { TrackedName } from '../../ports/analytics.ts';

export interface TrackedEvent {
  name: TrackedName;
  /** An id of ours: the same event of the same subject is told once. */
  subjectKey: string;
  /** Codes alone; anything else is refused. */
  properties: { product_id?: string; format?: string; language?: string };
}

/** Has the analytics told of something, as part of the caller's transaction; nothing where there are none. */
export async function enqueueTracked(
  client: Pick<pg.ClientBase, 'query'>,
  { name, subjectKey, properties }: TrackedEvent,
): Promise<void> {
  await client.query('select fulfillment.track($1, $2, $3)', [name, subjectKey, JSON.stringify(properties)]);
}
