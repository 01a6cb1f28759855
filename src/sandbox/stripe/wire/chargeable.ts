import { badParameter } from './errors.ts';

/** Currencies of three decimals, of which Stripe takes whole tens of minor units, docs.stripe.com/currencies. */
const threeDecimals = ['bhd', 'jod', 'kwd', 'omr', 'tnd'];

/** @throws StripeApiError (400) for an amount that cannot be charged in its currency. */
export function assertChargeable(amountMinor: number, currency: string, param: string): void {
  if (!threeDecimals.includes(currency) || amountMinor % 10 === 0) return;
  throw badParameter(
    `Invalid amount: ${amountMinor}. Amounts in ${currency} must be evenly divisible by 10.`,
    param,
  );
}
