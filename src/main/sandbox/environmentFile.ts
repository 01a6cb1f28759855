import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../config.ts';
import type { VariableName } from '../variables.ts';

type Environment = Partial<Record<VariableName, string>>;

/** The sandbox's configuration as the variables that say the same, for commands that run beside it. */
export function environmentOf(config: Config): Environment {
  const { database, http, stripe, smtp, journal, resend, shop, seller, identity, staff, plausible } = config;
  return {
    ENVIRONMENT: config.environment,
    DATABASE_URL_INTAKE: database.intakeUrl,
    DATABASE_URL_WORKER: database.workerUrl,
    DATABASE_URL_SHELF: database.shelfUrl,
    DATABASE_URL_READER: database.readerUrl,
    ...(database.operationsUrl !== null && { DATABASE_URL_OPERATIONS: database.operationsUrl }),
    HOST: http.host,
    PORT: String(http.port),
    PUBLIC_BASE_URL: http.publicBaseUrl,
    ALLOWED_ORIGINS: http.allowedOrigins.join(','),
    STRIPE_SECRET_KEY: stripe.secretKey,
    STRIPE_WEBHOOK_SECRETS: stripe.webhookSecrets.join(','),
    ...(stripe.baseUrl !== null && { STRIPE_API_BASE_URL: stripe.baseUrl }),
    FULFILLMENT_START_DATE: config.startDate.toISOString(),
    MAIL_PROVIDERS: config.mail.providers.join(','),
    MAIL_FROM: shop.fromAddress,
    MAIL_REPLY_TO: shop.replyTo ?? '',
    MAIL_DRILL_ADDRESS: config.mail.drillAddress ?? '',
    ...(smtp && {
      SMTP_HOST: smtp.host,
      SMTP_PORT: String(smtp.port),
      SMTP_SECURITY: smtp.security,
      SMTP_ALLOW_PLAINTEXT: 'true',
      SMTP_CONNECTIONS_MAX: String(smtp.connectionsMax),
    }),
    ...(resend && {
      RESEND_API_KEY: resend.apiKey,
      ...(resend.apiUrl !== null && { RESEND_API_URL: resend.apiUrl }),
      RESEND_WEBHOOK_SECRETS: resend.webhookSecrets.join(','),
    }),
    ...(journal && {
      JOURNAL_IMAP_HOST: journal.host,
      JOURNAL_IMAP_PORT: String(journal.port),
      JOURNAL_IMAP_SECURITY: journal.security,
      JOURNAL_IMAP_USER: journal.user,
      JOURNAL_IMAP_PASSWORD: journal.password,
    }),
    SHOP_NAME: shop.name,
    SHOP_SUPPORT_EMAIL: shop.supportEmail,
    SHELF_URL: config.shelfUrl,
    SELLER_NAME: seller.name,
    SELLER_ADDRESS: seller.addressLines.join('|'),
    ...(seller.taxId !== null && { SELLER_TAX_ID: seller.taxId }),
    ...(seller.email !== null && { SELLER_EMAIL: seller.email }),
    ...(seller.website !== null && { SELLER_WEBSITE: seller.website }),
    TIME_ZONE: seller.timeZone,
    LINK_KEYS: config.linkKeys.map((key) => Buffer.from(key).toString('hex')).join(','),
    STORAGE_DIRECTORY: config.storageDirectory,
    ...(config.auditAnchorFile !== null && { AUDIT_ANCHOR_FILE: config.auditAnchorFile }),
    SENTINEL_SPOOL_FILE: config.alerts.spoolFile,
    OIDC_ISSUER: identity.issuer,
    OIDC_AUDIENCE: identity.audience,
    OIDC_EMAIL_CLAIMS: identity.emailClaims.join(','),
    ...(staff && {
      STAFF_OIDC_ISSUER: staff.issuer,
      STAFF_OIDC_AUDIENCE: staff.audience,
      STAFF_OIDC_CLIENT_ID: staff.clientId ?? '',
      STAFF_OIDC_CLIENT_SECRET: staff.clientSecret ?? '',
      STAFF_OIDC_CLI_CLIENT_ID: staff.cliClientId ?? '',
      STAFF_ROLES_CLAIM: staff.rolesClaim,
      STAFF_METHODS_CLAIMS: staff.methodsClaims.join(','),
      STAFF_MFA_METHODS: staff.mfaMethods.join(','),
    }),
    ...(plausible && { PLAUSIBLE_API_URL: plausible.apiUrl, PLAUSIBLE_DOMAIN: plausible.domain }),
  };
}

/**
 * Writes them down for `--env`, readable by nobody else: they hold the sandbox's passwords.
 *
 * @returns the path of the file
 */
export async function writeEnvironmentFile(config: Config, dataDirectory: string): Promise<string> {
  const file = path.join(dataDirectory, 'service.env');
  const lines = Object.entries(environmentOf(config)).map(([name, value]) => `${name}='${value}'`);
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}
