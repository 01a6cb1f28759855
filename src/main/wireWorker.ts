import { createHash } from 'node:crypto';
import { createWorker, type Worker } from '../engine/worker.ts';
import { createMailRenderer } from '../mail/render.ts';
import { createMailSending } from '../mail/sending.ts';
import type { HeldReason } from '../domain/heldReasons.ts';
import type { Copies } from '../ports/files.ts';
import type { FileStore } from '../ports/fileStore.ts';
import type { LinkTokens } from '../ports/linkTokens.ts';
import type { Mailer } from '../ports/mailer.ts';
import type { ReceiptRenderer } from '../ports/orders.ts';
import type { CreditNoteRenderer } from '../ports/settling.ts';
import type { Step } from '../ports/step.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { receiptFonts } from '../receipts/fonts.ts';
import { createInviteGuest } from '../shelf/inviteGuest.ts';
import { claimReminderPlan, createClaimMails } from '../steps/claimMails.ts';
import { createClaimCodes } from '../shelf/claimCodes.ts';
import { createErasureLedger } from '../store/privacy/erasureLedger.ts';
import { createEraseFiles } from '../steps/eraseFiles.ts';
import { createAskedMails, linkMailPlans } from '../steps/askedMails.ts';
import { createGrantEntitlement } from '../steps/grantEntitlement.ts';
import { createSendGrantedEmail } from '../steps/handMadeOrders.ts';
import { createIssueReceipt } from '../steps/issueReceipt.ts';
import { createReadMoney } from '../steps/readMoney.ts';
import { createResolveOrder } from '../steps/resolveOrder.ts';
import { createSendLateFilesEmail } from '../steps/sendLateFilesEmail.ts';
import { createSendReceiptEmail } from '../steps/sendReceiptEmail.ts';
import { createSettle, createSettled } from '../steps/settle.ts';
import { createSettleMail } from '../steps/settleMail.ts';
import { createStoreCopies, createStoreFiles, createUpdateCopies } from '../steps/storeFiles.ts';
import { createTellShop } from '../steps/tellShop.ts';
import { createTrackEvent } from '../steps/trackEvent.ts';
import { createTrackPurchase } from '../steps/trackPurchase.ts';
import { createSendBookUpdate } from '../steps/updateBook.ts';
import { createCatalogStore } from '../store/catalog/catalogStore.ts';
import { createStoredFileLedger } from '../store/files/storedFileLedger.ts';
import { createJobStore } from '../store/jobs/jobStore.ts';
import { keepLeasesOnThread } from '../store/leases/keepLeasesOnThread.ts';
import { createLinkMails } from '../store/mail/linkMails.ts';
import { createMailGate } from '../store/mail/mailGate.ts';
import { createMailLedger } from '../store/mail/mailLedger.ts';
import { createClaimDesk } from '../store/claims/claimDesk.ts';
import { createEntitlementStore } from '../store/orders/entitlementStore.ts';
import { createPaymentStore } from '../store/orders/paymentStore.ts';
import { createReceiptStore } from '../store/orders/receiptStore.ts';
import { createSettleStore } from '../store/orders/settleStore.ts';
import { createProviderControlStore } from '../store/providers/providerControl.ts';
import type { Config } from './config.ts';
import { type DrillHooks, hooked } from './drillHooks.ts';
import type { ServiceExtension } from './startService.ts';
import { deriveKey } from './keys.ts';
import { shopPlans } from './shopPlans.ts';
import { systemClock } from './systemClock.ts';
import { systemRandom } from './systemRandom.ts';
import { version } from './version.ts';
import { whenUnknownOf } from './variables/whenUnknown.ts';
import { createJournal, createMailers, mailerPlaces, smtpAnswerTimeoutMs } from './wireMailers.ts';
import { createAnalytics, createPayments, wireShopWebhook, createInvitations } from './wireProviders.ts';
import type { Pools } from './wireStores.ts';

/** How long after the receipt mail a file may be stored without a second mail about it. */
const lateAfterMs = 2 * 60_000;

export interface WiredWorker {
  worker: Worker;
  /** Why mails are held just now; null: they go out. */
  mailHeldBy(): Promise<HeldReason | null>;
  close(): void;
}

interface Parts {
  pools: Pools;
  telemetry: Telemetry;
  files: FileStore;
  copies: Copies;
  tokens: LinkTokens;
  receipts: ReceiptRenderer;
  creditNotes: CreditNoteRenderer;
  drill: DrillHooks;
  extension: ServiceExtension | undefined;
}

/** The steps with everything they need, and the worker that runs them. */
export function wireWorker(
  config: Config,
  { pools, telemetry, files, copies, tokens, receipts, creditNotes, drill, extension }: Parts,
): WiredWorker {
  const pool = pools.worker;
  // Parsing the fonts takes a quarter of a second, which the first buyer need not wait for.
  receiptFonts();
  const journal = createJournal(config);
  const connections = createMailers(config, journal);
  const [preferred, ...fallBacks] = connections;
  const drilled = (mailer: Mailer) => hooked(drill.mailer, mailer);
  const clock = drill.clock ?? systemClock;
  const catalog = createCatalogStore(pool);
  const receiptStore = createReceiptStore(pool);
  const entitlements = createEntitlementStore(pool);
  const storedFiles = createStoredFileLedger(pool);
  const linkMails = createLinkMails(pool, { askedBy: linkMailPlans });
  const [linkKey = new Uint8Array()] = config.linkKeys;
  const gate = createMailGate({ pool, clock, telemetry, mode: config.mode, brake: config.mailBrake });
  const mail = {
    sending: createMailSending({
      ledger: createMailLedger(pool, gate),
      gate,
      pastAfterMs: config.mailBrake.pastAfterMs,
      mailers: [drilled(preferred), ...fallBacks.map(drilled)],
      whenUnknown: (kind) => whenUnknownOf(config.mail.whenUnknown, kind),
      telemetry,
    }),
    renderer: createMailRenderer({
      shop: config.shop,
      tokens,
      receipts,
      creditNotes,
      clock,
      publicBaseUrl: config.http.publicBaseUrl,
      shelfUrl: config.shelfUrl,
      linkLifetimeMs: config.linkLifetimeHours * 3_600_000,
      messageIdKey: deriveKey(linkKey, 'message-ids'),
      claims: {
        codes: createClaimCodes({ keys: [deriveKey(linkKey, 'claim-codes')] }),
        url: config.claimUrl ?? config.shelfUrl,
      },
    }),
    receipts: receiptStore,
    entitlements,
    // Where a lost answer can be looked up, there is no need to wait for it as long as SMTP allows; APIs answer at once.
    timeoutMs: journal || !config.mail.providers.includes('smtp') ? 60_000 : smtpAnswerTimeoutMs + 30_000,
  };
  const copying = {
    store: files,
    ledger: storedFiles,
    copies,
    kept: config.copies.kept,
    receipts: receiptStore,
    renderer: receipts,
    sha256: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex'),
  };
  const invitations = createInvitations(config);
  const payments = createPayments(config);
  const settleStore = createSettleStore(pool);
  const settleRules = { ...config.moneyRules, startDate: config.startDate };
  const steps: Step[] = [
    createResolveOrder({
      payments,
      paymentStore: createPaymentStore(pool),
      catalog,
      defaultLanguage: config.defaultLanguage,
      patienceMs: Math.max(120_000, config.waitForSessionMs),
    }),
    createGrantEntitlement(entitlements),
    createIssueReceipt(receiptStore, receipts),
    createSendReceiptEmail(mail),
    createStoreFiles(copying),
    createSendLateFilesEmail({ ...mail, files: storedFiles, linkMails, lateAfterMs }),
    createTrackPurchase(createAnalytics(config), config.mode),
    ...createAskedMails(mail),
    ...createClaimMails({
      ...mail,
      claims: createClaimDesk(pool, { reminderPlan: claimReminderPlan }),
      inviteUrl: invitations ? createInviteGuest({ invitations, clock, telemetry }) : async () => null,
    }),
    createReadMoney({ payments, store: settleStore, catalog }),
    createSettle({ store: settleStore, renderer: creditNotes, rules: settleRules }),
    createSettleMail({ ...mail, notices: settleStore }),
    createSettled({ store: settleStore, rules: settleRules }),
    createStoreCopies(copying),
    createSendGrantedEmail(mail),
    createUpdateCopies(copying),
    createEraseFiles({ store: files, ledger: createErasureLedger(pool) }),
    createSendBookUpdate(mail),
    createTrackEvent(createAnalytics(config), config.mode),
    createTellShop({ webhook: wireShopWebhook(config), mode: config.mode, heldBy: () => gate.look() }),
    ...(extension?.steps ?? []),
  ];
  const worker = createWorker({
    store: hooked(drill.jobStore, createJobStore(pool)),
    steps: steps.map((step) => hooked(drill.step, step)),
    plans: [...shopPlans, ...(extension ? [extension.plan] : [])],
    clock,
    random: systemRandom,
    telemetry,
    version,
    ...config.worker,
    leases: keepLeasesOnThread({
      connectionString: config.database.workerUrl,
      leaseMs: config.worker.leaseMs,
      telemetry,
    }),
    providerPlaces: { stripe: 16, ...mailerPlaces(config), storage: 8, plausible: 8, posthog: 8, shop: 8 },
    providerControl: createProviderControlStore(pool),
    providerLimits: config.providerLimits,
    failpoint: drill.failpoint,
  });
  return {
    worker,
    mailHeldBy: () => gate.look(),
    close() {
      for (const connection of connections) connection.close();
      journal?.close();
    },
  };
}
