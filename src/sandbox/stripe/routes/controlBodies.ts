import { z } from 'zod';
import type { CatalogBook } from '../objects/catalog.ts';
import { freeCouponId } from '../objects/catalog.ts';
import type { CartLine } from '../cart.ts';
import type { NewSession, Submission } from '../checkout.ts';
import { StripeApiError } from '../wire/errors.ts';
import { localeSchema } from './sessionParams.ts';
import { webhookPlanSchema } from '../webhooks/webhookPlan.ts';

/** Text that Postgres can keep inside `jsonb`: no NUL and no half of a surrogate pair. */
const text = z
  .string()
  .max(5000)
  .refine(
    (value) => !value.includes('\0') && !/\p{Surrogate}/u.test(value),
    'must be well-formed text without NUL',
  );
const metadata = z.record(text, text);
const currency = z.string().regex(/^[a-z]{3}$/);
const unixSeconds = z.int().positive();
const webhook = webhookPlanSchema.optional();
const version = z.string().regex(/^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/);

const address = z
  .strictObject({
    city: text.nullable().default(null),
    country: text.nullable().default(null),
    line1: text.nullable().default(null),
    line2: text.nullable().default(null),
    postal_code: text.nullable().default(null),
    state: text.nullable().default(null),
  })
  .nullable()
  .default(null);

const submissionFields = {
  email: text.nullable().optional(),
  name: text.nullable().default(null),
  business_name: text.nullable().default(null),
  individual_name: text.nullable().default(null),
  tax_ids: z.array(z.strictObject({ type: text, value: text })).default([]),
  address,
  locale: localeSchema.optional(),
  method: z.enum(['card', 'blik', 'blik_delayed', 'p24', 'sepa_debit', 'free']).default('card'),
  /** A delayed payment settles by itself after a while. */
  settle: z.strictObject({ outcome: z.enum(['succeeded', 'failed']), afterMs: z.number().min(0) }).optional(),
  webhook,
};

export const submissionSchema = z.strictObject({
  ...submissionFields,
  quantities: z.record(z.string(), z.int().min(1)).optional(),
});

/** A tax of its own; `exclusive` comes on top of the price. */
const lineTax = z.strictObject({
  percent: z.number().min(0).max(100),
  behavior: z.enum(['inclusive', 'exclusive']).default('inclusive'),
});

export const purchaseSchema = z.strictObject({
  ...submissionFields,
  lines: z
    .array(
      z.strictObject({
        price: text.optional(),
        slug: text.optional(),
        /** A product and price made for this sale, in the currency of the sale. */
        name: text.optional(),
        unit_amount: z.int().min(0).max(99_999_999_999).optional(),
        tax: lineTax.optional(),
        quantity: z.int().min(1).max(999_999).default(1),
      }),
    )
    .optional(),
  products: z.array(text).optional(),
  currency: currency.optional(),
  coupon: text.optional(),
  metadata: metadata.optional(),
  payment_intent_data: z
    .strictObject({
      description: text.optional(),
      metadata: metadata.optional(),
      receipt_email: text.optional(),
    })
    .default({}),
  client_reference_id: text.optional(),
  success_url: text.optional(),
  /** Unix seconds, for purchases of the past. */
  created: unixSeconds.optional(),
});

export const paidIntentSchema = z.strictObject({
  amount: z.int().min(1).max(99_999_999),
  currency,
  description: text.optional(),
  metadata: metadata.optional(),
  receipt_email: text.nullable().optional(),
  name: text.nullable().optional(),
  /** Makes the intent the payment of this invoice. */
  invoice: text.optional(),
  created: unixSeconds.optional(),
  webhook,
});

export const settlementSchema = z.strictObject({ outcome: z.enum(['succeeded', 'failed']), webhook });

export const eventSchema = z.strictObject({
  type: text,
  object: z.looseObject({ id: text, object: text }),
  created: unixSeconds.optional(),
  /** The version the event says it has; the object stays as it is given. */
  apiVersion: version.nullable().optional(),
  livemode: z.boolean().optional(),
  webhook,
});

export const endpointSchema = z.strictObject({
  url: z.url().optional(),
  secrets: z.array(z.string().min(1)).min(1).optional(),
  enabledEvents: z.array(z.string()).min(1).optional(),
  /** The version bodies are written in, 2022-11-15 or later; null is the account's. */
  apiVersion: version.nullable().optional(),
  disabled: z.boolean().optional(),
  /** Whether Stripe knows the endpoint no more. */
  deleted: z.boolean().optional(),
  livemode: z.boolean().optional(),
});

export const accountSchema = z.strictObject({ apiVersion: version });

/** The buyer's side of a purchase. */
export function submissionOf(
  body: z.infer<typeof submissionSchema> | z.infer<typeof purchaseSchema>,
): Submission {
  return {
    buyer: {
      email: body.email ?? null,
      name: body.name,
      businessName: body.business_name,
      individualName: body.individual_name,
      address: body.address,
      taxIds: body.tax_ids,
    },
    method: body.method,
    locale: body.locale,
    quantities: 'quantities' in body ? body.quantities : undefined,
    settle: body.settle,
    webhook: body.webhook,
  };
}

/** The shop's side of a purchase. @throws StripeApiError (400) for an unknown slug or currency. */
export function newSessionOf(
  body: z.infer<typeof purchaseSchema>,
  catalog: readonly CatalogBook[],
): NewSession {
  const wanted: WantedLine[] = body.lines ?? (body.products ?? []).map((slug) => ({ slug, quantity: 1 }));
  if (wanted.length === 0) throw new StripeApiError(400, 'A purchase needs `lines` or `products`.');
  return {
    lines: wanted.map((line) => cartLineOf(line, catalog, body.currency)),
    request: {
      clientReferenceId: body.client_reference_id,
      couponId: body.coupon ?? (body.method === 'free' ? freeCouponId : undefined),
      locale: body.locale,
      metadata: body.metadata,
      successUrl: body.success_url ?? null,
      taxIds: body.tax_ids.length > 0,
    },
    intentData: {
      description: body.payment_intent_data.description,
      metadata: body.payment_intent_data.metadata,
      receiptEmail: body.payment_intent_data.receipt_email,
    },
    created: body.created,
  };
}

type WantedLine = NonNullable<z.infer<typeof purchaseSchema>['lines']>[number];

function cartLineOf(
  line: WantedLine,
  catalog: readonly CatalogBook[],
  currencyOfSale: string | undefined,
): CartLine {
  const { quantity, name, unit_amount: unitAmount, tax } = line;
  if (name === undefined || unitAmount === undefined) {
    return {
      price: line.price ?? priceOf(catalog, line.slug ?? '', currencyOfSale),
      quantity,
      ownTax: tax,
    };
  }
  const behavior = tax?.behavior;
  return {
    inlinePrice: { currency: currencyOfSale ?? 'eur', unitAmount, name, taxBehavior: behavior },
    quantity,
    ownTax: tax,
  };
}

/** The id of a book's price. @throws StripeApiError (400) for an unknown slug or currency. */
export function priceOf(catalog: readonly CatalogBook[], slug: string, currency: string | undefined): string {
  const book = catalog.find((candidate) => candidate.slug === slug);
  const price = book?.priceIds[currency ?? book.currency];
  if (price !== undefined) return price;
  throw new StripeApiError(400, `The catalogue has no price of '${slug}' in ${currency ?? 'its currency'}.`);
}
