import { z } from 'zod';
import { disputeStatuses, refundStatuses } from '../../domain/refunds.ts';

/**
 * The parts of Stripe's objects that we rely on, in the API version the SDK pins. Unknown keys are ignored, so Stripe
 * may add fields; a field of another type is a fault, not a guess.
 */
const amount = z.int().nonnegative();
const seconds = z.int().nonnegative();
const currency = z.string().regex(/^[a-z]{3}$/);
const text = z.string().nullish();

export const addressShape = z.object({
  line1: text,
  line2: text,
  city: text,
  postal_code: text,
  state: text,
  country: text,
});

const price = z.object({
  id: z.string(),
  product: z.union([z.string(), z.object({ id: z.string() })]).nullish(),
  unit_amount: z.int().nullish(),
});

const taxRate = z.object({ effective_percentage: z.number().nullish(), percentage: z.number() });

export const lineItemShape = z.object({
  id: z.string(),
  amount_discount: amount,
  amount_subtotal: amount,
  amount_tax: amount,
  amount_total: amount,
  description: text,
  price: price.nullish(),
  quantity: z.int().positive().nullish(),
  taxes: z.array(z.object({ rate: taxRate })).nullish(),
});

export const lineItemPageShape = z.object({ data: z.array(lineItemShape), has_more: z.boolean() });

export const checkoutShape = z.object({
  id: z.string(),
  amount_subtotal: amount.nullish(),
  amount_total: amount.nullish(),
  collected_information: z.object({ business_name: text }).nullish(),
  created: seconds,
  currency: currency.nullish(),
  customer_details: z
    .object({
      address: addressShape.nullish(),
      business_name: text,
      email: text,
      individual_name: text,
      name: text,
      tax_ids: z.array(z.object({ type: z.string(), value: text })).nullish(),
    })
    .nullish(),
  customer_email: text,
  line_items: lineItemPageShape.nullish(),
  livemode: z.boolean(),
  locale: text,
  mode: z.enum(['payment', 'setup', 'subscription']),
  payment_intent: z.union([z.string(), z.object({ id: z.string() })]).nullish(),
  payment_status: z.enum(['paid', 'unpaid', 'no_payment_required']),
  status: z.enum(['open', 'complete', 'expired']),
  total_details: z
    .object({ amount_discount: amount, amount_shipping: amount.nullish(), amount_tax: amount })
    .nullish(),
});

export const checkoutIdsShape = z.object({ data: z.array(z.object({ id: z.string() })) });

const chargeShape = z.object({
  billing_details: z.object({ address: addressShape.nullish(), email: text, name: text }).nullish(),
  created: seconds,
});

export const intentShape = z.object({
  id: z.string(),
  amount_received: amount,
  created: seconds,
  currency,
  latest_charge: chargeShape.nullish(),
  livemode: z.boolean(),
  metadata: z.record(z.string(), z.string()).nullish(),
  receipt_email: text,
  status: z.enum([
    'succeeded',
    'processing',
    'canceled',
    'requires_action',
    'requires_capture',
    'requires_confirmation',
    'requires_payment_method',
  ]),
});

/** Before 2016 refunds had no status; all of them had succeeded by the time they were made. */
export const refundShape = z.object({
  id: z.string().regex(/^(re|pyr)_[A-Za-z0-9_]{1,250}$/),
  amount: z.int().positive(),
  created: seconds,
  currency,
  metadata: z.record(z.string(), z.string()).nullish(),
  status: z
    .enum(refundStatuses)
    .nullable()
    .transform((status) => status ?? 'succeeded'),
});

export const disputeShape = z.object({
  id: z.string().regex(/^[a-z]{2,4}_[A-Za-z0-9_]{1,250}$/),
  amount,
  created: seconds,
  balance_transactions: z.array(z.object({ amount: z.int() })).nullish(),
  status: z.enum(disputeStatuses),
});

export const refundPageShape = z.object({ data: z.array(refundShape), has_more: z.boolean() });
export const disputePageShape = z.object({ data: z.array(disputeShape), has_more: z.boolean() });

export const anyPageShape = z.object({ data: z.array(z.unknown()) });

export const accountShape = z.object({ id: z.string() });

export const chargePageShape = z.object({ data: z.array(z.object({ receipt_number: text })) });

export type LineItemShape = z.infer<typeof lineItemShape>;
export type CheckoutShape = z.infer<typeof checkoutShape>;
export type IntentShape = z.infer<typeof intentShape>;
export type AddressShape = z.infer<typeof addressShape>;
