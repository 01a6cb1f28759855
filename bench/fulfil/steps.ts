import type pg from 'pg';
import type { Step } from '../../src/index.ts';
import { createMailRenderer } from '../../src/mail/render.ts';
import { createMailSending } from '../../src/mail/sending.ts';
import { systemClock } from '../../src/main/systemClock.ts';
import { createCreditNoteRenderer } from '../../src/main/wireReceipts.ts';
import type { Telemetry } from '../../src/ports/telemetry.ts';
import { createClaimCodes } from '../../src/shelf/claimCodes.ts';
import { createLinkTokens } from '../../src/shelf/linkTokens.ts';
import { linkMailPlans } from '../../src/steps/askedMails.ts';
import { createGrantEntitlement } from '../../src/steps/grantEntitlement.ts';
import { createIssueReceipt } from '../../src/steps/issueReceipt.ts';
import { createResolveOrder } from '../../src/steps/resolveOrder.ts';
import { createSendLateFilesEmail } from '../../src/steps/sendLateFilesEmail.ts';
import { createSendReceiptEmail } from '../../src/steps/sendReceiptEmail.ts';
import { createStoreFiles } from '../../src/steps/storeFiles.ts';
import { createTrackPurchase } from '../../src/steps/trackPurchase.ts';
import { createCatalogStore } from '../../src/store/catalog/catalogStore.ts';
import { createStoredFileLedger } from '../../src/store/files/storedFileLedger.ts';
import { createLinkMails } from '../../src/store/mail/linkMails.ts';
import { createMailGate } from '../../src/store/mail/mailGate.ts';
import { createMailLedger } from '../../src/store/mail/mailLedger.ts';
import { createEntitlementStore } from '../../src/store/orders/entitlementStore.ts';
import { createPaymentStore } from '../../src/store/orders/paymentStore.ts';
import { createReceiptStore } from '../../src/store/orders/receiptStore.ts';
import { seller, shop } from './shop.ts';
import {
  createInstantFiles,
  createInstantMailer,
  createInstantPayments,
  createPlainCopies,
  createPlainReceipts,
  instantAnalytics,
  sha256,
} from './standIns.ts';

/** The steps as the service puts them together (src/main/wireWorker.ts), with stand-ins for the world outside. */
export function createShopSteps(pool: pg.Pool, telemetry: Telemetry): Step[] {
  const catalog = createCatalogStore(pool);
  const receiptStore = createReceiptStore(pool);
  const entitlements = createEntitlementStore(pool);
  const storedFiles = createStoredFileLedger(pool);
  const receipts = createPlainReceipts();
  const files = createInstantFiles();
  // It counts as it does in a shop, and never trips.
  const brake = { perHour: 10_000_000, pastPerHour: 20, pastAfterMs: 72 * 3_600_000 };
  const gate = createMailGate({ pool, clock: systemClock, telemetry, mode: 'live', brake });
  const mail = {
    sending: createMailSending({
      ledger: createMailLedger(pool, gate),
      gate,
      pastAfterMs: brake.pastAfterMs,
      mailers: [createInstantMailer()],
      telemetry,
    }),
    renderer: createMailRenderer({
      shop,
      tokens: createLinkTokens({ keys: [new Uint8Array(32).fill(7)] }),
      receipts,
      creditNotes: createCreditNoteRenderer({ seller, creditNoteSeriesPrefix: 'C' }),
      claims: {
        codes: createClaimCodes({ keys: [new Uint8Array(32).fill(9)] }),
        url: 'https://shop.example/claim',
      },
      clock: systemClock,
      publicBaseUrl: 'https://books.example',
      shelfUrl: 'https://shop.example/shelf',
      linkLifetimeMs: 48 * 3_600_000,
      messageIdKey: new Uint8Array(32).fill(8),
    }),
    receipts: receiptStore,
    entitlements,
    timeoutMs: 60_000,
  };
  return [
    createResolveOrder({
      payments: createInstantPayments(),
      paymentStore: createPaymentStore(pool),
      catalog,
      defaultLanguage: 'en',
      patienceMs: 120_000,
    }),
    createGrantEntitlement(entitlements),
    createIssueReceipt(receiptStore, receipts),
    createSendReceiptEmail(mail),
    createStoreFiles({
      store: files,
      ledger: storedFiles,
      copies: createPlainCopies(),
      kept: 'stored',
      receipts: receiptStore,
      renderer: receipts,
      sha256,
    }),
    createSendLateFilesEmail({
      ...mail,
      files: storedFiles,
      linkMails: createLinkMails(pool, { askedBy: linkMailPlans }),
      lateAfterMs: 120_000,
    }),
    createTrackPurchase([instantAnalytics], 'live'),
  ];
}
