import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { undeliveredEvents } from '../webhooks/deliveryStore.ts';
import { badParameter } from '../wire/errors.ts';
import { listObjects, parseListQuery } from '../wire/list.ts';
import { getObject } from '../objectStore.ts';
import type { Db } from '../objectStore.ts';
import { formBoolean, formList } from '../wire/params.ts';
import type { EventBody, StripeObject } from '../objects/shapes.ts';
import { queryOf, sendObject } from './api.ts';
import type { RouteContext } from './context.ts';

const maxTypes = 20;
const filters = {
  delivery_success: formBoolean.optional(),
  type: z.string().optional(),
  types: formList(z.string()).optional(),
};

const undelivered = `exists (select from stripe_sandbox.deliveries d where d.event_id = o.id and d.state <> 'delivered')`;

/** Events: newest first, by type, time and whether their webhooks have arrived. */
export function addEvents(server: FastifyInstance, { pool }: RouteContext): void {
  server.get('/events', async (request, reply) => {
    const { type, types, delivery_success: delivered, ...page } = parseListQuery(queryOf(request), filters);
    if (types && types.length > maxTypes) {
      throw badParameter(`The types array can have up to ${maxTypes} entries.`, 'types');
    }
    const list = await listObjects(pool, {
      type: 'event',
      url: '/v1/events',
      page,
      filters: [
        type === undefined ? undefined : { sql: `o.body ->> 'type' like $`, value: likePattern(type) },
        types && { sql: `o.body ->> 'type' like any($)`, value: types.map(likePattern) },
        delivered === undefined ? undefined : { sql: `${undelivered} <> $::boolean`, value: delivered },
      ],
    });
    return sendObject(reply, { ...list, data: await withPending(pool, list.data) });
  });

  server.get<{ Params: { id: string } }>('/events/:id', async (request, reply) => {
    const event = await getObject<EventBody>(pool, { type: 'event', id: request.params.id });
    const [shown] = await withPending(pool, [event]);
    return sendObject(reply, shown ?? event);
  });
}

/** The stored event says one webhook is pending, as it was when it was sent; the API says how it is now. */
async function withPending(db: Db, events: readonly StripeObject[]): Promise<StripeObject[]> {
  const pending = await undeliveredEvents(
    db,
    events.map((event) => event.id),
  );
  return events.map((event) => ({ ...event, pending_webhooks: pending.has(event.id) ? 1 : 0 }));
}

/** Stripe takes `charge.*` for all types of that name. */
function likePattern(type: string): string {
  return type.replace(/[\\%_]/g, String.raw`\$&`).replaceAll('*', '%');
}
