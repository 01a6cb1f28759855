import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { pendingWebhooks } from '../webhooks/deliveryStore.ts';
import { eventInVersion } from '../webhooks/eventInVersion.ts';
import { badParameter, resourceMissing } from '../wire/errors.ts';
import { listObjects, parseListQuery } from '../wire/list.ts';
import { getObject } from '../objectStore.ts';
import { formBoolean, formList } from '../wire/params.ts';
import type { EventBody } from '../objects/shapes.ts';
import { stripeJson } from '../wire/json.ts';
import { queryOf } from './api.ts';
import type { RouteContext } from './context.ts';

const maxTypes = 20;
const filters = {
  delivery_success: formBoolean.optional(),
  type: z.string().optional(),
  types: formList(z.string()).optional(),
};

const undelivered = `exists (select from stripe_sandbox.deliveries d where d.event_id = o.id and d.state <> 'delivered')`;

/** Stripe keeps events so long. */
const keptSeconds = 30 * 24 * 60 * 60;

/** Events of the last 30 days: newest first, by type, time and whether their webhooks have arrived. */
export function addEvents(server: FastifyInstance, context: RouteContext): void {
  const { pool, account } = context;
  const keptSince = () => context.nowSeconds() - keptSeconds;

  /** The stored event says one webhook is pending, as it was when it was sent; the API says how it is now. */
  async function shown(events: readonly EventBody[]): Promise<EventBody[]> {
    const ids = events.map((event) => event.id);
    const pending = await pendingWebhooks(pool, ids);
    return events.map((event) => ({
      ...eventInVersion(event, account.apiVersion),
      pending_webhooks: pending.get(event.id) ?? 0,
    }));
  }

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
        { sql: 'o.created >= $', value: keptSince() },
        type === undefined ? undefined : { sql: `o.body ->> 'type' like $`, value: likePattern(type) },
        types && { sql: `o.body ->> 'type' like any($)`, value: types.map(likePattern) },
        delivered === undefined ? undefined : { sql: `${undelivered} <> $::boolean`, value: delivered },
      ],
    });
    return reply
      .type('application/json')
      .send(stripeJson({ ...list, data: await shown(list.data as unknown as EventBody[]) }));
  });

  server.get<{ Params: { id: string } }>('/events/:id', async (request, reply) => {
    const { id } = request.params;
    const event = await getObject<EventBody>(pool, { type: 'event', id });
    if (event.created < keptSince()) throw resourceMissing({ what: 'event', id, param: 'id' });
    const [found] = await shown([event]);
    return reply.type('application/json').send(stripeJson(found));
  });
}

/** Stripe takes `charge.*` for all types of that name. */
function likePattern(type: string): string {
  return type.replace(/[\\%_]/g, String.raw`\$&`).replaceAll('*', '%');
}
