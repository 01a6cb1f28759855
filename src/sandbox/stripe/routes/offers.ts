import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { couponBody, taxRateBody } from '../objects/catalog.ts';
import { newId } from '../objects/ids.ts';
import { getObject, writeObjects } from '../objectStore.ts';
import { badParameter, StripeApiError } from '../wire/errors.ts';
import { formBoolean, formInteger, formList, formMetadata, parseParams } from '../wire/params.ts';
import { queryOf, sendObject, sendOnce } from './api.ts';
import type { RouteContext } from './context.ts';

const percent = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,4})?$/)
  .transform(Number)
  .pipe(z.number().min(0).max(100));
const expandParam = { expand: formList(z.string()).optional() };
const retrieveParams = z.strictObject(expandParam);
const couponParams = z.strictObject({
  ...expandParam,
  amount_off: formInteger({ min: 1 }).optional(),
  currency: z
    .string()
    .regex(/^[a-z]{3}$/i)
    .transform((code) => code.toLowerCase())
    .optional(),
  duration: z.literal('once', 'The stand-in knows coupons for one purchase only').optional(),
  id: z.string().min(1).max(200).optional(),
  metadata: formMetadata.optional(),
  name: z.string().max(40).optional(),
  percent_off: percent.optional(),
});
const taxRateParams = z.strictObject({
  ...expandParam,
  country: z.string().length(2).optional(),
  description: z.string().max(5000).optional(),
  display_name: z.string().min(1).max(50),
  inclusive: formBoolean,
  metadata: formMetadata.optional(),
  percentage: percent,
  tax_type: z.literal('vat').optional(),
});

type WithId = { Params: { id: string } };

/** Coupons and tax rates: create and retrieve. */
export function addOffers(server: FastifyInstance, context: RouteContext): void {
  const { pool } = context;

  server.post('/coupons', (request, reply) =>
    sendOnce(context, request, reply, async (db, form) => {
      const params = parseParams(couponParams, form);
      const { amount_off: minor, percent_off: percentOff, currency } = params;
      if ((minor === undefined) === (percentOff === undefined))
        throw badParameter('Specify exactly one of `percent_off` and `amount_off`.', 'percent_off');
      if (minor !== undefined && currency === undefined)
        throw badParameter('You must pass currency when passing amount_off', 'currency');
      const id = params.id ?? newId('coupon');
      const { rowCount } = await db.query('select from stripe_sandbox.objects where id = $1', [id]);
      if (rowCount)
        throw new StripeApiError(400, 'Coupon already exists.', { code: 'resource_already_exists' });
      const created = context.nowSeconds();
      const body = couponBody({
        id,
        created,
        name: params.name,
        metadata: params.metadata,
        percentOff,
        amountOff: minor === undefined ? undefined : { minor, currency: currency ?? '' },
      });
      await writeObjects(db, [{ body, created }]);
      return body;
    }),
  );
  server.get<WithId>('/coupons/:id', async (request, reply) => {
    parseParams(retrieveParams, queryOf(request));
    return sendObject(
      reply,
      await getObject(pool, { type: 'coupon', id: request.params.id, param: 'coupon' }),
    );
  });

  server.post('/tax_rates', (request, reply) =>
    sendOnce(context, request, reply, async (db, form) => {
      const params = parseParams(taxRateParams, form);
      const created = context.nowSeconds();
      const body = taxRateBody({ ...params, id: newId('txr'), created, displayName: params.display_name });
      await writeObjects(db, [{ body, created }]);
      return body;
    }),
  );
  server.get<WithId>('/tax_rates/:id', async (request, reply) => {
    parseParams(retrieveParams, queryOf(request));
    return sendObject(
      reply,
      await getObject(pool, { type: 'tax_rate', id: request.params.id, param: 'tax_rate' }),
    );
  });
}
