import type { Stripe } from 'stripe';
import { derivedId } from './ids.ts';
import type { NewObject } from '../objectStore.ts';
import type { PriceBody } from './shapes.ts';

/** One book of the sandbox's catalogue. Amounts are in minor units and include tax. */
export interface CatalogBook {
  slug: string;
  title: string;
  description: string;
  /** The currency shown first, in lower case, and its price. */
  currency: string;
  unitAmount: number;
  /** Prices by currency. */
  prices: Record<string, number>;
  taxPercent: number;
  productId: string;
  /** Price ids by currency; a currency without an id is not sold. */
  priceIds: Record<string, string>;
}

/** A coupon that takes everything off, for purchases with a total of zero. */
export const freeCouponId = 'FREE';

/** The same on every start, so that a restart leaves the catalogue as it was. */
const created = 1_700_000_000;

/** The catalogue as Stripe objects: product, its tax rate and one price for every currency; and the free coupon. */
export function catalogObjects(catalog: readonly CatalogBook[]): NewObject[] {
  return [...catalog.flatMap((book) => bookObjects(book)), { body: freeCoupon(), created }];
}

function bookObjects(book: CatalogBook): NewObject[] {
  const amounts = { ...book.prices, [book.currency]: book.prices[book.currency] ?? book.unitAmount };
  const prices = Object.entries(book.priceIds).flatMap(([currency, id]) => {
    const unitAmount = amounts[currency];
    return unitAmount === undefined
      ? []
      : [priceBody({ id, created, currency, product: book.productId, unitAmount, slug: book.slug })];
  });
  const product = productBody({
    id: book.productId,
    created,
    name: book.title,
    description: book.description,
    metadata: { slug: book.slug },
    defaultPrice: book.priceIds[book.currency] ?? null,
  });
  return [
    { body: product, created },
    { body: taxRate(book), created, belongsTo: book.productId },
    ...prices.map((body) => ({ body, created, belongsTo: book.productId })),
  ];
}

interface ProductOptions {
  id: string;
  created: number;
  name: string;
  description: string | null;
  metadata: Record<string, string>;
  defaultPrice: string | null;
}

/** A digital product. */
export function productBody(options: ProductOptions): Stripe.Product {
  return {
    id: options.id,
    object: 'product',
    active: true,
    created: options.created,
    default_price: options.defaultPrice,
    description: options.description,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: options.metadata,
    name: options.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    // "Digital Books - downloaded - non subscription - with permanent rights" in Stripe's list of tax codes.
    tax_code: 'txcd_10302000',
    tax_details: null,
    type: 'service',
    unit_label: null,
    updated: options.created,
    url: null,
  };
}

interface PriceOptions {
  id: string;
  created: number;
  currency: string;
  product: string;
  unitAmount: number;
  slug?: string;
  active?: boolean;
  /** `inclusive` unless told. */
  taxBehavior?: 'inclusive' | 'exclusive';
}

/** A one-time price. */
export function priceBody(options: PriceOptions): PriceBody {
  return {
    id: options.id,
    object: 'price',
    active: options.active ?? true,
    billing_scheme: 'per_unit',
    created: options.created,
    currency: options.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: options.slug === undefined ? null : `${options.slug}_${options.currency}`,
    metadata: {},
    nickname: null,
    product: options.product,
    recurring: null,
    tax_behavior: options.taxBehavior ?? 'inclusive',
    tiers_mode: null,
    transform_quantity: null,
    type: 'one_time',
    unit_amount: options.unitAmount,
    unit_amount_decimal: String(options.unitAmount),
  };
}

function taxRate(book: CatalogBook): Stripe.TaxRate {
  return taxRateBody({
    id: derivedId('txr', book.productId),
    created,
    description: `${book.title}: ${book.taxPercent} %`,
    displayName: 'VAT',
    inclusive: true,
    percentage: book.taxPercent,
  });
}

interface TaxRateOptions {
  id: string;
  created: number;
  displayName: string;
  inclusive: boolean;
  percentage: number;
  country?: string;
  description?: string;
  metadata?: Record<string, string>;
}

/** A tax rate that is a percentage. */
export function taxRateBody(options: TaxRateOptions): Stripe.TaxRate {
  return {
    id: options.id,
    object: 'tax_rate',
    active: true,
    country: options.country ?? null,
    created: options.created,
    description: options.description ?? null,
    display_name: options.displayName,
    effective_percentage: options.percentage,
    flat_amount: null,
    inclusive: options.inclusive,
    jurisdiction: null,
    jurisdiction_level: null,
    livemode: false,
    metadata: options.metadata ?? {},
    percentage: options.percentage,
    rate_type: 'percentage',
    state: null,
    tax_type: 'vat',
  };
}

function freeCoupon(): Stripe.Coupon {
  return couponBody({ id: freeCouponId, created, name: 'Free copy', percentOff: 100 });
}

interface CouponOptions {
  id: string;
  created: number;
  name?: string;
  /** Either a percentage, or an amount in minor units with its currency. */
  percentOff?: number;
  amountOff?: { minor: number; currency: string };
  metadata?: Record<string, string>;
}

/** A coupon that is good for one purchase, any number of times. */
export function couponBody(options: CouponOptions): Stripe.Coupon {
  const { amountOff, percentOff } = options;
  return {
    id: options.id,
    object: 'coupon',
    amount_off: amountOff?.minor ?? null,
    created: options.created,
    currency: amountOff?.currency ?? null,
    duration: 'once',
    duration_in_months: null,
    livemode: false,
    max_redemptions: null,
    metadata: options.metadata ?? {},
    name: options.name ?? null,
    percent_off: percentOff ?? null,
    redeem_by: null,
    times_redeemed: 0,
    valid: true,
  };
}
