import { bookVersion } from './manuscript.ts';

export type CatalogPrice = {
  currency: 'PLN' | 'EUR' | 'USD' | 'JPY' | 'KWD';
  /** In the currency's smallest unit: 0 decimals for JPY, 3 for KWD (whose last digit is 0, as Stripe demands). */
  amountMinor: number;
  stripePriceId: string;
};

export type CatalogBook = {
  slug: string;
  title: string;
  description: string;
  language: 'en' | 'pl';
  version: string;
  taxPercent: number;
  stripeProductId: string;
  prices: CatalogPrice[];
};

/** The three ebooks on sale in the sandbox. Their prices include tax. */
export const sandboxCatalog: readonly CatalogBook[] = [
  {
    slug: 'the-calm-checkout',
    title: 'The Calm Checkout',
    description: 'How a small shop earns trust in the last two minutes.',
    language: 'en',
    version: bookVersion,
    taxPercent: 5,
    stripeProductId: 'prod_SbxCalmCheckout',
    prices: [
      { currency: 'PLN', amountMinor: 4900, stripePriceId: 'price_1SbxCalmCheckout0000PLN' },
      { currency: 'EUR', amountMinor: 1190, stripePriceId: 'price_1SbxCalmCheckout0000EUR' },
      { currency: 'USD', amountMinor: 1299, stripePriceId: 'price_1SbxCalmCheckout0000USD' },
      { currency: 'JPY', amountMinor: 1800, stripePriceId: 'price_1SbxCalmCheckout0000JPY' },
      { currency: 'KWD', amountMinor: 3990, stripePriceId: 'price_1SbxCalmCheckout0000KWD' },
    ],
  },
  {
    slug: 'paragon-bez-tajemnic',
    title: 'Paragon bez tajemnic',
    description: 'Krótki przewodnik dla małego sklepu z dużymi planami.',
    language: 'pl',
    version: bookVersion,
    taxPercent: 5,
    stripeProductId: 'prod_SbxParagonBezT0',
    prices: [
      { currency: 'PLN', amountMinor: 2900, stripePriceId: 'price_1SbxParagonBezT00000PLN' },
      { currency: 'EUR', amountMinor: 690, stripePriceId: 'price_1SbxParagonBezT00000EUR' },
      { currency: 'USD', amountMinor: 749, stripePriceId: 'price_1SbxParagonBezT00000USD' },
      { currency: 'JPY', amountMinor: 1100, stripePriceId: 'price_1SbxParagonBezT00000JPY' },
      { currency: 'KWD', amountMinor: 2250, stripePriceId: 'price_1SbxParagonBezT00000KWD' },
    ],
  },
  {
    slug: 'queues-for-shopkeepers',
    title: 'Queues for Shopkeepers',
    description: 'Why lines form, and what to do while you stand in one.',
    language: 'en',
    version: bookVersion,
    taxPercent: 5,
    stripeProductId: 'prod_SbxQueuesForSk0',
    prices: [
      { currency: 'PLN', amountMinor: 3900, stripePriceId: 'price_1SbxQueuesForSk00000PLN' },
      { currency: 'EUR', amountMinor: 899, stripePriceId: 'price_1SbxQueuesForSk00000EUR' },
      { currency: 'USD', amountMinor: 999, stripePriceId: 'price_1SbxQueuesForSk00000USD' },
      { currency: 'JPY', amountMinor: 1500, stripePriceId: 'price_1SbxQueuesForSk00000JPY' },
      { currency: 'KWD', amountMinor: 3050, stripePriceId: 'price_1SbxQueuesForSk00000KWD' },
    ],
  },
];
