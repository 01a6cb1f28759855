import { z } from 'zod';
import type { CartLine } from '../cart.ts';
import type { NewSession } from '../checkout.ts';
import { badParameter } from '../wire/errors.ts';
import type { FormObject } from '../wire/form.ts';
import { assertChargeable } from '../wire/chargeable.ts';
import { formBoolean, formInteger, formList, formMetadata, parseParams } from '../wire/params.ts';

const locales =
  'auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW';

/** The languages Checkout knows. */
export const localeSchema = z.enum(locales.split(' '));

const currency = z
  .string()
  .regex(/^[a-z]{3}$/i)
  .transform((code) => code.toLowerCase());
const shortText = z.string().min(1).max(5000);
const enabled = z.strictObject({ enabled: formBoolean });
const maxAmountMinor = 99_999_999;

const priceData = z.strictObject({
  currency,
  product: shortText.optional(),
  product_data: z
    .strictObject({ name: shortText, description: shortText.optional(), metadata: formMetadata.optional() })
    .optional(),
  tax_behavior: z.enum(['inclusive', 'exclusive', 'unspecified']).optional(),
  unit_amount: formInteger({ min: 0, max: maxAmountMinor }),
});

const lineItem = z.strictObject({
  adjustable_quantity: z
    .strictObject({
      enabled: formBoolean,
      maximum: formInteger({ min: 1, max: 999_999 }).optional(),
      minimum: formInteger({ min: 0 }).optional(),
    })
    .optional(),
  metadata: formMetadata.optional(),
  price: shortText.optional(),
  price_data: priceData.optional(),
  quantity: formInteger({ min: 1, max: 999_999 }),
  tax_rates: formList(shortText).optional(),
});

const sessionSchema = z.strictObject({
  allow_promotion_codes: formBoolean.optional(),
  billing_address_collection: z.enum(['auto', 'required']).optional(),
  cancel_url: z.url().optional(),
  client_reference_id: z.string().max(200).optional(),
  customer_creation: z.enum(['always', 'if_required']).optional(),
  customer_email: z.email().max(800).optional(),
  discounts: formList(z.strictObject({ coupon: shortText })).optional(),
  expand: formList(z.string()).optional(),
  expires_at: formInteger().optional(),
  line_items: formList(lineItem),
  locale: localeSchema.optional(),
  metadata: formMetadata.optional(),
  mode: z.literal('payment', 'The stand-in knows mode payment only'),
  name_collection: z
    .strictObject({ individual: z.strictObject({ enabled: formBoolean, optional: formBoolean.optional() }) })
    .optional(),
  payment_intent_data: z
    .strictObject({
      description: z.string().max(1000).optional(),
      metadata: formMetadata.optional(),
      receipt_email: z.email().optional(),
    })
    .optional(),
  payment_method_types: formList(z.string()).optional(),
  submit_type: z.enum(['auto', 'book', 'donate', 'pay']).optional(),
  success_url: z.string().min(1).max(5000),
  tax_id_collection: enabled.optional(),
});

type LineParams = z.infer<typeof lineItem>;

/** Reads the parameters of a new session. @throws StripeApiError (400) about the first wrong one. */
export function parseNewSession(form: FormObject): { wanted: NewSession; expand: string[] } {
  const params = parseParams(sessionSchema, form);
  const echoed = {
    ...(params.allow_promotion_codes !== undefined && {
      allow_promotion_codes: params.allow_promotion_codes,
    }),
    ...(params.billing_address_collection && {
      billing_address_collection: params.billing_address_collection,
    }),
    ...(params.customer_creation && { customer_creation: params.customer_creation }),
    ...(params.submit_type && { submit_type: params.submit_type }),
  };
  const wanted: NewSession = {
    lines: params.line_items.map(cartLine),
    request: {
      cancelUrl: params.cancel_url,
      clientReferenceId: params.client_reference_id,
      couponId: params.discounts?.[0]?.coupon,
      customerEmail: params.customer_email,
      echoed,
      expiresAt: params.expires_at,
      individualNames: params.name_collection?.individual.enabled,
      locale: params.locale,
      metadata: params.metadata,
      paymentMethodTypes: params.payment_method_types,
      successUrl: params.success_url,
      taxIds: params.tax_id_collection?.enabled,
    },
    intentData: {
      description: params.payment_intent_data?.description,
      metadata: params.payment_intent_data?.metadata,
      receiptEmail: params.payment_intent_data?.receipt_email,
    },
  };
  return { wanted, expand: params.expand ?? [] };
}

function cartLine(line: LineParams, index: number): CartLine {
  const param = `line_items[${index}]`;
  if ((line.price === undefined) === (line.price_data === undefined)) {
    throw badParameter('You must specify either `price` or `price_data` for a line item.', param);
  }
  const data = line.price_data;
  if (data && (data.product === undefined) === (data.product_data === undefined)) {
    throw badParameter('You must specify either `product` or `product_data`.', `${param}[price_data]`);
  }
  if (data) assertChargeable(data.unit_amount, data.currency, `${param}[price_data][unit_amount]`);
  const adjustable = line.adjustable_quantity;
  return {
    price: line.price,
    inlinePrice: data && {
      currency: data.currency,
      unitAmount: data.unit_amount,
      product: data.product,
      name: data.product_data?.name,
      description: data.product_data?.description,
      productMetadata: data.product_data?.metadata,
      taxBehavior: data.tax_behavior === 'exclusive' ? 'exclusive' : 'inclusive',
    },
    quantity: line.quantity,
    adjustableQuantity: adjustable && {
      enabled: adjustable.enabled,
      maximum: adjustable.maximum ?? 99,
      minimum: adjustable.minimum ?? 0,
    },
    metadata: line.metadata,
    taxRateIds: line.tax_rates,
  };
}
