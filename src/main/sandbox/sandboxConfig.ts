import { hostname } from 'node:os';
import path from 'node:path';
import type { Config } from '../config.ts';
import type { SandboxPorts } from './ports.ts';
import type { SandboxSecrets } from './secrets.ts';

export const sandboxAudience = 'https://api.books.example';
export const sandboxStaff = {
  audience: 'https://admin.books.example',
  consoleClientId: 'ops-console',
  cliClientId: 'ops-cli',
};
export const mailboxUser = 'journal';

interface SandboxFacts {
  dataDirectory: string;
  ports: SandboxPorts;
  secrets: SandboxSecrets;
  issuer: string;
  databaseUrl(role: string): string;
  /** A second mail provider, for when the first is out. */
  fallBackMail: boolean;
}

/** The configuration a shop would write, pointed at the stand-ins of this machine. */
export function sandboxConfig(facts: SandboxFacts): Config {
  const { dataDirectory, ports, secrets, issuer, databaseUrl, fallBackMail } = facts;
  const local = (port: number) => `http://127.0.0.1:${port}`;
  return {
    environment: 'sandbox',
    mode: 'live',
    database: {
      intakeUrl: databaseUrl('fulfillment_intake'),
      workerUrl: databaseUrl('fulfillment_worker'),
      namedStatements: true,
      directUrl: databaseUrl('fulfillment_worker'),
      shelfUrl: databaseUrl('fulfillment_shelf'),
      readerUrl: databaseUrl('fulfillment_reader'),
      operationsUrl: databaseUrl('fulfillment_operations'),
      connectionsMax: 8,
    },
    http: {
      host: '127.0.0.1',
      port: ports.api,
      metricsPort: null,
      publicBaseUrl: local(ports.api),
      allowedOrigins: [local(ports.shop)],
      trustProxy: false,
    },
    stripe: {
      secretKey: secrets.stripeSecretKey,
      webhookSecrets: [secrets.webhookSecret],
      livemode: false,
      baseUrl: local(ports.stripe),
    },
    startDate: new Date(0),
    catchUp: { intervalMs: 60_000, callsPerSecond: 5 },
    moneyRules: { partialRefunds: 'ask', openDisputes: 'suspend' },
    mail: {
      providers: fallBackMail ? ['smtp', 'resend'] : ['smtp'],
      returnPath: null,
      whenUnknown: { kinds: {}, otherwise: 'repeat' },
      evidenceAfterMs: 30 * 60_000,
      drillAddress: 'drill@books.example',
    },
    smtp: {
      host: '127.0.0.1',
      port: ports.smtp,
      security: 'none',
      user: null,
      password: null,
      connectionsMax: 8,
    },
    resend: fallBackMail
      ? {
          apiKey: secrets.resendApiKey,
          apiUrl: local(ports.resend),
          webhookSecrets: [secrets.resendWebhookSecret],
        }
      : null,
    listmonk: null,
    novu: null,
    mailReports: { resend: fallBackMail ? [secrets.resendWebhookSecret] : [], novu: [], listmonk: null },
    // What is tried out here may be many at one time.
    mailBrake: { perHour: 1_000_000, pastPerHour: 20, pastAfterMs: 72 * 3_600_000 },
    journal: {
      host: '127.0.0.1',
      port: ports.imap,
      security: 'none',
      user: mailboxUser,
      password: secrets.mailboxPassword,
      mailbox: 'INBOX',
      address: null,
      lagMs: 0,
    },
    bounces: null,
    shop: {
      name: 'Calm Books',
      supportEmail: 'support@books.example',
      colour: '#1f4e5f',
      fromAddress: 'orders@books.example',
      replyTo: 'support@books.example',
      timeZone: 'Europe/Warsaw',
    },
    shelfUrl: `${local(ports.shop)}/shelf`,
    claimUrl: null,
    seller: {
      name: 'Calm Books sp. z o.o.',
      addressLines: ['ul. Spokojna 7', '00-001 Warszawa', 'Poland'],
      taxId: 'PL5252248481',
      email: 'office@books.example',
      website: 'https://books.example',
      timeZone: 'Europe/Warsaw',
    },
    defaultLanguage: 'en',
    receiptSeriesPrefix: 'R',
    creditNoteSeriesPrefix: 'C',
    linkKeys: [new Uint8Array(Buffer.from(secrets.linkKey, 'hex'))],
    linkLifetimeHours: 48,
    retention: {
      rawEventDays: 90,
      downloadDays: 395,
      sessionDays: 30,
      mailDays: 14,
      timelineDays: 730,
      auditDays: 366,
    },
    downloads: { by: 'stream', perLinkAndDay: 10 },
    storageDirectory: path.join(dataDirectory, 'storage'),
    objectStore: null,
    copies: { kept: 'stored', cacheDirectory: null, cacheMaxBytes: 500_000_000, rewritesMax: 2 },
    auditAnchorFile: path.join(dataDirectory, 'audit-anchors.jsonl'),
    plausible: { apiUrl: `${local(ports.analytics)}/api/event`, domain: 'books.example' },
    posthog: null,
    shopWebhook: null,
    traces: null,
    alerts: {
      pagerDuty: null,
      slack: null,
      deadManUrl: null,
      alertmanagerToken: null,
      runbookUrl: null,
      spoolFile: path.join(dataDirectory, 'sentinel.json'),
    },
    auth0: null,
    identity: {
      issuer,
      audience: sandboxAudience,
      emailClaims: ['email', 'https://fulfillment.example/email'],
    },
    staff: {
      issuer,
      audience: sandboxStaff.audience,
      clientId: sandboxStaff.consoleClientId,
      clientSecret: secrets.staffClientSecret,
      cliClientId: sandboxStaff.cliClientId,
      otherClientIds: [],
      rolesClaim: 'https://fulfillment/roles',
      methodsClaims: ['amr', 'https://fulfillment/amr'],
      // Its provider says two factors of everybody.
      mfaRequired: true,
      mfaMethods: ['mfa'],
    },
    worker: { name: `${hostname()}-${process.pid}`, jobsMax: 500, leaseMs: 15_000, pollMs: 1_000 },
    slaSeconds: 300,
    providerLimits: {},
    waitForSessionMs: 10_000,
    logLevel: 'info',
    logFormat: 'auto',
  };
}
