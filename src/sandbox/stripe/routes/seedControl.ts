import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { seedPastSales } from '../seed.ts';
import type { RouteContext } from './context.ts';
import { priceOf } from './controlBodies.ts';

const share = z.number().min(0).max(1).default(0);
const seedSchema = z
  .strictObject({
    count: z.int().min(1).max(200_000),
    from: z.int().positive(),
    to: z.int().positive(),
    products: z.array(z.string()).min(1).optional(),
    currency: z
      .string()
      .regex(/^[a-z]{3}$/)
      .optional(),
    buyer: z
      .string()
      .regex(/^[a-z0-9.+_-]{1,50}$/)
      .default('past'),
    method: z.enum(['card', 'blik']).default('card'),
    refundedShare: share,
    disputedShare: share,
    events: z.boolean().default(false),
  })
  .refine(({ from, to }) => from <= to, 'from is later than to')
  .refine((sales) => sales.refundedShare + sales.disputedShare <= 1, 'the shares are more than the whole');

/** Many sales of the past at once, for installations that begin with a history. */
export function addSeedControl(server: FastifyInstance, { pool, catalog }: RouteContext): void {
  server.post('/seed', async (request) => {
    const { products, currency, ...sales } = seedSchema.parse(request.body);
    const slugs = products ?? catalog.map((book) => book.slug);
    const priceIds = slugs.map((slug) => priceOf(catalog, slug, currency));
    return seedPastSales(pool, { ...sales, priceIds });
  });
}
