import type { Analytics } from '../ports/analytics.ts';
import type { AuditAnchor } from '../ports/audit.ts';
import { createImapJournal, type ImapJournal } from '../providers/imap/adapter.ts';
import { createAuditAnchorFile } from '../providers/localDisk/auditAnchorFile.ts';
import { createLocalDiskStore, type LocalDiskStore } from '../providers/localDisk/adapter.ts';
import { createOidcIdentityProvider } from '../providers/oidc/adapter.ts';
import { createPlausibleAnalytics } from '../providers/plausible/adapter.ts';
import { createSmtpMailer, type SmtpMailer } from '../providers/smtp/adapter.ts';
import { createStripePayments } from '../providers/stripe/adapter.ts';
import { createStripeLists } from '../providers/stripe/lists.ts';
import type { Config } from './config.ts';
import { deriveKey } from './keys.ts';
import { version } from './version.ts';

/** RFC 5321 §4.5.3.2.6: an answer to the final dot may take ten minutes; giving up earlier makes the outcome unknown. */
export const smtpAnswerTimeoutMs = 10 * 60_000;

export function createJournal(config: Config): ImapJournal | undefined {
  const { journal } = config;
  return journal
    ? createImapJournal({ ...journal, secure: journal.security === 'tls', timeoutMs: 20_000 })
    : undefined;
}

export function createMailer(config: Config, journal: ImapJournal | undefined): SmtpMailer {
  const { smtp } = config;
  return createSmtpMailer({
    host: smtp.host,
    port: smtp.port,
    secure: smtp.security === 'tls',
    requireTls: smtp.security === 'starttls',
    ...(smtp.user === null ? {} : { user: smtp.user }),
    ...(smtp.password === null ? {} : { password: smtp.password }),
    maxConnections: smtp.connectionsMax,
    connectTimeoutMs: 10_000,
    greetingTimeoutMs: 10_000,
    socketTimeoutMs: smtpAnswerTimeoutMs,
    totalTimeoutMs: smtpAnswerTimeoutMs,
    ...(journal ? { journal, journalLagMs: config.journal?.lagMs ?? 0 } : {}),
  });
}

export function createFileStore(config: Config): LocalDiskStore {
  const [key] = config.linkKeys;
  if (!key) throw new Error('At least one link key is needed.');
  return createLocalDiskStore({
    rootDirectory: config.storageDirectory,
    signingKey: deriveKey(key, 'file-urls'),
    publicBaseUrl: config.http.publicBaseUrl,
  });
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

export function createAnalytics(config: Config): Analytics | null {
  const { plausible } = config;
  if (!plausible) return null;
  return createPlausibleAnalytics({
    ...plausible,
    userAgent: `fulfillment-orchestrator/${version}`,
    timeoutMs: 10_000,
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
