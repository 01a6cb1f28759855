import type { Format } from './effectKey.ts';

/** Languages in which buyers are written to. */
export const languages = ['en', 'pl'] as const;
export type Language = (typeof languages)[number];

export interface PostalAddress {
  line1: string | null;
  line2: string | null;
  city: string | null;
  postalCode: string | null;
  state: string | null;
  /** ISO 3166-1 alpha-2. */
  country: string | null;
}

export interface TaxId {
  /** Stripe's type, for example `eu_vat` or `pl_nip`. */
  type: string;
  value: string;
}

export interface Buyer {
  email: string;
  name: string | null;
  company: string | null;
  taxIds: TaxId[];
  address: PostalAddress | null;
  language: Language;
}

/** Amounts are integers of the currency's minor unit. `total` = `subtotal` - `discount` + tax that is not included. */
export interface OrderLine {
  /** 1, 2, 3 … in the order in which Stripe lists the lines; part of every effect key of the line. */
  lineNo: number;
  productId: string;
  /** Version and formats of the book as they were sold; frozen with the order. */
  productVersion: string;
  formats: Format[];
  title: string;
  quantity: number;
  unitAmount: number;
  subtotal: number;
  discount: number;
  tax: number;
  taxPercent: number | null;
  total: number;
}

/** What was bought in one payment, canonical: built once from the Stripe API and the catalogue, then frozen. */
export interface Order {
  orderId: string;
  paymentKey: string;
  livemode: boolean;
  currency: string;
  buyer: Buyer;
  lines: OrderLine[];
  subtotal: number;
  discount: number;
  tax: number;
  total: number;
  /** ISO 8601, UTC. */
  paidAt: string;
}

/** Which language to write in: the checkout's own choice, else the buyer's country, else the shop's default. */
export function chooseLanguage(locale: string | null, country: string | null, fallback: Language): Language {
  const wanted = (locale ?? '').slice(0, 2).toLowerCase();
  if (wanted === 'pl' || wanted === 'en') return wanted;
  if (country === 'PL') return 'pl';
  return fallback;
}

export interface OrderMismatch {
  reason: 'amount_mismatch' | 'currency_mismatch';
  /** One sentence for staff; amounts only, no personal data. */
  detail: string;
}

/**
 * Cross-checks an order against what was paid. Lines must add up to the session's totals, and the payment's amount
 * and currency must be the order's.
 */
export function crossCheck(
  order: Pick<Order, 'currency' | 'lines' | 'total' | 'tax' | 'discount'>,
  paid: { amount: number; currency: string },
): OrderMismatch | undefined {
  if (order.currency !== paid.currency) {
    return {
      reason: 'currency_mismatch',
      detail: `The order is in ${order.currency.toUpperCase()}, the payment in ${paid.currency.toUpperCase()}.`,
    };
  }
  const sum = order.lines.reduce((total, line) => total + line.total, 0);
  if (sum !== order.total) {
    return {
      reason: 'amount_mismatch',
      detail: `The lines add up to ${sum}, the order says ${order.total} (minor units).`,
    };
  }
  if (order.total !== paid.amount) {
    return {
      reason: 'amount_mismatch',
      detail: `The order costs ${order.total}, ${paid.amount} was paid (minor units).`,
    };
  }
  return undefined;
}
