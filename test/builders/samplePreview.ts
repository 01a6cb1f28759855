import type { ShopIdentity } from '../../src/domain/shop.ts';
import { createMailPreview, type MailPreview } from '../../src/mail/preview/preview.ts';
import { createPlainCreditNotes, createPlainReceipts } from './plainReceipts.ts';
import { shop } from './sale.ts';

/** Previews of the small bookshop in Warsaw, on an evening in November. */
export const createSamplePreview = (changes: Partial<ShopIdentity> = {}): MailPreview =>
  createMailPreview({
    shop: { ...shop, ...changes },
    receipts: createPlainReceipts(),
    creditNotes: createPlainCreditNotes(),
    publicBaseUrl: 'https://lektura.example',
    shelfUrl: 'https://lektura.example/shelf',
    claimUrl: 'https://lektura.example/claim',
    linkLifetimeMs: 48 * 3_600_000,
    now: new Date('2026-11-24T22:05:00Z'),
  });
