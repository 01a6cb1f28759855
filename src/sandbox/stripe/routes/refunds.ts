import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { getObject } from '../objectStore.ts';
import { getRefund } from '../refunds.ts';
import { render } from '../wire/expand.ts';
import { listObjects, parseListQuery } from '../wire/list.ts';
import { formBoolean, formInteger, formList, formMetadata, parseParams } from '../wire/params.ts';
import { queryOf, sendObject, sendOnce } from './api.ts';
import type { RouteContext } from './context.ts';

const expandParam = { expand: formList(z.string()).optional() };
const retrieveParams = z.strictObject(expandParam);
const updateParams = z.strictObject({ ...expandParam, metadata: formMetadata.optional() });
const createParams = z.strictObject({
  ...expandParam,
  amount: formInteger({ min: 1, max: 99_999_999 }).optional(),
  charge: z.string().min(1).optional(),
  instructions_email: z.email().optional(),
  metadata: formMetadata.optional(),
  payment_intent: z.string().min(1).optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  refund_application_fee: formBoolean.optional(),
  reverse_transfer: formBoolean.optional(),
});

type WithId = { Params: { id: string } };

/** Refunds: create, retrieve, list, update and cancel; and those of one charge. */
export function addRefunds(server: FastifyInstance, context: RouteContext): void {
  const { pool, refunds } = context;

  server.post('/refunds', (request, reply) =>
    sendOnce(context, request, reply, async (db, form, origin) => {
      const params = parseParams(createParams, form);
      const { refund } = await refunds.create(db, {
        charge: params.charge,
        paymentIntent: params.payment_intent,
        amountMinor: params.amount,
        metadata: params.metadata,
        reason: params.reason,
        origin,
      });
      return render(db, refund, params.expand);
    }),
  );

  server.post<WithId>('/refunds/:id', (request, reply) =>
    sendOnce(context, request, reply, async (db, form, origin) => {
      const { expand, metadata } = parseParams(updateParams, form);
      const { refund } = await refunds.change(db, request.params.id, { metadata, origin });
      return render(db, refund, expand);
    }),
  );

  server.post<WithId>('/refunds/:id/cancel', (request, reply) =>
    sendOnce(context, request, reply, async (db, form, origin) => {
      const { expand } = parseParams(retrieveParams, form);
      const { refund } = await refunds.cancel(db, request.params.id, origin);
      return render(db, refund, expand);
    }),
  );

  server.get<WithId>('/refunds/:id', async (request, reply) => {
    const { expand } = parseParams(retrieveParams, queryOf(request));
    return sendObject(reply, await render(pool, await getRefund(pool, request.params.id), expand));
  });

  server.get('/refunds', async (request, reply) => {
    const {
      charge,
      payment_intent: intent,
      ...page
    } = parseListQuery(queryOf(request), {
      charge: z.string().optional(),
      payment_intent: z.string().optional(),
    });
    const list = await listObjects(pool, {
      type: 'refund',
      url: '/v1/refunds',
      page,
      filters: [
        charge === undefined ? undefined : { sql: `o.body ->> 'charge' = $`, value: charge },
        intent === undefined ? undefined : { sql: 'o.belongs_to = $', value: intent },
      ],
    });
    return sendObject(reply, await render(pool, list, page.expand));
  });

  server.get<WithId>('/charges/:id/refunds', async (request, reply) => {
    const { id } = request.params;
    const page = parseListQuery(queryOf(request), {});
    await getObject(pool, { type: 'charge', id });
    const list = await listObjects(pool, {
      type: 'refund',
      url: `/v1/charges/${id}/refunds`,
      page,
      filters: [{ sql: `o.body ->> 'charge' = $`, value: id }],
    });
    return sendObject(reply, await render(pool, list, page.expand));
  });
}
