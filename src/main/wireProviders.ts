import { createAuth0Invitations } from '../providers/auth0Management/adapter.ts';
import type { Analytics } from '../ports/analytics.ts';
import type { AuditAnchor } from '../ports/audit.ts';
import type { FileStore } from '../ports/fileStore.ts';
import type { ShopWebhook } from '../ports/shopWebhook.ts';
import { createAuditAnchorFile } from '../providers/localDisk/auditAnchorFile.ts';
import { createLocalDiskStore } from '../providers/localDisk/adapter.ts';
import { createOidcIdentityProvider } from '../providers/oidc/adapter.ts';
import { createPlausibleAnalytics } from '../providers/plausible/adapter.ts';
import { createPostHogAnalytics } from '../providers/posthog/adapter.ts';
import { createS3Store } from '../providers/s3/adapter.ts';
import { createShopWebhook } from '../providers/shop/adapter.ts';
import { createStripePayments } from '../providers/stripe/adapter.ts';
import { createStripeLists } from '../providers/stripe/lists.ts';
import { createSupabaseStore } from '../providers/supabaseStorage/adapter.ts';
import type { Config } from './config.ts';
import { deriveKey } from './keys.ts';
import { version } from './version.ts';

const analyticsTimeoutMs = 10_000;
/** Standard Webhooks advises 15 to 30 seconds. */
const shopWebhookTimeoutMs = 15_000;

/** Where ebooks, copies and receipts lie. `isLocal`: their bytes are served by ourselves. */
export function createFileStore(config: Config): FileStore & { isLocal: boolean } {
  const { objectStore } = config;
  if (objectStore?.kind === 's3') return { ...createS3Store(objectStore), isLocal: false };
  if (objectStore?.kind === 'supabase') return { ...createSupabaseStore(objectStore), isLocal: false };
  const [key] = config.linkKeys;
  if (!key) throw new Error('At least one link key is needed.');
  const local = createLocalDiskStore({
    rootDirectory: config.storageDirectory,
    signingKey: deriveKey(key, 'file-urls'),
    publicBaseUrl: config.http.publicBaseUrl,
  });
  return { ...local, isLocal: true };
}

/** Where the audit's head is written down outside of the database. */
export function createAuditAnchor({
  auditAnchorFile: file,
}: Pick<Config, 'auditAnchorFile'>): AuditAnchor | null {
  return file === null ? null : createAuditAnchorFile({ file });
}

export function createPayments(config: Pick<Config, 'stripe'>) {
  return createStripePayments({
    secretKey: config.stripe.secretKey,
    timeoutMs: 20_000,
    ...(config.stripe.baseUrl === null ? {} : { baseUrl: config.stripe.baseUrl }),
  });
}

export function createPaymentLists(config: Config) {
  return createStripeLists({
    secretKey: config.stripe.secretKey,
    timeoutMs: 20_000,
    ...(config.stripe.baseUrl === null ? {} : { baseUrl: config.stripe.baseUrl }),
  });
}

/** Those that count purchases: none, one or both. */
export function createAnalytics(config: Pick<Config, 'plausible' | 'posthog'>): Analytics[] {
  const { plausible, posthog } = config;
  const userAgent = `fulfillment-orchestrator/${version}`;
  return [
    ...(plausible
      ? [createPlausibleAnalytics({ ...plausible, userAgent, timeoutMs: analyticsTimeoutMs })]
      : []),
    ...(posthog ? [createPostHogAnalytics({ ...posthog, timeoutMs: analyticsTimeoutMs })] : []),
  ];
}

/** The shop's own endpoint; null where it is told nothing. */
export function wireShopWebhook({ shopWebhook }: Pick<Config, 'shopWebhook'>): ShopWebhook | null {
  if (!shopWebhook) return null;
  return createShopWebhook({
    ...shopWebhook,
    timeoutMs: shopWebhookTimeoutMs,
    userAgent: `fulfillment-orchestrator/${version}`,
    now: () => new Date(),
  });
}

const auth0TimeoutMs = 10_000;

/** Invitations to accounts for guests; null where none are configured. */
export function createInvitations({
  auth0,
  claimUrl,
  shelfUrl,
}: Pick<Config, 'auth0' | 'claimUrl' | 'shelfUrl'>) {
  if (!auth0) return null;
  return createAuth0Invitations({
    ...auth0,
    resultUrl: claimUrl ?? shelfUrl,
    timeoutMs: auth0TimeoutMs,
    now: () => new Date(),
  });
}

export function createIdentityProvider(config: Config) {
  return createOidcIdentityProvider({
    ...config.identity,
    foreignAudiences: config.staff ? [config.staff.audience] : [],
    clockToleranceSeconds: 30,
    timeoutMs: 5_000,
    cacheMaxAgeMs: 10 * 60_000,
    cooldownMs: 30_000,
    allowHttp: new URL(config.identity.issuer).protocol === 'http:',
  });
}
