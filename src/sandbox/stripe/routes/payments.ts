import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { assertChargeable } from '../wire/chargeable.ts';
import { render } from '../wire/expand.ts';
import { listObjects, parseListQuery } from '../wire/list.ts';
import { getObject } from '../objectStore.ts';
import { formBoolean, formInteger, formList, formMetadata, parseParams } from '../wire/params.ts';
import { queryOf, sendObject, sendOnce } from './api.ts';
import type { RouteContext } from './context.ts';

const expandParam = { expand: formList(z.string()).optional() };
const retrieveParams = z.strictObject(expandParam);
const paymentMethod = z.string().startsWith('pm_').optional();

const createParams = z.strictObject({
  ...expandParam,
  amount: formInteger({ min: 1, max: 99_999_999 }),
  automatic_payment_methods: z
    .strictObject({ allow_redirects: z.enum(['always', 'never']).optional(), enabled: formBoolean })
    .optional(),
  confirm: formBoolean.optional(),
  currency: z
    .string()
    .regex(/^[a-z]{3}$/i)
    .transform((code) => code.toLowerCase()),
  description: z.string().max(1000).optional(),
  metadata: formMetadata.optional(),
  payment_method: paymentMethod,
  payment_method_types: formList(z.string()).optional(),
  receipt_email: z.email().optional(),
  return_url: z.url().optional(),
});
const confirmParams = z.strictObject({
  ...expandParam,
  payment_method: paymentMethod,
  return_url: z.url().optional(),
});

type WithId = { Params: { id: string } };

/** Payment intents, charges and the payments of invoices. */
export function addPayments(server: FastifyInstance, context: RouteContext): void {
  addIntents(server, context);
  addCharges(server, context);

  server.get('/invoice_payments', async (request, reply) => {
    const { payment, ...page } = parseListQuery(queryOf(request), {
      invoice: z.string().optional(),
      payment: z
        .strictObject({
          payment_intent: z.string().optional(),
          type: z.enum(['payment_intent', 'payment_record']),
        })
        .optional(),
      status: z.enum(['canceled', 'open', 'paid']).optional(),
    });
    const intent = payment?.payment_intent;
    const list = await listObjects(context.pool, {
      type: 'invoice_payment',
      url: '/v1/invoice_payments',
      page,
      filters: [intent === undefined ? undefined : { sql: 'o.belongs_to = $', value: intent }],
    });
    return sendObject(reply, list);
  });
}

function addIntents(server: FastifyInstance, context: RouteContext): void {
  const { pool, intents } = context;

  server.post('/payment_intents', (request, reply) =>
    sendOnce(context, request, reply, async (db, form, origin) => {
      const params = parseParams(createParams, form);
      assertChargeable(params.amount, params.currency, 'amount');
      const intent = await intents.create(
        db,
        {
          amountMinor: params.amount,
          currency: params.currency,
          description: params.description,
          metadata: params.metadata,
          receiptEmail: params.receipt_email,
        },
        origin,
      );
      return render(
        db,
        params.confirm ? await intents.confirm(db, intent.id, origin) : intent,
        params.expand,
      );
    }),
  );

  server.post<WithId>('/payment_intents/:id/confirm', (request, reply) =>
    sendOnce(context, request, reply, async (db, form, origin) => {
      const { expand } = parseParams(confirmParams, form);
      return render(db, await intents.confirm(db, request.params.id, origin), expand);
    }),
  );

  server.get<WithId>('/payment_intents/:id', async (request, reply) => {
    const { expand } = parseParams(retrieveParams, queryOf(request));
    const { id } = request.params;
    const intent = await getObject(pool, { type: 'payment_intent', id, param: 'intent' });
    return sendObject(reply, await render(pool, intent, expand));
  });

  server.get('/payment_intents', async (request, reply) => {
    const page = parseListQuery(queryOf(request), {});
    const list = await listObjects(pool, { type: 'payment_intent', url: '/v1/payment_intents', page });
    return sendObject(reply, await render(pool, list, page.expand));
  });
}

function addCharges(server: FastifyInstance, { pool }: RouteContext): void {
  server.get<WithId>('/charges/:id', async (request, reply) => {
    const { expand } = parseParams(retrieveParams, queryOf(request));
    const charge = await getObject(pool, { type: 'charge', id: request.params.id });
    return sendObject(reply, await render(pool, charge, expand));
  });

  server.get('/charges', async (request, reply) => {
    const { payment_intent: intent, ...page } = parseListQuery(queryOf(request), {
      payment_intent: z.string().optional(),
    });
    const list = await listObjects(pool, {
      type: 'charge',
      url: '/v1/charges',
      page,
      filters: [intent === undefined ? undefined : { sql: 'o.belongs_to = $', value: intent }],
    });
    return sendObject(reply, await render(pool, list, page.expand));
  });
}
