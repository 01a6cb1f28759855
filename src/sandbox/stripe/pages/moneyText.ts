/** Where Stripe's minor units differ from the ones `Intl` knows. */
const stripeDecimals: Record<string, number> = { isk: 2, mga: 0, ugx: 2 };

/** An amount as people read it, from Stripe's minor units: 4900 pln is "49,00 zł" in Polish. */
export function moneyText(amountMinor: number, currency: string, language: string): string {
  const style = { style: 'currency', currency: currency.toUpperCase() } as const;
  const decimals =
    stripeDecimals[currency] ??
    new Intl.NumberFormat(language, style).resolvedOptions().maximumFractionDigits ??
    2;
  const format = new Intl.NumberFormat(language, {
    ...style,
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return format.format(amountMinor / 10 ** decimals);
}
