import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { getSession } from '../checkout.ts';
import { render } from '../wire/expand.ts';
import { listObjects, parseListQuery } from '../wire/list.ts';
import { formList, parseParams } from '../wire/params.ts';
import { parseNewSession } from './sessionParams.ts';
import { queryOf, sendObject, sendOnce } from './api.ts';
import type { RouteContext } from './context.ts';

const retrieveParams = z.strictObject({ expand: formList(z.string()).optional() });
const sessionFilters = {
  customer_details: z.strictObject({ email: z.string() }).optional(),
  payment_intent: z.string().optional(),
  status: z.enum(['complete', 'expired', 'open']).optional(),
};

type WithId = { Params: { id: string } };

/** Checkout sessions: create, retrieve, list, and the line items of one. */
export function addCheckoutSessions(server: FastifyInstance, context: RouteContext): void {
  const { pool } = context;

  server.post('/checkout/sessions', (request, reply) =>
    sendOnce(context, request, reply, async (db, form) => {
      const { wanted, expand } = parseNewSession(form);
      return render(db, await context.checkout.open(db, wanted), expand);
    }),
  );

  server.get<WithId>('/checkout/sessions/:id', async (request, reply) => {
    const { expand } = parseParams(retrieveParams, queryOf(request));
    return sendObject(reply, await render(pool, await getSession(pool, request.params.id), expand));
  });

  server.post<WithId>('/checkout/sessions/:id/expire', (request, reply) =>
    sendOnce(context, request, reply, async (db, form, origin) => {
      const { expand } = parseParams(retrieveParams, form);
      return render(db, await context.checkout.expire(db, request.params.id, origin), expand);
    }),
  );

  server.get<WithId>('/checkout/sessions/:id/line_items', async (request, reply) => {
    const { id } = request.params;
    const page = parseListQuery(queryOf(request), {});
    await getSession(pool, id);
    const items = await listObjects(pool, {
      type: 'item',
      url: `/v1/checkout/sessions/${id}/line_items`,
      page,
      filters: [{ sql: 'o.belongs_to = $', value: id }],
      oldestFirst: true,
    });
    return sendObject(reply, await render(pool, items, page.expand));
  });

  server.get('/checkout/sessions', async (request, reply) => {
    const {
      payment_intent: intent,
      status,
      customer_details: customer,
      ...page
    } = parseListQuery(queryOf(request), sessionFilters);
    const sessions = await listObjects(pool, {
      type: 'checkout.session',
      url: '/v1/checkout/sessions',
      page,
      filters: [
        intent === undefined ? undefined : { sql: 'o.belongs_to = $', value: intent },
        status === undefined ? undefined : { sql: `o.body ->> 'status' = $`, value: status },
        customer && { sql: `o.body -> 'customer_details' ->> 'email' = $`, value: customer.email },
      ],
    });
    return sendObject(reply, await render(pool, sessions, page.expand));
  });
}
