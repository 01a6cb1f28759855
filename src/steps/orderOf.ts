import { z } from 'zod';
import { Fault } from '../domain/fault.ts';
import { languages, type Order } from '../domain/order.ts';
import type { JobView, PaymentRef } from '../ports/step.ts';

const amount = z.number().int().nonnegative();
const text = z.string().nullable();

const orderSchema: z.ZodType<Order> = z.object({
  orderId: z.string(),
  paymentKey: z.string(),
  livemode: z.boolean(),
  currency: z.string(),
  buyer: z.object({
    email: z.string(),
    name: text,
    company: text,
    taxIds: z.array(z.object({ type: z.string(), value: z.string() })),
    address: z
      .object({ line1: text, line2: text, city: text, postalCode: text, state: text, country: text })
      .nullable(),
    language: z.enum(languages),
  }),
  lines: z.array(
    z.object({
      lineNo: z.number().int().positive(),
      productId: z.string(),
      productVersion: z.string(),
      formats: z.array(z.enum(['pdf', 'epub'])),
      title: z.string(),
      quantity: z.number().int().positive(),
      unitAmount: amount,
      subtotal: amount,
      discount: amount,
      tax: amount,
      taxPercent: z.number().nullable(),
      total: amount,
    }),
  ),
  subtotal: amount,
  discount: amount,
  tax: amount,
  total: amount,
  paidAt: z.string(),
});

/** The payment a purchase's step works for. */
export function paymentOf(job: JobView): PaymentRef {
  if (job.payment) return job.payment;
  throw new Fault({
    kind: 'permanent',
    reason: 'no_payment',
    message: `A job of kind ${job.kind} has no payment.`,
  });
}

/** What a job is about that is not about a payment alone. */
export function subjectOf({ kind, subjectKey }: JobView): string {
  if (subjectKey !== null) return subjectKey;
  throw new Fault({
    kind: 'permanent',
    reason: 'no_subject',
    message: `A job of kind ${kind} has no subject.`,
  });
}

const parsed = new WeakMap<object, Order>();

/** The job's canonical order, checked once per object: a frozen plan may meet an order written by an older build. */
export const orderOf = (job: JobView): Order => parseOrder(job.order as object);

/** An order as it is stored. */
export function parseOrder(raw: object): Order {
  let order = raw && parsed.get(raw);
  if (!order) {
    order = orderSchema.parse(raw);
    parsed.set(raw, order);
  }
  return order;
}
