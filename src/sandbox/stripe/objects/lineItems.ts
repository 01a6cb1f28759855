import type { Stripe } from 'stripe';
import { newId } from './ids.ts';
import { allocate, inclusiveTax, percentOf } from './money.ts';
import type { ItemBody, PriceBody } from './shapes.ts';

/** One line before its money is worked out. */
export interface Line {
  id: string;
  price: PriceBody;
  description: string;
  quantity: number;
  taxRate: Stripe.TaxRate | null;
  adjustableQuantity: Stripe.LineItem.AdjustableQuantity | null;
  metadata: Record<string, string>;
}

export interface PricedLines {
  items: ItemBody[];
  subtotalMinor: number;
  discountMinor: number;
  taxMinor: number;
  totalMinor: number;
}

/**
 * Works out the money of a session's lines. Where a price includes its tax, the tax is the part of the total that goes
 * to the state; where it does not, the tax comes on top of what is left after the discount. Discount and tax are worked out on the sums and
 * split over the lines by the largest remainder, so that lines and totals always agree.
 */
export function priceLines(lines: readonly Line[], discount: Stripe.Discount | null): PricedLines {
  const subtotals = lines.map((line) => line.price.unit_amount * line.quantity);
  const subtotalMinor = sum(subtotals);
  const discountMinor = discountOf(discount, subtotalMinor);
  const discounts = allocate(discountMinor, subtotals);
  const reduced = subtotals.map((subtotal, i) => subtotal - (discounts[i] ?? 0));
  const taxes = taxesOf(lines, reduced);
  const totals = reduced.map((amount, i) => amount + (isExclusive(lines[i]) ? (taxes[i] ?? 0) : 0));
  const items = lines.map((line, i) =>
    itemBody(line, {
      subtotal: subtotals[i] ?? 0,
      discount: discount && { amount: discounts[i] ?? 0, discount },
      tax: taxes[i] ?? 0,
      total: totals[i] ?? 0,
    }),
  );
  return { items, subtotalMinor, discountMinor, taxMinor: sum(taxes), totalMinor: sum(totals) };
}

/** The same lines again, from a stored item, so that they can be priced with another quantity. */
export function lineOf(item: ItemBody): Line {
  return {
    id: item.id,
    price: item.price,
    description: item.description ?? '',
    quantity: item.quantity,
    taxRate: item.taxes[0]?.rate ?? null,
    adjustableQuantity: item.adjustable_quantity,
    metadata: item.metadata ?? {},
  };
}

/** The discount a coupon gives within one session. */
export function sessionDiscount(coupon: Stripe.Coupon, sessionId: string, start: number): Stripe.Discount {
  return {
    id: newId('di'),
    object: 'discount',
    checkout_session: sessionId,
    customer: null,
    customer_account: null,
    end: null,
    invoice: null,
    invoice_item: null,
    promotion_code: null,
    source: { coupon, type: 'coupon' },
    start,
    subscription: null,
    subscription_item: null,
  };
}

function discountOf(discount: Stripe.Discount | null, subtotalMinor: number): number {
  const coupon = discount?.source.coupon;
  if (!coupon || typeof coupon === 'string') return 0;
  const off =
    coupon.percent_off === null ? (coupon.amount_off ?? 0) : percentOf(subtotalMinor, coupon.percent_off);
  return Math.min(off, subtotalMinor);
}

/** One tax per rate, worked out on the sum of its lines and then split over them. */
function taxesOf(lines: readonly Line[], amounts: readonly number[]): number[] {
  const taxes = lines.map(() => 0);
  const rateOfLine = lines.map((line) => `${isExclusive(line)} ${line.taxRate?.percentage ?? 0}`);
  for (const rate of new Set(rateOfLine)) {
    const indexes = [...lines.keys()].filter((i) => rateOfLine[i] === rate);
    const parts = indexes.map((i) => amounts[i] ?? 0);
    const line = lines[indexes[0] ?? 0];
    const percent = line?.taxRate?.percentage ?? 0;
    const tax = isExclusive(line) ? percentOf(sum(parts), percent) : inclusiveTax(sum(parts), percent);
    const shares = allocate(tax, parts);
    indexes.forEach((lineIndex, i) => (taxes[lineIndex] = shares[i] ?? 0));
  }
  return taxes;
}

function isExclusive(line: Line | undefined): boolean {
  return line?.taxRate?.inclusive === false;
}

interface ItemMoney {
  subtotal: number;
  discount: Stripe.LineItem.Discount | null;
  tax: number;
  total: number;
}

function itemBody(line: Line, money: ItemMoney): ItemBody {
  const rate = line.taxRate;
  return {
    id: line.id,
    object: 'item',
    adjustable_quantity: line.adjustableQuantity,
    amount_discount: money.discount?.amount ?? 0,
    amount_subtotal: money.subtotal,
    amount_tax: money.tax,
    amount_total: money.total,
    currency: line.price.currency,
    description: line.description,
    discounts: money.discount ? [money.discount] : [],
    metadata: line.metadata,
    price: line.price,
    quantity: line.quantity,
    taxes: rate
      ? [
          {
            amount: money.tax,
            rate,
            taxability_reason: 'standard_rated',
            taxable_amount: money.total - money.tax,
          },
        ]
      : [],
  };
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((all, amount) => all + amount, 0);
}
