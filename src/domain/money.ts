import { remembered } from './remembered.ts';

/**
 * Money is an integer of the currency's minor unit, as Stripe counts it, with a lower-case ISO 4217 code.
 * Source of the exponents: docs.stripe.com/currencies (zero-decimal and three-decimal currencies).
 */
export interface Money {
  amountMinor: number;
  currency: string;
}

const zeroDecimal = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));
const threeDecimal = new Set('bhd jod kwd omr tnd'.split(' '));

/** Digits after the point in Stripe's integer amounts. ISK and UGX are sent with two decimals that are always 00. */
export function minorDigits(currency: string): 0 | 2 | 3 {
  const code = currency.toLowerCase();
  if (zeroDecimal.has(code)) return 0;
  if (threeDecimal.has(code)) return 3;
  return 2;
}

/** Exact decimal text, for example 4900 PLN → "49.00", 1500 JPY → "1500", 12345 KWD → "12.345". No floats. */
export function decimalText({ amountMinor, currency }: Money): string {
  const digits = minorDigits(currency);
  const sign = amountMinor < 0 ? '-' : '';
  const text = String(Math.abs(amountMinor)).padStart(digits + 1, '0');
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

const moneyFormat = remembered((locale: string, currency: string) => {
  const digits = minorDigits(currency);
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: currency.toUpperCase(),
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
});

/** Money as a reader of that language writes it: "49,00 zł", "€12.00", "¥1,500". */
export function formatMoney(money: Money, locale: string): string {
  const format = moneyFormat(locale, money.currency);
  // A decimal string keeps every digit, where a JavaScript number would not.
  return format.format(decimalText(money) as unknown as number);
}

/** Amounts we accept from outside: whole, not negative, exact in JavaScript. */
export function isMinorAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
