import type { Stripe } from 'stripe';
import { badParameter, resourceMissing } from './wire/errors.ts';
import { priceBody, productBody, taxRateBody } from './objects/catalog.ts';
import { newId } from './objects/ids.ts';
import type { Line } from './objects/lineItems.ts';
import { findObjects } from './objectStore.ts';
import type { Db, NewObject } from './objectStore.ts';
import type { PriceBody, StripeObject } from './objects/shapes.ts';

/** A price made for one session only. */
export interface InlinePrice {
  currency: string;
  unitAmount: number;
  product?: string;
  name?: string;
  description?: string;
  productMetadata?: Record<string, string>;
  /** Whether the price includes its tax; it does unless told. */
  taxBehavior?: 'inclusive' | 'exclusive';
}

/** One line as a shop asks for it: a known price, or one made on the spot. */
export interface CartLine {
  price?: string;
  inlinePrice?: InlinePrice;
  quantity: number;
  adjustableQuantity?: Stripe.LineItem.AdjustableQuantity;
  metadata?: Record<string, string>;
  taxRateIds?: string[];
  /** A tax rate made for this line. */
  ownTax?: { percent: number; behavior: 'inclusive' | 'exclusive' };
}

export interface Cart {
  currency: string;
  lines: Line[];
  /** Prices and products that were made for this cart. */
  made: NewObject[];
}

interface PricedProduct {
  price: PriceBody;
  product: Stripe.Product;
  taxRate: Stripe.TaxRate | null;
}

/**
 * Looks up what a cart's lines cost. The tax rate is the line's own, or else its product's.
 * @throws StripeApiError (400) for an unknown price, product or tax rate, and for mixed currencies.
 */
export async function resolveCart(db: Db, cartLines: readonly CartLine[], created: number): Promise<Cart> {
  const made: NewObject[] = [];
  const known = await knownPrices(db, cartLines);
  const taxRates = await findObjects<Stripe.TaxRate>(
    db,
    cartLines.flatMap((line) => line.taxRateIds ?? []),
  );
  const lines: Line[] = [];
  for (const [index, line] of cartLines.entries()) {
    const priced = line.inlinePrice
      ? await makePrice(db, line.inlinePrice, { created, made, index })
      : known.get(line.price ?? '');
    if (!priced) {
      throw resourceMissing({
        what: 'price',
        id: line.price ?? '',
        param: `line_items[${index}][price]`,
        status: 400,
      });
    }
    lines.push(lineFor(line, priced, ownRate(line, taxRates, index) ?? madeRate(line, created, made)));
  }
  return { currency: singleCurrency(lines), lines, made };
}

async function knownPrices(db: Db, cartLines: readonly CartLine[]): Promise<Map<string, PricedProduct>> {
  const ids = cartLines.flatMap((line) => line.price ?? []);
  if (ids.length === 0) return new Map();
  const { rows } = await db.query<PricedProduct>(
    `select price.body as price, product.body as product,
       (select rate.body from stripe_sandbox.objects rate
        where rate.belongs_to = product.id and rate.type = 'tax_rate' limit 1) as "taxRate"
     from stripe_sandbox.objects price
     join stripe_sandbox.objects product on product.id = price.body ->> 'product'
     where price.type = 'price' and price.id = any($1)`,
    [ids],
  );
  return new Map(rows.map((row) => [row.price.id, row]));
}

async function makePrice(
  db: Db,
  inline: InlinePrice,
  context: { created: number; made: NewObject[]; index: number },
): Promise<PricedProduct> {
  const { created, made, index } = context;
  const product =
    inline.product === undefined ? makeProduct(inline, created) : await findProduct(db, inline, index);
  const price = priceBody({
    id: newId('price'),
    active: false,
    created,
    currency: inline.currency,
    product: product.id,
    unitAmount: inline.unitAmount,
    taxBehavior: inline.taxBehavior,
  });
  made.push({ body: product, created }, { body: price, created, belongsTo: product.id });
  const [rate] = await db
    .query<{ body: Stripe.TaxRate }>(
      `select body from stripe_sandbox.objects where belongs_to = $1 and type = 'tax_rate' limit 1`,
      [product.id],
    )
    .then(({ rows }) => rows);
  return { price, product, taxRate: rate?.body ?? null };
}

function makeProduct(inline: InlinePrice, created: number): Stripe.Product {
  return productBody({
    id: newId('prod'),
    created,
    name: inline.name ?? '',
    description: inline.description ?? null,
    metadata: inline.productMetadata ?? {},
    defaultPrice: null,
  });
}

async function findProduct(db: Db, inline: InlinePrice, index: number): Promise<Stripe.Product> {
  const id = inline.product ?? '';
  const [found] = await findObjects<StripeObject>(db, [id]);
  if (found?.object === 'product') return found as Stripe.Product;
  throw resourceMissing({
    what: 'product',
    id,
    param: `line_items[${index}][price_data][product]`,
    status: 400,
  });
}

function madeRate({ ownTax }: CartLine, created: number, made: NewObject[]): Stripe.TaxRate | undefined {
  if (!ownTax) return undefined;
  const { percent, behavior } = ownTax;
  const body = taxRateBody({
    id: newId('txr'),
    created,
    displayName: 'VAT',
    percentage: percent,
    inclusive: behavior === 'inclusive',
  });
  made.push({ body, created });
  return body;
}

function ownRate(
  line: CartLine,
  rates: readonly Stripe.TaxRate[],
  index: number,
): Stripe.TaxRate | undefined {
  const [id] = line.taxRateIds ?? [];
  if (id === undefined) return undefined;
  const rate = rates.find((candidate) => candidate.id === id && candidate.object === 'tax_rate');
  if (rate) return rate;
  throw resourceMissing({ what: 'tax rate', id, param: `line_items[${index}][tax_rates][0]`, status: 400 });
}

function lineFor(line: CartLine, priced: PricedProduct, ownTaxRate: Stripe.TaxRate | undefined): Line {
  return {
    id: newId('li'),
    price: priced.price,
    description: priced.product.name,
    quantity: line.quantity,
    taxRate: ownTaxRate ?? priced.taxRate,
    adjustableQuantity: line.adjustableQuantity ?? null,
    metadata: line.metadata ?? {},
  };
}

function singleCurrency(lines: readonly Line[]): string {
  const currencies = [...new Set(lines.map((line) => line.price.currency))];
  const [currency] = currencies;
  if (currency !== undefined && currencies.length === 1) return currency;
  throw badParameter(
    'All prices on a Checkout Session must have the same currency. Please verify that all price objects in line_items share the same currency.',
    'line_items',
  );
}
