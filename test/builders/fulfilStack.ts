import { createHash, randomUUID } from 'node:crypto';
import type { Format } from '../../src/domain/effectKey.ts';
import type { BookMarker } from '../../src/ports/bookMarking.ts';
import { importPlainBooks, type PlainBook } from './importPlainBooks.ts';
import { createBodies } from '../../src/copies/bodies.ts';
import { createCopies } from '../../src/copies/copies.ts';
import type { Failpoint } from '../../src/domain/failpoint.ts';
import type { MailBrake, Mode } from '../../src/domain/mailGate.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { createMailRenderer } from '../../src/mail/render.ts';
import { createMailSending, type MailSendingOptions } from '../../src/mail/sending.ts';
import { systemClock } from '../../src/main/systemClock.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { JobStore } from '../../src/ports/jobStore.ts';
import type { Kept } from '../../src/ports/files.ts';
import type { Mailer } from '../../src/ports/mailer.ts';
import type { CheckoutPurchase, PaymentIntent } from '../../src/ports/payments.ts';
import type { ProviderControlStore } from '../../src/ports/providerControl.ts';
import type { Step } from '../../src/ports/step.ts';
import type { Telemetry } from '../../src/ports/telemetry.ts';
import { createClaimCodes } from '../../src/shelf/claimCodes.ts';
import { createLinkTokens } from '../../src/shelf/linkTokens.ts';
import {
  claimMailPlans,
  claimReminderPlan,
  createClaimMails,
  type ClaimMailOptions,
} from '../../src/steps/claimMails.ts';
import { createEraseFiles, eraseFilesPlan } from '../../src/steps/eraseFiles.ts';
import { createErasureLedger } from '../../src/store/privacy/erasureLedger.ts';
import { askedMailPlans, createAskedMails, linkMailPlans } from '../../src/steps/askedMails.ts';
import { createGrantEntitlement } from '../../src/steps/grantEntitlement.ts';
import { createIssueReceipt } from '../../src/steps/issueReceipt.ts';
import { fulfilPlan, settlePlan } from '../../src/steps/plans.ts';
import { createReadMoney } from '../../src/steps/readMoney.ts';
import { createResolveOrder } from '../../src/steps/resolveOrder.ts';
import { createSendLateFilesEmail } from '../../src/steps/sendLateFilesEmail.ts';
import { createSendReceiptEmail } from '../../src/steps/sendReceiptEmail.ts';
import { createSendGrantedEmail } from '../../src/steps/handMadeOrders.ts';
import { createSettle, createSettled } from '../../src/steps/settle.ts';
import { createSettleMail } from '../../src/steps/settleMail.ts';
import type { SettleRules } from '../../src/steps/settling.ts';
import { createStoreCopies, createStoreFiles, createUpdateCopies } from '../../src/steps/storeFiles.ts';
import { createTrackPurchase } from '../../src/steps/trackPurchase.ts';
import { bookUpdatePlans, createSendBookUpdate } from '../../src/steps/updateBook.ts';
import { createCatalogStore } from '../../src/store/catalog/catalogStore.ts';
import { createCatalogImportStore } from '../../src/store/catalog/importCatalog.ts';
import { createIntakeStore } from '../../src/store/events/acceptEvent.ts';
import { createStoredFileLedger } from '../../src/store/files/storedFileLedger.ts';
import { createLinkMails } from '../../src/store/mail/linkMails.ts';
import { createMailGate } from '../../src/store/mail/mailGate.ts';
import { createMailLedger } from '../../src/store/mail/mailLedger.ts';
import { createClaimDesk } from '../../src/store/claims/claimDesk.ts';
import { createEntitlementStore } from '../../src/store/orders/entitlementStore.ts';
import { createPaymentStore } from '../../src/store/orders/paymentStore.ts';
import { createReceiptStore } from '../../src/store/orders/receiptStore.ts';
import { createSettleStore } from '../../src/store/orders/settleStore.ts';
import { createMemoryMarkers } from '../fakes/memoryMarkers.ts';
import { createMemoryFileStore, type MemoryFileStore } from '../fakes/memoryFileStore.ts';
import { createMemoryMailer } from '../fakes/memoryMailer.ts';
import { aCheckout, anIntent, createMemoryPayments, type MemoryPayments } from '../fakes/memoryPayments.ts';
import { createRecordingAnalytics } from '../fakes/recordingAnalytics.ts';
import { createRecordingTelemetry } from '../fakes/recordingTelemetry.ts';
import { startEngineStack } from './engineStack.ts';
import type { TestDatabase } from '../setup/database.ts';
import { createPlainCreditNotes, createPlainReceipts } from './plainReceipts.ts';
import { shop } from './sale.ts';

export interface FulfilSettings {
  /** Goes on with another worker's plan. */
  plan?: Plan;
  clock?: Clock;
  /** Stands between the worker and its store. */
  wrap?: (store: JobStore) => JobStore;
  mailer?: Mailer;
  /** Several, the preferred one first; else `mailer` alone. */
  mailers?: readonly [Mailer, ...Mailer[]];
  whenUnknown?: MailSendingOptions['whenUnknown'];
  leaseMs?: number;
  failpoint?: Failpoint;
  /** Retries as the product does; else within milliseconds. */
  productRetry?: boolean;
  /** What workers share of their providers. */
  providerControl?: ProviderControlStore;
  patienceMs?: number;
  lateAfterMs?: number;
  /** How long the mail's provider may take to answer. */
  mailTimeoutMs?: number;
  /** No brake, unless it says otherwise. */
  brake?: Partial<MailBrake>;
  mode?: Mode;
  /** Mails are written in this name; else in the shop's. */
  fromAddress?: string;
  /** Sends what staff asks for as well. */
  askedMails?: boolean;
  /** Mails codes and reminders as well, by which guests claim. */
  claims?: boolean;
  /** Removes the files of those who were forgotten as well. */
  erasing?: boolean;
  /** Where a guest without account sets a password; nowhere by default. */
  inviteUrl?: ClaimMailOptions['inviteUrl'];
  /** Follows refunds and disputes as well, by these rules. */
  settling?: boolean | Partial<SettleRules>;
  /** Brings later versions of books as well. */
  bookUpdates?: boolean;
  /** What becomes of copies that are quickly made; stored, unless it says otherwise. */
  kept?: Kept;
  /** How copies are marked. */
  markers?: Record<Format, BookMarker>;
  /** Changes steps, or takes some out of the plan with `undefined`. */
  change?: (step: Step) => Step | undefined;
}

export interface PurchaseSettings {
  checkout?: Partial<CheckoutPurchase>;
  intent?: Partial<PaymentIntent>;
  /** What the event told: the session, or the intent alone. */
  knownBy?: 'session' | 'intent';
  /** Whether the API has a session of a purchase of which only the intent was told. */
  hasSession?: boolean;
  /** Whether Stripe's API knows the objects already. */
  inApi?: boolean;
}

const rulesOf = ({ settling }: FulfilSettings): SettleRules => ({
  partialRefunds: 'keep',
  openDisputes: 'suspend',
  startDate: new Date(0),
  ...(typeof settling === 'object' ? settling : {}),
});

const text = (content: string) => new TextEncoder().encode(content);

/** A book in both formats for 49.00 PLN, sold by this price. */
export const aBook = (productId: string, priceId: string, fields: Partial<PlainBook> = {}): PlainBook => ({
  productId,
  title: `The book ${productId}`,
  language: 'en',
  version: '1.0.0',
  prices: [{ priceId, currency: 'pln', unitAmount: 4900 }],
  files: [
    { format: 'pdf', bytes: text(`%PDF of ${productId}`) },
    { format: 'epub', bytes: text(`EPUB of ${productId}`) },
  ],
  ...fields,
});

/** What was there before; made when it is left out. */
interface FulfilSurroundings {
  database?: TestDatabase;
  payments?: MemoryPayments;
  files?: MemoryFileStore;
}

/** The product's own steps on a real database, with fakes for the world outside. */
export async function startFulfilStack(given: FulfilSurroundings = {}) {
  const stack = await startEngineStack(given.database);
  const pool = stack.poolAs('fulfillment_worker', 4);
  const intake = createIntakeStore(stack.poolAs('fulfillment_intake', 4));
  const payments = given.payments ?? createMemoryPayments();
  const files = given.files ?? createMemoryFileStore();
  const analytics = createRecordingAnalytics();
  const retry = { baseMs: 5, capMs: 20, attemptsMax: 20, retryAfterCapMs: 40 };
  const receipts = createPlainReceipts();
  const catalog = createCatalogStore(pool);
  const bodies = createBodies({ store: files, directory: null, maxBytes: 1e9, clock: systemClock });
  const receiptStore = createReceiptStore(pool);
  const entitlements = createEntitlementStore(pool);
  const storedFiles = createStoredFileLedger(pool);
  const linkMails = createLinkMails(pool, { askedBy: linkMailPlans });
  const settleStore = createSettleStore(pool);
  const claims = createClaimDesk(pool, { reminderPlan: claimReminderPlan });
  const claimCodes = createClaimCodes({ keys: [new Uint8Array(32).fill(9)] });

  function stepsFor(settings: FulfilSettings, telemetry: Telemetry): Step[] {
    const brake = { perHour: 0, pastPerHour: 0, pastAfterMs: 72 * 3_600_000, ...settings.brake };
    const mode = settings.mode ?? 'live';
    const gate = createMailGate({ pool, clock: systemClock, telemetry, mode, brake });
    const mail = {
      sending: createMailSending({
        ledger: createMailLedger(pool, gate),
        gate,
        pastAfterMs: brake.pastAfterMs,
        mailers: settings.mailers ?? [settings.mailer ?? createMemoryMailer()],
        ...(settings.whenUnknown ? { whenUnknown: settings.whenUnknown } : {}),
        telemetry,
      }),
      renderer: createMailRenderer({
        shop: { ...shop, fromAddress: settings.fromAddress ?? shop.fromAddress },
        tokens: createLinkTokens({ keys: [new Uint8Array(32).fill(7)] }),
        receipts,
        creditNotes: createPlainCreditNotes(),
        clock: systemClock,
        publicBaseUrl: 'https://books.test',
        shelfUrl: 'https://shop.test/shelf',
        linkLifetimeMs: 48 * 3_600_000,
        messageIdKey: new Uint8Array(32).fill(8),
        claims: {
          codes: claimCodes,
          url: 'https://books.test/claim',
        },
      }),
      receipts: receiptStore,
      entitlements,
      timeoutMs: settings.mailTimeoutMs ?? 5_000,
    };
    const storing = {
      store: files,
      ledger: storedFiles,
      copies: createCopies({
        catalog,
        bodies,
        markers: settings.markers ?? createMemoryMarkers(),
        markKey: new Uint8Array(32).fill(9),
        shopName: shop.name,
        rewritesMax: 2,
      }),
      kept: settings.kept ?? 'stored',
      receipts: receiptStore,
      renderer: receipts,
      sha256: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex'),
    };
    const steps: Step[] = [
      createResolveOrder({
        payments,
        paymentStore: createPaymentStore(pool),
        catalog,
        defaultLanguage: 'en',
        patienceMs: settings.patienceMs ?? 60_000,
      }),
      createGrantEntitlement(entitlements),
      createIssueReceipt(receiptStore, receipts),
      createSendReceiptEmail(mail),
      createStoreFiles(storing),
      createStoreCopies(storing),
      createUpdateCopies(storing),
      createEraseFiles({ store: files, ledger: createErasureLedger(pool) }),
      createSendBookUpdate(mail),
      createSendGrantedEmail(mail),
      createSendLateFilesEmail({
        ...mail,
        files: storedFiles,
        linkMails,
        lateAfterMs: settings.lateAfterMs ?? 60_000,
      }),
      createTrackPurchase([analytics], mode),
      ...createAskedMails(mail),
      ...createClaimMails({ ...mail, claims, inviteUrl: settings.inviteUrl ?? (async () => null) }),
      createReadMoney({ payments, store: settleStore, catalog }),
      createSettle({ store: settleStore, renderer: createPlainCreditNotes(), rules: rulesOf(settings) }),
      createSettleMail({ ...mail, notices: settleStore }),
      createSettled({ store: settleStore, rules: rulesOf(settings) }),
    ];
    const change = settings.change ?? ((step) => step);
    return steps.flatMap((step) => change(settings.productRetry ? step : { ...step, retry }) ?? []);
  }

  return {
    ...stack,
    async stop() {
      await stack.stop();
      await bodies.close();
    },
    pool,
    payments,
    files,
    analytics,
    claims,
    claimCodes,
    stepsFor,
    buy,

    /** Puts books into the catalogue and their masters into the store. */
    importBooks: (...books: PlainBook[]) =>
      importPlainBooks(books, {
        store: files,
        catalog: createCatalogImportStore(pool),
        signal: AbortSignal.timeout(5_000),
      }),

    /** A worker with a plan of its own, so that it takes no other test's jobs. */
    startFulfilling(settings: FulfilSettings = {}) {
      const mailTold = createRecordingTelemetry();
      const steps = stepsFor(settings, mailTold);
      const known = new Set(steps.map((step) => step.name));
      const plan: Plan = settings.plan ?? {
        ...fulfilPlan,
        name: `fulfil_${randomUUID().slice(0, 8)}`,
        steps: fulfilPlan.steps
          .filter((step) => known.has(step.name))
          .map((step) => ({ ...step, needs: step.needs.filter((need) => known.has(need)) })),
      };
      const { clock, wrap, providerControl, leaseMs, failpoint } = settings;
      const plans = [
        plan,
        ...(settings.askedMails ? askedMailPlans : []),
        ...(settings.claims ? claimMailPlans : []),
        ...(settings.erasing ? [eraseFilesPlan] : []),
        ...(settings.settling ? [settlePlan] : []),
        ...(settings.bookUpdates ? bookUpdatePlans : []),
      ];
      const worker = stack.startWorker(plans, steps, {
        ...(clock && { clock }),
        ...(wrap && { wrap }),
        ...(providerControl && { providerControl }),
        ...(leaseMs && { leaseMs }),
        ...(failpoint && { failpoint }),
      });
      return {
        ...worker,
        plan,
        mailTold,
        buy: (purchase: PurchaseSettings = {}) => buy(plan, purchase, worker.worker.wake),
      };
    },
  };

  /** A paid purchase, known to Stripe's API and told by a webhook. Resolves with what the webhook made of it. */
  async function buy(plan: Plan, purchase: PurchaseSettings, wake: () => void) {
    const mark = randomUUID().replaceAll('-', '');
    const ids = { sessionId: `cs_test_${mark}`, paymentIntentId: `pi_${mark}` };
    const checkout = aCheckout({ ...ids, ...purchase.checkout });
    const amountReceived = checkout.total;
    const intent = anIntent({ paymentIntentId: ids.paymentIntentId, amountReceived, ...purchase.intent });
    const addToApi = () => {
      if (purchase.knownBy !== 'intent' || purchase.hasSession) payments.addCheckout(checkout);
      payments.addIntent(intent);
    };
    if (purchase.inApi ?? true) addToApi();
    const orderId = orderIdOf(mark);
    const accept = (event: string, sessionId: string | null) =>
      intake.accept(
        {
          eventId: `evt_${event}_${mark}`,
          type: 'checkout.session.completed',
          apiVersion: null,
          livemode: false,
          occurredAt: new Date(),
          verdict: 'accepted',
          reason: null,
          door: 'webhook',
          body: new Uint8Array([1]),
          contentSha256: text(event + mark),
        },
        {
          paymentKey: ids.paymentIntentId,
          paymentIntentId: ids.paymentIntentId,
          checkoutSessionId: sessionId,
          orderId,
          livemode: false,
          paid: true,
          plan,
          slaSeconds: 300,
          waitForSessionMs: 0,
          traceContext: null,
        },
      );
    const { jobId } = await accept('first', purchase.knownBy === 'intent' ? null : ids.sessionId);
    wake();
    return {
      ...ids,
      orderId,
      jobId: jobId ?? '',
      addToApi,
      checkout,
      /** The session's event comes after the intent's. */
      sessionArrives: async () => {
        payments.addCheckout(checkout);
        await accept('session', ids.sessionId);
        wake();
      },
    };
  }
}

export type FulfilStack = Awaited<ReturnType<typeof startFulfilStack>>;
export type Bought = Awaited<ReturnType<ReturnType<FulfilStack['startFulfilling']>['buy']>>;

function orderIdOf(mark: string): string {
  const letters = Array.from(mark.slice(0, 12), (digit) => digit.toUpperCase()).join('');
  return `${letters.slice(0, 4)}-${letters.slice(4, 8)}-${letters.slice(8)}`;
}
