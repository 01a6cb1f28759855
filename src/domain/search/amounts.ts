import type { Range } from './query.ts';
import { parseRange, printRange } from './ranges.ts';

/** Currencies that amounts can be stated in, ISO 4217, upper case; those most often meant come first. */
export const currencies: readonly string[] = [
  ...new Set(['EUR', 'PLN', 'USD', 'GBP', ...Intl.supportedValuesOf('currency')]),
];

const decimal = /^(\d{1,12})(?:\.(\d{1,3}))?$/;
const withCurrency = /^(.*\d)\s?([A-Za-z]{3})$/;

/** Thousandths: they hold the smallest unit of every currency, without floats. */
function parseThousandths(text: string): number | undefined {
  const [, whole, part = ''] = decimal.exec(text) ?? [];
  return whole === undefined ? undefined : Number(whole) * 1_000 + Number(part.padEnd(3, '0'));
}

interface Stated {
  thousandths: number;
  currency: string | null;
}

function parseStated(text: string): Stated | undefined {
  const [, amount, currency] = withCurrency.exec(text) ?? [];
  const thousandths = parseThousandths(amount ?? text);
  return thousandths === undefined
    ? undefined
    : { thousandths, currency: currency === undefined ? null : currency.toUpperCase() };
}

const sameCurrency = (from: Stated, to: Stated) => from.currency === null || from.currency === to.currency;

export interface AmountRange {
  range: Range<number>;
  /** As typed in upper case; whether it exists is for the caller to say. */
  currency: string | null;
}

/** Reads `49`, `>20.50`, `10..50` or `10..50EUR`, in main units. */
export function parseAmount(text: string): AmountRange | undefined {
  const inOrder = (from: Stated, to: Stated) => sameCurrency(from, to) && from.thousandths <= to.thousandths;
  const stated = parseRange(text, parseStated, inOrder);
  if (stated === undefined) return undefined;
  const currency = (stated.kind === 'between' ? stated.to : stated.value).currency;
  const range: Range<number> =
    stated.kind === 'between'
      ? { kind: 'between', from: stated.from.thousandths, to: stated.to.thousandths }
      : { ...stated, value: stated.value.thousandths };
  return { range, currency };
}

function thousandthsText(thousandths: number): string {
  const whole = Math.floor(thousandths / 1_000);
  const part = String(thousandths % 1_000).padStart(3, '0');
  if (part === '000') return String(whole);
  return `${whole}.${part.endsWith('0') ? part.slice(0, 2) : part}`;
}

export const amountText = ({ range, currency }: AmountRange) =>
  printRange(range, thousandthsText) + (currency ?? '');
