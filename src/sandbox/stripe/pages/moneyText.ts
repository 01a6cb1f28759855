/** Where Stripe's minor units differ from the ones `Intl` knows. */
const stripeDecimals: Record<string, number> = { isk: 2, mga: 0, ugx: 2 };

/** How many decimals Stripe's amounts in a currency have. */
export function decimalsOf(currency: string): number {
  const style = { style: 'currency', currency: currency.toUpperCase() } as const;
  return (
    stripeDecimals[currency] ??
    new Intl.NumberFormat('en', style).resolvedOptions().maximumFractionDigits ??
    2
  );
}

/** Minor units of what a person has typed, such as 12,50; undefined when it is no amount of that currency. */
export function minorUnits(typed: string, currency: string): number | undefined {
  const decimals = decimalsOf(currency);
  const parts = /^(\d{1,9})(?:[.,](\d{1,3}))?$/.exec(typed.trim().replaceAll(/[\s\u00a0]/g, ''));
  const [, whole = '', part = ''] = parts ?? [];
  if (!parts || part.length > decimals) return undefined;
  return Number(whole + part.padEnd(decimals, '0'));
}

/** An amount as people read it, from Stripe's minor units: 4900 pln is "49,00 zł" in Polish. */
export function moneyText(amountMinor: number, currency: string, language: string): string {
  const style = { style: 'currency', currency: currency.toUpperCase() } as const;
  const decimals = decimalsOf(currency);
  const format = new Intl.NumberFormat(language, {
    ...style,
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return format.format(amountMinor / 10 ** decimals);
}
