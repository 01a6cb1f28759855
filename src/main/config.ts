import type { Retention } from '../ports/operationsPast.ts';
import type { S3StoreOptions } from '../providers/s3/adapter.ts';
import type { SupabaseStoreOptions } from '../providers/supabaseStorage/adapter.ts';
import type { Kept } from '../ports/files.ts';
import type { MailBrake, Mode } from '../domain/mailGate.ts';
import type { Language } from '../domain/order.ts';
import type { MoneyRules } from '../domain/refunds.ts';
import type { Seller } from '../domain/seller.ts';
import type { ShopIdentity } from '../domain/shop.ts';
import type { MailProviderList } from './variables/mailProviderList.ts';
import type { ProviderLimits } from './variables/providerLimits.ts';
import type { WhenUnknownRule } from './variables/whenUnknown.ts';

/** How staff come in. */
export interface StaffConfig {
  issuer: string;
  /** Never the buyers'. */
  audience: string;
  clientId: string;
  clientSecret: string | null;
  /** The command line's client. */
  cliClientId: string;
  /** Further clients whose access tokens are good. */
  otherClientIds: string[];
  rolesClaim: string;
  methodsClaims: string[];
  mfaRequired: boolean;
  /** Methods of which one proves the second factor. */
  mfaMethods: string[];
}

/** How mail is carried. A provider that is not named is null, but SMTP, whose host is then empty. */
export interface MailConfig {
  mail: {
    /** In the order of preference. */
    providers: MailProviderList;
    /** Envelope sender by SMTP; null: the sender. */
    returnPath: string | null;
    whenUnknown: WhenUnknownRule;
    /** After so long a mail that was accepted without evidence is reported. */
    evidenceAfterMs: number;
    /** Where the drill of an outage sends its mails, unless it is told otherwise. */
    drillAddress: string | null;
  };
  smtp: {
    host: string;
    port: number;
    security: 'tls' | 'starttls' | 'none';
    user: string | null;
    password: string | null;
    connectionsMax: number;
  };
  resend: {
    apiKey: string;
    /** Null: Resend's own. */
    apiUrl: string | null;
    /** None: its webhooks are not read. */
    webhookSecrets: readonly string[];
  } | null;
  listmonk: {
    url: string;
    user: string;
    token: string;
    templateId: number;
    messenger: string | null;
  } | null;
  novu: {
    apiKey: string;
    /** Null: Novu's own. */
    apiUrl: string | null;
    workflowId: string;
    /** None: its webhooks are not read. */
    webhookSecrets: readonly string[];
  } | null;
  /** Where it is told what became of mails; also of providers that carry none any more, for what they have sent. */
  mailReports: {
    /** Signing secrets of webhooks; none: they are not read. */
    resend: readonly string[];
    novu: readonly string[];
    /** Its list of bounces. */
    listmonk: { url: string; user: string; token: string } | null;
  };
  mailBrake: MailBrake;
  /** A mailbox that receives a copy of everything sent, so that a lost answer can be settled. */
  journal: (MailboxConfig & { address: string | null; lagMs: number | null }) | null;
  /** A mailbox that what comes back is read from. */
  bounces: MailboxConfig | null;
}

/** A mailbox over IMAP. */
export interface MailboxConfig {
  host: string;
  port: number;
  security: 'tls' | 'none';
  user: string;
  password: string;
  mailbox: string;
}

export type ObjectStoreConfig =
  | ({ kind: 's3' } & Pick<
      S3StoreOptions,
      'bucket' | 'region' | 'accessKeyId' | 'secretAccessKey' | 'endpoint' | 'pathStyle' | 'conditionalWrites'
    >)
  | ({ kind: 'supabase' } & Pick<SupabaseStoreOptions, 'projectUrl' | 'secretKey' | 'bucket'>);

/** Everything the product is told from outside, checked. Built by `readConfig`, or by hand in the sandbox. */
export interface Config extends MailConfig {
  environment: string;
  mode: Mode;
  database: {
    intakeUrl: string;
    workerUrl: string;
    /** The worker's database without a transaction pooler, for LISTEN. */
    directUrl: string;
    shelfUrl: string;
    readerUrl: string;
    /** Null: nobody of the staff can do anything here. */
    operationsUrl: string | null;
    connectionsMax: number;
    namedStatements: boolean;
  };
  http: {
    host: string;
    port: number;
    /** Of a process that serves no buyers; null: it shows nothing. */
    metricsPort: number | null;
    publicBaseUrl: string;
    allowedOrigins: string[];
    /** Addresses, networks and names of networks whose word about the client's address is taken; true: everybody's. */
    trustProxy: boolean | string[];
  };
  stripe: {
    secretKey: string;
    /** Every active signing secret; two while one is being rolled. */
    webhookSecrets: string[];
    livemode: boolean;
    /** Only for a local stand-in; loopback. */
    baseUrl: string | null;
  };
  /** Sales paid before this are never mailed. */
  startDate: Date;
  /** What refunds and disputes take of what a buyer has. */
  moneyRules: MoneyRules;
  /** How what no webhook has told is found. */
  catchUp: { intervalMs: number; callsPerSecond: number };
  shop: ShopIdentity;
  /** The shop's own page on which a signed-in buyer sees their shelf; mails link to it. Variable SHELF_URL. */
  shelfUrl: string;
  /** The page of the shop where a signed-in buyer types a claim code; null: nobody is reminded. Variable CLAIM_URL. */
  claimUrl: string | null;
  seller: Seller;
  defaultLanguage: Language;
  receiptSeriesPrefix: string;
  creditNoteSeriesPrefix: string;
  /** HMAC keys of links; the first writes, all are accepted. At least 32 bytes each. */
  linkKeys: Uint8Array[];
  linkLifetimeHours: number;
  /** How long what is not needed any more is kept, in days. Variables RETENTION_*. */
  retention: Retention;
  downloads: {
    by: 'stream' | 'redirect';
    perLinkAndDay: number;
  };
  /** Of the file store on this machine's disk; empty where there is another. */
  storageDirectory: string;
  /** A file store elsewhere; null: the directory. */
  objectStore: ObjectStoreConfig | null;
  copies: {
    kept: Kept;
    /** Null: a temporary one of each process. */
    cacheDirectory: string | null;
    cacheMaxBytes: number;
    /** In this process, at one time. */
    rewritesMax: number;
  };
  /** Where the head of the audit is written down outside of the database; null: nowhere. */
  auditAnchorFile: string | null;
  plausible: { apiUrl: string; domain: string } | null;
  posthog: { host: string; projectKey: string } | null;
  /** The shop's own endpoint and its signing secrets, newest first; null: it is told nothing. */
  shopWebhook: { url: string; secrets: string[] } | null;
  /** How guests are invited to accounts at Auth0; null: they are not. */
  auth0: {
    baseUrl: string;
    clientId: string;
    clientSecret: string;
    connection: string;
    applicationId: string | undefined;
  } | null;
  /** Whom the sentinel tells, and how. */
  alerts: {
    pagerDuty: { routingKey: string; eventsUrl: string } | null;
    slack: { webhookUrl: string } | { botToken: string; channel: string; apiUrl: string } | null;
    deadManUrl: string | null;
    /** Null: there is no Alertmanager that tells what it has told. */
    alertmanagerToken: string | null;
    runbookUrl: string | null;
    spoolFile: string;
  };
  /** Where traces go; null: none are made. */
  traces: {
    endpoint: string;
    headers: string | null;
    protocol: 'http/protobuf' | 'http/json';
    serviceName: string;
    resourceAttributes: string | null;
    /** Standard variables that the library reads itself. */
    variables: Readonly<Record<string, string>>;
  } | null;
  identity: { issuer: string; audience: string; emailClaims: string[] };
  /** Null: staff cannot sign in, and there is no admin API. */
  staff: StaffConfig | null;
  worker: { name: string; jobsMax: number; leaseMs: number; pollMs: number };
  /** Limits of providers across all workers. */
  providerLimits: ProviderLimits;
  slaSeconds: number;
  waitForSessionMs: number;
  logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** auto: for people where standard output is a terminal. */
  logFormat: 'auto' | 'json' | 'pretty';
}
