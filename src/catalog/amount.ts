import { minorDigits } from '../domain/money.ts';
import { isCurrency } from './knownCodes.ts';

export type ReadAmount =
  { ok: true; unitAmount: number; currency: string | null } | { ok: false; message: string; remedy: string };

/**
 * A price as people write it: `4900` in the smallest unit, or `49.00 PLN` with every decimal of the currency. What could
 * be read in two ways is refused (a price that is wrong by a hundred is paid by somebody).
 */
export function readAmount(text: string): ReadAmount {
  if (/^\d{1,12}$/.test(text)) return { ok: true, unitAmount: Number(text), currency: null };
  const money = /^(\d{1,10})(?:\.(\d{1,4}))? ?([A-Za-z]{3})$/.exec(text);
  if (!money) return refused(`${quoted(text)} is no amount.`);
  const [, whole = '', decimals = '', code = ''] = money;
  if (!isCurrency(code)) return refused(`There is no currency ${code.toUpperCase()}.`);
  const currency = code.toLowerCase();
  const digits = minorDigits(currency);
  if (decimals.length !== digits)
    return refused(
      `${quoted(text)} is not clear: ${currency.toUpperCase()} has ${digits === 0 ? 'no decimals' : `${digits} decimals`}.`,
      digits,
      currency,
    );
  return { ok: true, unitAmount: Number(whole + decimals), currency };
}

function refused(message: string, digits = 2, currency = 'pln'): ReadAmount {
  const example =
    digits === 0 ? `4900 ${currency.toUpperCase()}` : `49.${'0'.repeat(digits)} ${currency.toUpperCase()}`;
  const smallest = digits === 0 ? '4900' : `49${'0'.repeat(digits)}`;
  return {
    ok: false,
    message,
    remedy: `Write it in the smallest unit, ${smallest}, or with its currency and all decimals, ${example}.`,
  };
}

const quoted = (text: string) => (text.length > 40 ? `“${text.slice(0, 40)}…”` : `“${text}”`);
