import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Config, ObjectStoreConfig } from './config.ts';
import { mailConfigOf } from './readMailConfig.ts';
import type { Values, VariableName } from './variables.ts';
import { crossCheck } from './variables/crossChecks.ts';
import { readVariables, type VariableSources } from './variables/readVariables.ts';
import type { Command } from './variables/variable.ts';

export interface Surroundings extends VariableSources {
  now: Date;
  /** A name for this process, unique enough for people; used when none is given. */
  processName(): string;
}

interface Told {
  warnings: string[];
  /** Texts of the secrets that are set. Never print them. */
  secrets: Map<VariableName, string>;
}

export type ConfigReading =
  | ({ ok: true; config: Config; migratorUrl: string | null } & Told)
  /** Everything that is wrong, one line each. */
  | ({ ok: false; problems: string[] } & Told);

/**
 * The configuration of a command, from the environment. All problems are reported at once. What a command does not
 * need may be missing; it is then empty, and nothing of that command looks at it.
 */
export function readConfig(surroundings: Surroundings, command: Exclude<Command, 'migrate'>): ConfigReading {
  const { values, problems, warnings, secrets } = readVariables(surroundings, command);
  const known = new Set(problems.map((problem) => problem.name));
  // What has a problem of its own is not complained about a second time for its consequences.
  const further = crossCheck(values, { now: surroundings.now, command }).filter(
    (problem) => !known.has(problem.name),
  );
  const all = [...problems, ...further].map((problem) => problem.text);
  if (all.length > 0) return { ok: false, problems: all, warnings, secrets };
  const config = toConfig(values, surroundings.processName);
  return { ok: true, config, migratorUrl: values.DATABASE_URL_MIGRATOR ?? null, warnings, secrets };
}

function objectStoreOf(values: Values): ObjectStoreConfig | null {
  switch (values.STORAGE_PROVIDER) {
    case 's3':
      return {
        kind: 's3',
        bucket: values.STORAGE_S3_BUCKET ?? '',
        region: values.STORAGE_S3_REGION ?? '',
        accessKeyId: values.STORAGE_S3_ACCESS_KEY_ID ?? '',
        secretAccessKey: values.STORAGE_S3_SECRET_ACCESS_KEY ?? '',
        endpoint: values.STORAGE_S3_ENDPOINT,
        pathStyle: values.STORAGE_S3_PATH_STYLE,
        conditionalWrites: values.STORAGE_S3_CONDITIONAL_WRITES,
      };
    case 'supabase':
      return {
        kind: 'supabase',
        projectUrl: values.STORAGE_SUPABASE_URL ?? '',
        secretKey: values.STORAGE_SUPABASE_KEY ?? '',
        bucket: values.STORAGE_SUPABASE_BUCKET ?? '',
      };
    default:
      return null;
  }
}

function toConfig(values: Values, processName: () => string): Config {
  return {
    environment: values.ENVIRONMENT,
    mode: values.FULFILLMENT_MODE,
    database: {
      intakeUrl: values.DATABASE_URL_INTAKE ?? '',
      workerUrl: values.DATABASE_URL_WORKER ?? '',
      namedStatements: values.DATABASE_NAMED_STATEMENTS,
      directUrl: values.DATABASE_URL_DIRECT ?? values.DATABASE_URL_WORKER ?? '',
      shelfUrl: values.DATABASE_URL_SHELF ?? '',
      readerUrl: values.DATABASE_URL_READER ?? '',
      operationsUrl: values.DATABASE_URL_OPERATIONS ?? null,
      connectionsMax: values.DATABASE_CONNECTIONS_MAX,
    },
    http: {
      host: values.HOST,
      port: values.PORT,
      metricsPort: values.METRICS_PORT ?? null,
      publicBaseUrl: values.PUBLIC_BASE_URL ?? '',
      allowedOrigins: values.ALLOWED_ORIGINS,
      trustProxy: values.TRUST_PROXY,
    },
    stripe: {
      secretKey: values.STRIPE_SECRET_KEY ?? '',
      webhookSecrets: values.STRIPE_WEBHOOK_SECRETS ?? [],
      livemode: /^[a-z]+_live_/.test(values.STRIPE_SECRET_KEY ?? ''),
      baseUrl: values.STRIPE_API_BASE_URL ?? null,
    },
    startDate: values.FULFILLMENT_START_DATE ?? new Date(Number.NaN),
    catchUp: {
      intervalMs: values.CATCH_UP_INTERVAL_SECONDS * 1000,
      callsPerSecond: values.CATCH_UP_CALLS_PER_SECOND,
    },
    moneyRules: { partialRefunds: values.PARTIAL_REFUNDS, openDisputes: values.OPEN_DISPUTES },
    ...mailConfigOf(values),
    ...shopOf(values),
    receiptSeriesPrefix: values.RECEIPT_SERIES_PREFIX,
    creditNoteSeriesPrefix: values.CREDIT_NOTE_SERIES_PREFIX,
    linkKeys: values.LINK_KEYS ?? [],
    linkLifetimeHours: values.LINK_LIFETIME_HOURS,
    retention: {
      rawEventDays: values.RETENTION_RAW_EVENT_DAYS,
      downloadDays: values.RETENTION_DOWNLOAD_DAYS,
      sessionDays: values.RETENTION_SESSION_DAYS,
      mailDays: values.RETENTION_MAIL_DAYS,
      timelineDays: values.RETENTION_TIMELINE_DAYS,
      auditDays: values.RETENTION_AUDIT_DAYS,
    },
    downloads: { by: values.DOWNLOADS_BY, perLinkAndDay: values.DOWNLOADS_PER_LINK_AND_DAY },
    storageDirectory: values.STORAGE_DIRECTORY ?? '',
    objectStore: objectStoreOf(values),
    copies: {
      kept: values.COPIES_KEPT,
      cacheDirectory: values.COPIES_CACHE_DIRECTORY ?? null,
      cacheMaxBytes: values.COPIES_CACHE_MB * 1_000_000,
      rewritesMax: values.COPIES_REWRITES_MAX,
    },
    auditAnchorFile: values.AUDIT_ANCHOR_FILE ?? null,
    plausible: plausibleOf(values),
    posthog: posthogOf(values),
    shopWebhook: shopWebhookOf(values),
    auth0: auth0Of(values),
    alerts: alertsOf(values),
    traces: tracesOf(values),
    identity: {
      issuer: values.OIDC_ISSUER ?? '',
      audience: values.OIDC_AUDIENCE ?? '',
      emailClaims: values.OIDC_EMAIL_CLAIMS,
    },
    staff: staffOf(values),
    worker: {
      name: values.WORKER_NAME ?? processName(),
      jobsMax: values.WORKER_JOBS_MAX,
      leaseMs: values.WORKER_LEASE_SECONDS * 1000,
      pollMs: values.WORKER_POLL_MS,
    },
    providerLimits: values.PROVIDER_LIMITS,
    slaSeconds: values.SLA_SECONDS,
    waitForSessionMs: values.WAIT_FOR_SESSION_SECONDS * 1000,
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT,
  };
}

function shopOf(
  values: Values,
): Pick<Config, 'shop' | 'shelfUrl' | 'claimUrl' | 'seller' | 'defaultLanguage'> {
  const supportEmail = values.SHOP_SUPPORT_EMAIL ?? '';
  const timeZone = values.TIME_ZONE;
  return {
    shop: {
      name: values.SHOP_NAME ?? '',
      supportEmail,
      colour: values.SHOP_COLOUR,
      fromAddress: values.MAIL_FROM ?? '',
      timeZone,
      ...(values.MAIL_REPLY_TO === undefined ? {} : { replyTo: values.MAIL_REPLY_TO }),
    },
    shelfUrl: values.SHELF_URL ?? '',
    claimUrl: values.CLAIM_URL ?? null,
    seller: {
      name: values.SELLER_NAME ?? '',
      addressLines: values.SELLER_ADDRESS ?? [],
      taxId: values.SELLER_TAX_ID ?? null,
      email: values.SELLER_EMAIL ?? supportEmail,
      website: values.SELLER_WEBSITE ?? null,
      timeZone,
    },
    defaultLanguage: values.SHOP_LANGUAGE,
  };
}

function staffOf(values: Values): Config['staff'] {
  const { STAFF_OIDC_ISSUER: issuer, STAFF_OIDC_AUDIENCE: audience, STAFF_OIDC_CLIENT_ID: clientId } = values;
  if (issuer === undefined || audience === undefined || clientId === undefined) return null;
  return {
    issuer,
    audience,
    clientId,
    clientSecret: values.STAFF_OIDC_CLIENT_SECRET ?? null,
    cliClientId: values.STAFF_OIDC_CLI_CLIENT_ID ?? clientId,
    otherClientIds: values.STAFF_OIDC_OTHER_CLIENTS ?? [],
    rolesClaim: values.STAFF_ROLES_CLAIM ?? 'https://fulfillment/roles',
    methodsClaims: values.STAFF_METHODS_CLAIMS ?? ['amr', 'https://fulfillment/amr'],
    mfaRequired: values.STAFF_MFA_REQUIRED ?? true,
    mfaMethods: values.STAFF_MFA_METHODS ?? ['mfa'],
  };
}

function plausibleOf({ PLAUSIBLE_API_URL: apiUrl, PLAUSIBLE_DOMAIN: domain }: Values): Config['plausible'] {
  return apiUrl === undefined || domain === undefined ? null : { apiUrl, domain };
}

function shopWebhookOf({
  SHOP_WEBHOOK_URL: url,
  SHOP_WEBHOOK_SECRETS: secrets,
}: Values): Config['shopWebhook'] {
  return url === undefined || secrets === undefined ? null : { url, secrets };
}

function tracesOf(values: Values): Config['traces'] {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = values;
  const { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: share } = values;
  if (endpoint === undefined || values.OTEL_SDK_DISABLED) return null;
  return {
    endpoint,
    headers: values.OTEL_EXPORTER_OTLP_HEADERS ?? null,
    protocol: values.OTEL_EXPORTER_OTLP_PROTOCOL,
    serviceName: values.OTEL_SERVICE_NAME,
    resourceAttributes: values.OTEL_RESOURCE_ATTRIBUTES ?? null,
    variables: {
      ...(sampler === undefined ? {} : { OTEL_TRACES_SAMPLER: sampler }),
      ...(share === undefined ? {} : { OTEL_TRACES_SAMPLER_ARG: share }),
    },
  };
}

function alertsOf(values: Values): Config['alerts'] {
  const { PAGERDUTY_ROUTING_KEY: routingKey, SLACK_WEBHOOK_URL: webhookUrl } = values;
  const { SLACK_BOT_TOKEN: botToken, SLACK_CHANNEL: channel } = values;
  const bot =
    botToken === undefined || channel === undefined
      ? null
      : { botToken, channel, apiUrl: values.SLACK_API_URL };
  return {
    pagerDuty: routingKey === undefined ? null : { routingKey, eventsUrl: values.PAGERDUTY_EVENTS_URL },
    slack: webhookUrl === undefined ? bot : { webhookUrl },
    deadManUrl: values.DEAD_MAN_URL ?? null,
    alertmanagerToken: values.ALERTMANAGER_TOKEN ?? null,
    runbookUrl: values.RUNBOOK_URL ?? null,
    spoolFile:
      values.SENTINEL_SPOOL_FILE ?? path.join(tmpdir(), `fulfillment-sentinel-${values.ENVIRONMENT}.json`),
  };
}

function auth0Of({
  AUTH0_MANAGEMENT_URL: baseUrl,
  AUTH0_MANAGEMENT_CLIENT_ID: clientId,
  AUTH0_MANAGEMENT_CLIENT_SECRET: clientSecret,
  AUTH0_MANAGEMENT_CONNECTION: connection,
  AUTH0_INVITATION_CLIENT_ID: applicationId,
}: Values): Config['auth0'] {
  if (baseUrl === undefined || clientId === undefined || clientSecret === undefined) return null;
  return { baseUrl, clientId, clientSecret, connection, applicationId };
}

function posthogOf({ POSTHOG_HOST: host, POSTHOG_PROJECT_KEY: projectKey }: Values): Config['posthog'] {
  return host === undefined || projectKey === undefined ? null : { host, projectKey };
}
