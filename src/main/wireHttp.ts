import { Stripe } from 'stripe';
import type { AdminRouteOptions } from '../http/admin/adminRoutes.ts';
import { createHttpServer } from '../http/server.ts';
import { createWebhookReceiver } from '../intake/receiveWebhook.ts';
import type { Plan } from '../domain/plan.ts';
import type { Copies } from '../ports/files.ts';
import type { FileStore } from '../ports/fileStore.ts';
import type { LinkTokens } from '../ports/linkTokens.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { ReceiptRenderer } from '../ports/orders.ts';
import type { CreditNoteRenderer } from '../ports/settling.ts';
import { creditNoteDocumentSchema } from '../receipts/creditNote.ts';
import { receiptDocumentSchema } from '../receipts/document.ts';
import { creditNoteHtml, receiptHtml } from '../receipts/html.ts';
import { createAskClaimCode, createConfirmClaimCode } from '../shelf/claimByCode.ts';
import { createClaimCodes } from '../shelf/claimCodes.ts';
import { createClaimShelf } from '../shelf/claimShelf.ts';
import { createFollowLink } from '../shelf/followLink.ts';
import { createFreshMails } from '../shelf/freshMail.ts';
import { createListShelf } from '../shelf/listShelf.ts';
import { createMintDownload } from '../shelf/mintDownload.ts';
import { createCreditNotePages, createReceiptPages } from '../shelf/paperPages.ts';
import { createReminderLinks } from '../shelf/stopReminders.ts';
import { settlePlan } from '../steps/plans.ts';
import { createIntakeStore } from '../store/events/acceptEvent.ts';
import { createAlertConfirmations } from '../store/guardrails/sentinelBook.ts';
import { readGate } from '../store/mail/readGate.ts';
import { createShelfStore } from '../store/shelf/shelfStore.ts';
import type { Config } from './config.ts';
import { type DrillHooks, hooked } from './drillHooks.ts';
import { deriveKey } from './keys.ts';
import { systemClock } from './systemClock.ts';
import { wireCheckout } from './wireCheckout.ts';
import { wireFiles } from './wireFiles.ts';
import { wireDeliveryReports } from './wireMailEvidence.ts';
import { createReportReaders } from './wireMailers.ts';
import { createIdentityProvider } from './wireProviders.ts';
import type { Pools } from './wireStores.ts';

interface Parts {
  pools: Pools;
  telemetry: Telemetry;
  files: FileStore & { isLocal: boolean };
  copies: Copies;
  tokens: LinkTokens;
  receipts: ReceiptRenderer;
  creditNotes: CreditNoteRenderer;
  drill: DrillHooks;
  metrics(accept?: string): Promise<{ contentType: string; body: string }>;
  /** The plan new purchases get. */
  plan: Plan;
  /** Called when the webhook has made work for a worker in this process. */
  onWork(): void;
  /** What staff may do, where they may come in. */
  admin: AdminRouteOptions | undefined;
}

/** The HTTP face with everything behind it. */
export function wireHttp(config: Config, parts: Parts) {
  const { pools, telemetry, files, tokens, receipts, creditNotes } = parts;
  const { publicBaseUrl } = config.http;
  const store = createShelfStore(pools.shelf);
  const [linkKey = new Uint8Array()] = config.linkKeys;
  const shelf = { store, tokens, publicBaseUrl };
  const served = wireFiles({
    files,
    copies: parts.copies,
    shelf: store,
    signingKey: deriveKey(linkKey, 'file-urls'),
    clock: systemClock,
  });

  return createHttpServer({
    receiveWebhook: createWebhookReceiver({
      store: hooked(parts.drill.intakeStore, createIntakeStore(pools.intake)),
      clock: systemClock,
      telemetry,
      secrets: config.stripe.webhookSecrets,
      livemode: config.stripe.livemode,
      startDate: config.startDate,
      plan: parts.plan,
      settlePlan,
      slaSeconds: config.slaSeconds,
      waitForSessionMs: config.waitForSessionMs,
      apiVersion: Stripe.API_VERSION,
      onWork: parts.onWork,
    }),
    checkout: wireCheckout(config, parts),
    receiveReport: wireDeliveryReports({
      pools,
      telemetry,
      readers: createReportReaders(config),
    }),
    ...(config.alerts.alertmanagerToken === null
      ? {}
      : {
          alertmanager: {
            token: config.alerts.alertmanagerToken,
            confirmations: createAlertConfirmations(pools.intake),
          },
        }),
    identity: createIdentityProvider(config),
    listShelf: createListShelf(shelf),
    claimShelf: createClaimShelf({ store, telemetry }),
    askClaimCode: createAskClaimCode({ store, telemetry, onWork: parts.onWork }),
    confirmClaimCode: createConfirmClaimCode({
      store,
      telemetry,
      codes: createClaimCodes({ keys: config.linkKeys.map((key) => deriveKey(key, 'claim-codes')) }),
    }),
    mintDownload: createMintDownload({ ...shelf, linkValidForSeconds: config.linkLifetimeHours * 3600 }),
    followLink: createFollowLink({
      store,
      openCopy: served.openCopy,
      redirectTo: config.downloads.by === 'redirect' && !files.isLocal ? files : null,
      limits: limitsOf(config.downloads),
      tokens,
      telemetry,
      clientHashKey: deriveKey(linkKey, 'client-hash'),
    }),
    freshMails: createFreshMails({ store, tokens, onWork: parts.onWork }),
    reminderLinks: createReminderLinks({ store, tokens }),
    receiptPages: createReceiptPages({
      store,
      tokens,
      renderHtml: (document) => receiptHtml(receiptDocumentSchema.parse(document)),
      renderPdf: (document) => receipts.pdf(receiptDocumentSchema.parse(document)),
    }),
    creditNotePages: createCreditNotePages({
      store,
      tokens,
      renderHtml: (document) => creditNoteHtml(creditNoteDocumentSchema.parse(document)),
      renderPdf: (document) => creditNotes.pdf(creditNoteDocumentSchema.parse(document)),
    }),
    openSignedFile: served.openSignedFile,
    ...(parts.admin === undefined ? {} : { admin: parts.admin }),
    allowedOrigins: config.http.allowedOrigins,
    trustProxy: config.http.trustProxy,
    publicBaseUrl,
    shop: {
      name: config.shop.name,
      supportEmail: config.shop.supportEmail,
      timeZone: config.shop.timeZone,
      shelfUrl: config.shelfUrl,
    },
    telemetry,
    clock: systemClock,
    metrics: parts.metrics,
    standing: async () => {
      const why = await readGate(pools.reader).catch(() => 'unknown');
      return { mode: config.mode, mail: why === null ? 'open' : `held by ${why}` };
    },
    readinessChecks: (['intake', 'shelf'] as const).map((duty) => ({
      name: `database_${duty}`,
      timeoutMs: 2_000,
      check: async () => void (await pools[duty].query('select 1')),
    })),
  });
}

/** Links of one book come with every mail that is asked for; together they have their limit, too. */
const limitsOf = ({ perLinkAndDay }: Config['downloads']) => ({
  perLink: perLinkAndDay,
  perEbook: 3 * perLinkAndDay,
});
