import { isLoopback } from '../../providers/outbound.ts';
import { type Values, type VariableName, variableNames, variables } from '../variables.ts';
import { publishedLinkKey } from './linkKeys.ts';
import { publishedReportSecrets } from './mailProviders.ts';
import { publishedShopSecret } from './shopWebhook.ts';
import { publishedWebhookSecret } from './stripeSecrets.ts';
import { complaint, type Problem } from './readVariables.ts';
import { type Command, isRead } from './variable.ts';

const daysAheadMax = 31;
const dayMs = 86_400_000;

/** Rules between variables, of those that the command reads. Whatever is undefined is judged elsewhere. */
export function crossCheck(values: Values, { now, command }: { now: Date; command: Command }): Problem[] {
  return [
    ...startDate(values, now),
    ...(isRead(variables.MAIL_PROVIDERS, command) ? ofMailProviders(values) : []),
    ...(isRead(variables.STORAGE_PROVIDER, command) ? ofStorageProvider(values) : []),
    ...smtpSecurity(values),
    ...together(values, ['SMTP_USER', 'SMTP_PASSWORD']),
    ...mailbox(values, 'JOURNAL'),
    ...mailbox(values, 'BOUNCES'),
    ...journalAddress(values),
    ...together(values, ['PLAUSIBLE_API_URL', 'PLAUSIBLE_DOMAIN']),
    ...together(values, ['POSTHOG_HOST', 'POSTHOG_PROJECT_KEY']),
    ...together(values, ['SHOP_WEBHOOK_URL', 'SHOP_WEBHOOK_SECRETS']),
    ...together(values, ['SLACK_BOT_TOKEN', 'SLACK_CHANNEL']),
    ...together(values, [
      'AUTH0_MANAGEMENT_URL',
      'AUTH0_MANAGEMENT_CLIENT_ID',
      'AUTH0_MANAGEMENT_CLIENT_SECRET',
    ]),
    ...staff(values),
    ...exampleKey(values),
    ...series(values),
    ...everybodyTrusted(values),
  ];
}

/** In one series, a number would tell nobody whether it is a receipt's. */
function series({
  RECEIPT_SERIES_PREFIX: receipts,
  CREDIT_NOTE_SERIES_PREFIX: creditNotes,
}: Values): Problem[] {
  if (receipts !== creditNotes) return [];
  return [complaint('CREDIT_NOTE_SERIES_PREFIX', 'must not be the same as RECEIPT_SERIES_PREFIX')];
}

function startDate({ FULFILLMENT_START_DATE: start }: Values, now: Date): Problem[] {
  if (!start || start.getTime() <= now.getTime() + daysAheadMax * dayMs) return [];
  const why = `is more than ${daysAheadMax} days ahead: sales paid before it are never mailed`;
  return [complaint('FULFILLMENT_START_DATE', why)];
}

function smtpSecurity(values: Values): Problem[] {
  const { SMTP_HOST: host, SMTP_SECURITY: security } = values;
  if (security !== 'none' || host === undefined || isLoopback(host)) return [];
  if (!values.SMTP_ALLOW_PLAINTEXT) {
    return [
      complaint('SMTP_SECURITY', 'must not be none beyond loopback, unless SMTP_ALLOW_PLAINTEXT is true'),
    ];
  }
  if (values.SMTP_USER === undefined) return [];
  return [
    complaint(
      'SMTP_SECURITY',
      'must not be none with SMTP_USER: the password would cross the network readable',
    ),
  ];
}

/** Each provider of mail has variables that it cannot do without. */
function ofMailProviders(values: Partial<Values>): Problem[] {
  const { MAIL_PROVIDERS: providers = [] } = values;
  return providers.flatMap((provider) =>
    variableNames
      .filter((name) => variables[name].mailProvider === provider && values[name] === undefined)
      .map((name) => complaint(name, `is missing, though MAIL_PROVIDERS names ${provider}`)),
  );
}

/** So has each file store. */
function ofStorageProvider(values: Partial<Values>): Problem[] {
  const { STORAGE_PROVIDER: provider } = values;
  if (provider === undefined) return [];
  return variableNames
    .filter((name) => variables[name].storageProvider === provider && values[name] === undefined)
    .map((name) => complaint(name, `is missing, though STORAGE_PROVIDER is ${provider}`));
}

/** Any of a mailbox's variables asks for it, and it needs these three. */
function mailbox(values: Values, box: 'JOURNAL' | 'BOUNCES'): Problem[] {
  const set = variableNames.find((name) => name.startsWith(`${box}_`) && values[name] !== undefined);
  if (set === undefined) return [];
  return missingBeside(values, set, [`${box}_IMAP_HOST`, `${box}_IMAP_USER`, `${box}_IMAP_PASSWORD`]);
}

/**
 * Listmonk knows of no journal unless each mail names it; and where bounces are read, a copy for the journal that comes
 * back must not be taken for the buyer's mail.
 */
function journalAddress(values: Partial<Values>): Problem[] {
  const { JOURNAL_IMAP_HOST: host, JOURNAL_ADDRESS: address, BOUNCES_IMAP_HOST: bounces } = values;
  if (host === undefined || address !== undefined) return [];
  if (bounces !== undefined)
    return [
      complaint(
        'JOURNAL_ADDRESS',
        'is missing, though JOURNAL_IMAP_HOST and BOUNCES_IMAP_HOST are set: a copy that comes back must be told from a buyer’s mail',
      ),
    ];
  if (!values.MAIL_PROVIDERS?.includes('listmonk')) return [];
  return [
    complaint(
      'JOURNAL_ADDRESS',
      'is missing, though JOURNAL_IMAP_HOST is set and MAIL_PROVIDERS names listmonk: its copies go there',
    ),
  ];
}

const staffNames = [
  'STAFF_OIDC_ISSUER',
  'STAFF_OIDC_AUDIENCE',
  'STAFF_OIDC_CLIENT_ID',
  'STAFF_OIDC_CLIENT_SECRET',
  'STAFF_OIDC_CLI_CLIENT_ID',
  'STAFF_OIDC_OTHER_CLIENTS',
  'STAFF_ROLES_CLAIM',
  'STAFF_METHODS_CLAIMS',
  'STAFF_MFA_REQUIRED',
  'STAFF_MFA_METHODS',
] as const;

/** Any of them asks for an admin API, and that needs these four. One token must never open two doors. */
function staff(values: Values): Problem[] {
  const set = staffNames.find((name) => values[name] !== undefined);
  if (set === undefined) return [];
  const { STAFF_OIDC_AUDIENCE: audience, STAFF_OIDC_CLIENT_ID: clientId, OIDC_AUDIENCE: buyers } = values;
  const needed = [
    'STAFF_OIDC_ISSUER',
    'STAFF_OIDC_AUDIENCE',
    'STAFF_OIDC_CLIENT_ID',
    'DATABASE_URL_OPERATIONS',
  ] as const;
  const problems = missingBeside(values, set, needed);
  if (values.STAFF_MFA_REQUIRED === false && /^(sk|rk)_live_/.test(values.STRIPE_SECRET_KEY ?? ''))
    problems.push(
      complaint('STAFF_MFA_REQUIRED', 'must not be false beside a live Stripe key: staff shows two factors'),
    );
  if (audience !== undefined && audience === buyers)
    problems.push(
      complaint('STAFF_OIDC_AUDIENCE', 'must not be OIDC_AUDIENCE: a buyer’s token would open the admin API'),
    );
  if (audience !== undefined && audience === clientId)
    problems.push(
      complaint('STAFF_OIDC_AUDIENCE', 'must not be STAFF_OIDC_CLIENT_ID: ID tokens are no access tokens'),
    );
  return problems;
}

/** Whoever is believed whatever address they name, is told apart from nobody: limits and logs are worth nothing. */
function everybodyTrusted({ TRUST_PROXY: trusted, ENVIRONMENT: environment, ...values }: Values): Problem[] {
  const inProduction = environment === 'production' || /^(sk|rk)_live_/.test(values.STRIPE_SECRET_KEY ?? '');
  if (trusted !== true || !inProduction) return [];
  const why =
    'must not believe everybody in production, for then anybody names whatever address they like; name the proxies';
  return [complaint('TRUST_PROXY', why)];
}

function together(values: Values, names: readonly VariableName[]): Problem[] {
  const set = names.find((name) => values[name] !== undefined);
  return set === undefined ? [] : missingBeside(values, set, names);
}

function missingBeside(values: Values, set: VariableName, needed: readonly VariableName[]): Problem[] {
  return needed
    .filter((name) => values[name] === undefined)
    .map((name) => complaint(name, `is missing, though ${set} is set`));
}

/** Fine on this machine and under the reserved names of documentation, nowhere else. */
function exampleKey(values: Values): Problem[] {
  const { PUBLIC_BASE_URL: base, LINK_KEYS: keys, STRIPE_WEBHOOK_SECRETS: webhookSecrets } = values;
  if (!base) return [];
  const { hostname } = new URL(base);
  if (isLoopback(hostname) || hostname.endsWith('.example')) return [];
  const problems: Problem[] = [];
  if (keys?.some((key) => Buffer.from(publishedLinkKey, 'base64').equals(key))) {
    const text = 'LINK_KEYS is the example that everybody can read; make one with: openssl rand -base64 32';
    problems.push({ name: 'LINK_KEYS', text });
  }
  if (webhookSecrets?.includes(publishedWebhookSecret)) {
    const text =
      'STRIPE_WEBHOOK_SECRETS is the example that everybody can read; take yours from the endpoint in Stripe';
    problems.push({ name: 'STRIPE_WEBHOOK_SECRETS', text });
  }
  if (values.SHOP_WEBHOOK_SECRETS?.includes(publishedShopSecret)) {
    const text =
      'SHOP_WEBHOOK_SECRETS is the example that everybody can read; make one with: echo "whsec_$(openssl rand -base64 32)"';
    problems.push({ name: 'SHOP_WEBHOOK_SECRETS', text });
  }
  return [...problems, ...exampleReportSecrets(values)];
}

function exampleReportSecrets(values: Values): Problem[] {
  return (['RESEND_WEBHOOK_SECRETS', 'NOVU_WEBHOOK_SECRETS'] as const)
    .filter((name) => values[name]?.includes(publishedReportSecrets[name]))
    .map((name) => {
      const text = `${name} is the example that everybody can read; take yours from the provider’s webhook endpoint`;
      return { name, text };
    });
}
