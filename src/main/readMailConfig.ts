import type { MailboxConfig, MailConfig } from './config.ts';
import type { Values } from './variables.ts';

/**
 * What the variables say of mail. A provider that MAIL_PROVIDERS does not name carries none, whatever else is set; what it
 * tells of mails that it has sent is read as long as it can be.
 */
export function mailConfigOf(values: Values): MailConfig {
  const journal = mailboxOf(values, 'JOURNAL');
  return {
    mail: {
      providers: values.MAIL_PROVIDERS,
      returnPath: values.MAIL_RETURN_PATH ?? null,
      whenUnknown: values.MAIL_WHEN_UNKNOWN,
      evidenceAfterMs: values.MAIL_EVIDENCE_MINUTES * 60_000,
      drillAddress: values.MAIL_DRILL_ADDRESS ?? null,
    },
    smtp: {
      host: values.SMTP_HOST ?? '',
      port: values.SMTP_PORT,
      security: values.SMTP_SECURITY,
      user: values.SMTP_USER ?? null,
      password: values.SMTP_PASSWORD ?? null,
      connectionsMax: values.SMTP_CONNECTIONS_MAX,
    },
    resend: resendOf(values),
    listmonk: listmonkOf(values),
    novu: novuOf(values),
    mailReports: {
      resend: values.RESEND_WEBHOOK_SECRETS ?? [],
      novu: values.NOVU_WEBHOOK_SECRETS ?? [],
      listmonk: listmonkLogin(values),
    },
    mailBrake: {
      perHour: values.MAIL_BRAKE_PER_HOUR,
      pastPerHour: values.MAIL_BRAKE_OLD_PER_HOUR,
      pastAfterMs: values.MAIL_BRAKE_AGE_HOURS * 3_600_000,
    },
    journal: journal && {
      ...journal,
      address: values.JOURNAL_ADDRESS ?? null,
      lagMs: values.JOURNAL_IMAP_LAG_MS ?? null,
    },
    bounces: mailboxOf(values, 'BOUNCES'),
  };
}

function resendOf(values: Values): MailConfig['resend'] {
  const { RESEND_API_KEY: apiKey } = values;
  if (apiKey === undefined || !values.MAIL_PROVIDERS.includes('resend')) return null;
  return {
    apiKey,
    apiUrl: values.RESEND_API_URL ?? null,
    webhookSecrets: values.RESEND_WEBHOOK_SECRETS ?? [],
  };
}

function listmonkOf(values: Values): MailConfig['listmonk'] {
  const { LISTMONK_TEMPLATE_ID: templateId } = values;
  const login = listmonkLogin(values);
  if (login === null || templateId === undefined || !values.MAIL_PROVIDERS.includes('listmonk')) return null;
  return { ...login, templateId, messenger: values.LISTMONK_MESSENGER ?? null };
}

function listmonkLogin(values: Values): MailConfig['mailReports']['listmonk'] {
  const { LISTMONK_URL: url, LISTMONK_USER: user, LISTMONK_TOKEN: token } = values;
  return url === undefined || user === undefined || token === undefined ? null : { url, user, token };
}

function novuOf(values: Values): MailConfig['novu'] {
  const { NOVU_API_KEY: apiKey, NOVU_WORKFLOW_ID: workflowId } = values;
  if (apiKey === undefined || workflowId === undefined || !values.MAIL_PROVIDERS.includes('novu'))
    return null;
  return {
    apiKey,
    apiUrl: values.NOVU_API_URL ?? null,
    workflowId,
    webhookSecrets: values.NOVU_WEBHOOK_SECRETS ?? [],
  };
}

function mailboxOf(values: Values, box: 'JOURNAL' | 'BOUNCES'): MailboxConfig | null {
  const host = values[`${box}_IMAP_HOST`];
  const user = values[`${box}_IMAP_USER`];
  const password = values[`${box}_IMAP_PASSWORD`];
  if (host === undefined || user === undefined || password === undefined) return null;
  const security = values[`${box}_IMAP_SECURITY`] ?? 'tls';
  return {
    host,
    port: values[`${box}_IMAP_PORT`] ?? (security === 'tls' ? 993 : 143),
    security,
    user,
    password,
    mailbox: values[`${box}_IMAP_MAILBOX`] ?? 'INBOX',
  };
}
