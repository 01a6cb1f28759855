import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { accountBody } from '../objects/account.ts';
import { render } from '../wire/expand.ts';
import { listObjects, parseListQuery } from '../wire/list.ts';
import { getObject } from '../objectStore.ts';
import { formBoolean, formList, parseParams } from '../wire/params.ts';
import { queryOf, sendObject } from './api.ts';
import type { RouteContext } from './context.ts';

const retrieveParams = z.strictObject({ expand: formList(z.string()).optional() });
const active = { active: formBoolean.optional() };

type WithId = { Params: { id: string } };

/** Products, prices and the account. */
export function addShopData(server: FastifyInstance, context: RouteContext): void {
  addProducts(server, context);
  addPrices(server, context);

  server.get('/account', (_request, reply) => sendObject(reply, accountBody()));
}

function addProducts(server: FastifyInstance, { pool }: RouteContext): void {
  server.get<WithId>('/products/:id', async (request, reply) => {
    const { expand } = parseParams(retrieveParams, queryOf(request));
    const product = await getObject(pool, { type: 'product', id: request.params.id });
    return sendObject(reply, await render(pool, product, expand));
  });

  server.get('/products', async (request, reply) => {
    const {
      active: wanted,
      ids,
      ...page
    } = parseListQuery(queryOf(request), {
      ...active,
      ids: formList(z.string()).optional(),
    });
    const list = await listObjects(pool, {
      type: 'product',
      url: '/v1/products',
      page,
      filters: [activeFilter(wanted), ids && { sql: 'o.id = any($)', value: ids }],
    });
    return sendObject(reply, await render(pool, list, page.expand));
  });
}

function addPrices(server: FastifyInstance, { pool }: RouteContext): void {
  server.get<WithId>('/prices/:id', async (request, reply) => {
    const { expand } = parseParams(retrieveParams, queryOf(request));
    const price = await getObject(pool, { type: 'price', id: request.params.id, param: 'price' });
    return sendObject(reply, await render(pool, price, expand));
  });

  server.get('/prices', async (request, reply) => {
    const {
      active: wanted,
      currency,
      lookup_keys: keys,
      product,
      ...page
    } = parseListQuery(queryOf(request), {
      ...active,
      currency: z.string().optional(),
      lookup_keys: formList(z.string()).optional(),
      product: z.string().optional(),
      type: z.enum(['one_time', 'recurring']).optional(),
    });
    const list = await listObjects(pool, {
      type: 'price',
      url: '/v1/prices',
      page,
      filters: [
        activeFilter(wanted),
        currency === undefined ? undefined : { sql: `o.body ->> 'currency' = $`, value: currency },
        keys && { sql: `o.body ->> 'lookup_key' = any($)`, value: keys },
        product === undefined ? undefined : { sql: 'o.belongs_to = $', value: product },
      ],
    });
    return sendObject(reply, await render(pool, list, page.expand));
  });
}

function activeFilter(wanted: boolean | undefined) {
  return wanted === undefined
    ? undefined
    : { sql: `(o.body ->> 'active')::boolean = $::boolean`, value: wanted };
}
