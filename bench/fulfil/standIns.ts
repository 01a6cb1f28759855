import { createHash } from 'node:crypto';
import { bookContentTypes } from '../../src/domain/bookContentTypes.ts';
import type { Format } from '../../src/domain/effectKey.ts';
import { bodyOf } from '../../src/domain/fileBody.ts';
import { createReceiptRenderer } from '../../src/main/wireReceipts.ts';
import type { Analytics } from '../../src/ports/analytics.ts';
import type { Copies } from '../../src/ports/files.ts';
import type { FileStore } from '../../src/ports/fileStore.ts';
import type { Mailer } from '../../src/ports/mailer.ts';
import type { ReceiptRenderer } from '../../src/ports/orders.ts';
import type { Payments } from '../../src/ports/payments.ts';
import type { PlainBook } from '../../test/builders/importPlainBooks.ts';
import { aCheckout, anIntent, aPurchaseLine } from '../../test/fakes/memoryPayments.ts';
import { seller } from './shop.ts';

/** The world outside, answering at once. What a purchase is follows from its number, so every process tells the same. */

const formats: Format[] = ['pdf', 'epub'];
const masterBytes = 4_096;
const masters = new Map(formats.map((format) => [format, new Uint8Array(masterBytes).fill(format.length)]));

/** The only book, in two formats: with receipt, mail, entitlement and analytics, seven effects an order. */
export const theBook: PlainBook = {
  productId: 'the-book',
  title: 'The book',
  language: 'en',
  version: '1.0.0',
  prices: [{ priceId: 'price_bench', currency: 'pln', unitAmount: 4900 }],
  files: formats.map((format) => ({ format, bytes: masters.get(format) ?? new Uint8Array() })),
};

export const intentPrefix = 'pi_bench_';
export const sessionPrefix = 'cs_bench_';

/** Everybody buys for the first time, so each order makes a profile, too. */
const buyerOf = (number: string) => ({
  email: `buyer-${number}@example.com`,
  name: 'Anna Kowalska',
  company: null,
  taxIds: [],
  address: {
    line1: 'al. Jerozolimskie 100',
    line2: 'm. 7',
    city: 'Kraków',
    postalCode: '30-002',
    state: null,
    country: 'PL',
  },
  locale: 'pl',
});

export function createInstantPayments(): Payments {
  const checkoutOf = (number: string) =>
    aCheckout({
      sessionId: sessionPrefix + number,
      paymentIntentId: intentPrefix + number,
      buyer: buyerOf(number),
      lines: [aPurchaseLine({ priceId: 'price_bench' })],
    });
  return {
    readCheckout: async (sessionId) => checkoutOf(sessionId.slice(sessionPrefix.length)),
    findCheckoutOfIntent: async (intentId) => checkoutOf(intentId.slice(intentPrefix.length)),
    readIntent: async (paymentIntentId) => anIntent({ paymentIntentId }),
    paysInvoice: async () => false,
    readMoney: async () => undefined,
  };
}

export function createInstantMailer(): Mailer {
  let taken = 0;
  return {
    name: 'instant',
    capabilities: {
      dedupe: null,
      lookup: 'none',
      lookupLagMs: 0,
      acceptanceDurable: true,
      deliveryEvents: 'none',
    },
    async send() {
      taken += 1;
      return { provider: 'instant', reference: `taken ${taken}`, evidence: 'answer' };
    },
  };
}

/** Takes everything, keeps nothing. Whether a file was stored is told by the ledger. */
export function createInstantFiles(): FileStore {
  return {
    name: 'instant',
    put: async ({ body: { sizeBytes, sha256 } }) => ({ sizeBytes, sha256 }),
    stat: async () => undefined,
    open: async () => undefined,
    remove: async () => false,
    signUrl: async (key) => `https://files.example/${key}`,
  };
}

/** The masters as they are: what marking costs has a benchmark of its own (bench/copies). */
export function createPlainCopies(): Copies {
  return {
    async prepare({ productId, version, format }) {
      const bytes = masters.get(format) ?? new Uint8Array();
      const hash = sha256(bytes);
      return {
        kind: 'ready',
        body: bodyOf(bytes, hash),
        contentType: bookContentTypes[format],
        record: {
          productId,
          version,
          format,
          masterSha256: hash,
          way: 'plain',
          reach: 'none',
          revision: 0,
          pages: 'all',
          mark: null,
        },
      };
    },
    remake: async () => ({ kind: 'unusable', reason: 'file_missing', detail: 'Nothing is kept here.' }),
  };
}

export const instantAnalytics: Analytics = { name: 'instant', track: async () => undefined };

/** The real documents, with their text for a PDF: drawing one takes a tenth of a second, which is not asked here. */
export function createPlainReceipts(): ReceiptRenderer {
  return {
    ...createReceiptRenderer({ seller, receiptSeriesPrefix: 'B' }),
    pdf: async (document) => new TextEncoder().encode(`%PDF ${JSON.stringify(document)}`),
  };
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
