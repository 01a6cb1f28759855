import { Stripe } from 'stripe';
import type { AdminRouteOptions } from '../http/admin/adminRoutes.ts';
import { createHttpServer } from '../http/server.ts';
import { createWebhookReceiver } from '../intake/receiveWebhook.ts';
import type { Plan } from '../domain/plan.ts';
import type { LinkTokens } from '../ports/linkTokens.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { LocalDiskStore } from '../providers/localDisk/adapter.ts';
import type { ReceiptRenderer } from '../ports/orders.ts';
import type { CreditNoteRenderer } from '../ports/settling.ts';
import { creditNoteDocumentSchema } from '../receipts/creditNote.ts';
import { receiptDocumentSchema } from '../receipts/document.ts';
import { creditNoteHtml, receiptHtml } from '../receipts/html.ts';
import { createFollowLink } from '../shelf/followLink.ts';
import { createListShelf } from '../shelf/listShelf.ts';
import { createMintDownload } from '../shelf/mintDownload.ts';
import { createCreditNotePages, createReceiptPages } from '../shelf/paperPages.ts';
import { settlePlan } from '../steps/plans.ts';
import { createIntakeStore } from '../store/events/acceptEvent.ts';
import { readGate } from '../store/mail/readGate.ts';
import { createShelfStore } from '../store/shelf/shelfStore.ts';
import type { Config } from './config.ts';
import { type DrillHooks, hooked } from './drillHooks.ts';
import { deriveKey } from './keys.ts';
import { systemClock } from './systemClock.ts';
import { wireCheckout } from './wireCheckout.ts';
import { wireDeliveryReports } from './wireMailEvidence.ts';
import { createReportReaders } from './wireMailers.ts';
import { createIdentityProvider } from './wireProviders.ts';
import type { Pools } from './wireStores.ts';

interface Parts {
  pools: Pools;
  telemetry: Telemetry;
  files: LocalDiskStore;
  tokens: LinkTokens;
  receipts: ReceiptRenderer;
  creditNotes: CreditNoteRenderer;
  drill: DrillHooks;
  metrics(): Promise<{ contentType: string; body: string }>;
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
      onWork: parts.onWork,
    }),
    identity: createIdentityProvider(config),
    listShelf: createListShelf(shelf),
    mintDownload: createMintDownload({ ...shelf, linkValidForSeconds: config.linkLifetimeHours * 3600 }),
    followLink: createFollowLink({
      store,
      files,
      tokens,
      telemetry,
      clientHashKey: deriveKey(linkKey, 'client-hash'),
    }),
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
    openSignedFile: async (url) => {
      const params = Object.fromEntries(url.searchParams);
      const key = decodeURIComponent(url.pathname.replace(/^\/files\//, ''));
      // Masters are nobody's download, whatever is signed.
      const signed = /^(copies|receipts)\//.test(key)
        ? files.verifySignedUrl({ ...params, key }, systemClock.now())
        : undefined;
      const opened = signed && (await files.openForDownload(signed.key));
      return signed && opened && { ...signed, ...opened };
    },
    ...(parts.admin === undefined ? {} : { admin: parts.admin }),
    allowedOrigins: config.http.allowedOrigins,
    trustProxy: config.http.trustProxy,
    publicBaseUrl,
    shop: { name: config.shop.name, supportEmail: config.shop.supportEmail, shelfUrl: config.shelfUrl },
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
