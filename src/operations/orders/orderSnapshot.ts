import { z } from 'zod';
import type { JsonObject } from '../../ports/step.ts';

const text = z.string().nullable().catch(null);
const amount = z.number().catch(0);

const buyer = z.object({
  email: z.string(),
  name: text,
  company: text,
  taxIds: z.array(z.object({ type: z.string(), value: z.string() })).catch([]),
  address: z
    .object({ line1: text, line2: text, city: text, postalCode: text, state: text, country: text })
    .nullable()
    .catch(null),
  language: z.string().catch('en'),
});
export type OrderBuyer = z.infer<typeof buyer>;

const order = z.object({
  currency: z.string(),
  buyer,
  lines: z.array(
    z.object({
      lineNo: z.number(),
      productId: z.string(),
      productVersion: z.string().catch(''),
      formats: z.array(z.string()).catch([]),
      title: z.string().catch(''),
      quantity: z.number(),
      unitAmount: amount,
      subtotal: amount,
      discount: amount,
      tax: amount,
      total: amount,
    }),
  ),
  subtotal: amount,
  discount: amount,
  tax: amount,
  total: amount,
});
export type OrderSnapshot = z.infer<typeof order>;

/** The order as its job recorded it. Null when there is none, or an older build wrote it in a way that nobody knows. */
export function orderOf(recorded: JsonObject | null): OrderSnapshot | null {
  return order.safeParse(recorded).data ?? null;
}
