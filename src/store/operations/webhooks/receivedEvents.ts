import type pg from 'pg';
import type { Accepted } from '../../../ports/intakeStore.ts';
import type { KeptEvent, ReceivedEvents } from '../../../ports/receivedEvents.ts';
import { eventJson, purchaseJson } from '../../events/acceptEvent.ts';
import { ask, type Database } from '../../shelf/ask.ts';
import { clientOf, queryIn } from '../../transaction.ts';
import { eventColumns, eventJoins, type EventRow, toEvent } from './eventColumns.ts';
import { listEvents } from './listEvents.ts';

/** Events that were received, over a pool of `fulfillment_operations`. */
export const createReceivedEvents = (pool: pg.Pool): ReceivedEvents => ({
  list: (filter, page) => listEvents(pool, filter, page),
  find: (id) => findEvent(pool, id),
  findIn: (tx, id) => findEvent(clientOf(tx), id),
  reprocess,
});

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function findEvent(database: Database, id: string): Promise<KeptEvent | undefined> {
  const named = uuid.test(id) ? 'e.id = $1' : `e.event_id = $1 and e.verdict <> 'conflict'`;
  const [row] = await ask<EventRow & { body: Buffer | null }>(
    database,
    `select ${eventColumns}, e.body from fulfillment.stripe_events e ${eventJoins} where ${named}`,
    [id],
  );
  if (!row) return undefined;
  const conflicts = await ask<{ id: string; receivedAt: Date }>(
    database,
    `select e.id, e.received_at as "receivedAt" from fulfillment.stripe_events e
      where e.event_id = $1 and e.verdict = 'conflict' and e.id <> $2 order by e.id limit 10`,
    [row.eventId, row.id],
  );
  return { ...toEvent(row), body: row.body, conflicts };
}

const reprocess: ReceivedEvents['reprocess'] = async (tx, id, { event, purchase, actor }) => {
  const [row] = await queryIn<{ outcome: Accepted['outcome']; job_id: string | null }>(
    tx,
    'select outcome, job_id from fulfillment.reprocess_event($1, $2, $3, $4, $5)',
    [
      id,
      JSON.stringify(eventJson(event)),
      Buffer.from(event.contentSha256),
      purchase ? JSON.stringify(purchaseJson(purchase)) : null,
      actor,
    ],
  );
  if (!row) throw new Error('reprocess_event returned nothing.');
  return { outcome: row.outcome, jobId: row.job_id };
};
