import type { DeliveryReportReader, DeliverySource } from '../ports/deliveryEvidence.ts';
import type { MailerConnection } from '../ports/mailer.ts';
import type { ExpectedReports } from '../ports/mailReports.ts';
import type { MailProvider } from '../ports/providerPauses.ts';
import { createImapJournal, type ImapJournal } from '../providers/imap/adapter.ts';
import { createBounceMailbox } from '../providers/imap/bounces.ts';
import { createJournalSource } from '../providers/imap/journalSource.ts';
import { createListmonkMailer } from '../providers/listmonk/adapter.ts';
import type { ListmonkConnectionOptions } from '../providers/listmonk/api.ts';
import { createListmonkBounces } from '../providers/listmonk/bounces.ts';
import { createNovuMailer } from '../providers/novu/adapter.ts';
import { createNovuReportReader } from '../providers/novu/reports.ts';
import { createResendMailer } from '../providers/resend/adapter.ts';
import { createResendReportReader } from '../providers/resend/reports.ts';
import { createSmtpMailer } from '../providers/smtp/adapter.ts';
import { domainOf } from '../domain/mailRouting.ts';
import type { Config } from './config.ts';
import { deriveKey } from './keys.ts';
import { systemClock } from './systemClock.ts';

/** RFC 5321 §4.5.3.2.6: an answer to the final dot may take ten minutes; giving up earlier makes the outcome unknown. */
export const smtpAnswerTimeoutMs = 10 * 60_000;
/** APIs answer at once or not at all; what is lost can be repeated or asked about. */
const apiTimeoutMs = 30_000;
const imapTimeoutMs = 20_000;

export function createJournal({ journal }: Pick<Config, 'journal'>): ImapJournal | undefined {
  return journal
    ? createImapJournal({ ...journal, secure: journal.security === 'tls', timeoutMs: imapTimeoutMs })
    : undefined;
}

/** The mailers that are configured, the preferred one first. */
export function createMailers(
  config: Config,
  journal: ImapJournal | undefined,
): [MailerConnection, ...MailerConnection[]] {
  const [first, ...others] = config.mail.providers;
  const create = (name: MailProvider) => makers[name](config, journal);
  return [create(first), ...others.map(create)];
}

type Maker = (config: Config, journal: ImapJournal | undefined) => MailerConnection;

const makers: Readonly<Record<MailProvider, Maker>> = {
  smtp: createSmtp,
  resend: createResend,
  listmonk: createListmonk,
  novu: createNovu,
};

function createSmtp(config: Config, journal: ImapJournal | undefined): MailerConnection {
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
    returnPath: config.mail.returnPath ?? undefined,
    reportsBounces: config.bounces !== null,
    ...(journal ? { journal, journalLagMs: config.journal?.lagMs ?? 60_000 } : {}),
  });
}

function createResend(config: Config): MailerConnection {
  const { apiKey, apiUrl, webhookSecrets } = configured(config, 'resend');
  return createResendMailer({
    apiKey,
    baseUrl: apiUrl ?? undefined,
    timeoutMs: apiTimeoutMs,
    reportsDeliveries: webhookSecrets.length > 0,
  });
}

function createListmonk(config: Config, journal: ImapJournal | undefined): MailerConnection {
  const { templateId, messenger } = configured(config, 'listmonk');
  return createListmonkMailer({
    ...listmonkConnection(configured(config, 'listmonk')),
    templateId,
    messenger: messenger ?? undefined,
    journal,
    journalAddress: config.journal?.address ?? undefined,
    bounceAddress: config.mail.returnPath ?? undefined,
    journalLagMs: config.journal?.lagMs ?? undefined,
    // Its own list holds a part of them only.
    reportsBounces: config.bounces !== null,
  });
}

function createNovu(config: Config): MailerConnection {
  const { apiKey, apiUrl, workflowId, webhookSecrets } = configured(config, 'novu');
  return createNovuMailer({
    apiKey,
    baseUrl: apiUrl ?? undefined,
    workflowId,
    subscriberKey: deriveKey(config.linkKeys[0] ?? new Uint8Array(), 'novu-subscribers'),
    timeoutMs: apiTimeoutMs,
    reportsDeliveries: webhookSecrets.length > 0,
  });
}

function listmonkConnection({
  url,
  user,
  token,
}: NonNullable<Config['mailReports']['listmonk']>): ListmonkConnectionOptions {
  return { baseUrl: url, user, token, timeoutMs: apiTimeoutMs };
}

function configured<Name extends 'resend' | 'listmonk' | 'novu'>(config: Config, name: Name) {
  const found = config[name];
  if (found === null) throw new TypeError(`The mail provider ${name} is named, and not configured.`);
  return found;
}

/** Signed reports that come in over HTTP, as long as a secret is known: their provider may carry no mail any more. */
export function createReportReaders({ shop, mailReports }: Config): DeliveryReportReader[] {
  const messageIdDomain = domainOf(shop.fromAddress);
  const { resend: ofResend, novu: ofNovu } = mailReports;
  return [
    ...(ofResend.length > 0 ? [createResendReportReader({ secrets: ofResend, messageIdDomain })] : []),
    ...(ofNovu.length > 0 ? [createNovuReportReader({ secrets: ofNovu, messageIdDomain })] : []),
  ];
}

/** Whether an answer proves a mail, as their adapters have it (`acceptanceDurable`). */
const answerProves: Readonly<Record<string, boolean>> = { resend: true, novu: false };

/** Of whom it is expected that they report. */
export const expectedReports = (config: Config): ExpectedReports[] =>
  createReportReaders(config).map(({ provider }) => ({
    provider,
    answerProves: answerProves[provider] ?? false,
  }));

/** What is looked at from time to time: the journal, the mailbox of bounces, and Listmonk's list of them. */
export function createDeliverySources(config: Config): DeliverySource[] {
  const { journal, bounces } = config;
  const { listmonk } = config.mailReports;
  const now = () => systemClock.now();
  const about = { now, timeoutMs: imapTimeoutMs };
  const copyAddresses = journal?.address ? [journal.address] : [];
  return [
    ...(journal ? [createJournalSource({ ...journal, ...about, secure: journal.security === 'tls' })] : []),
    ...(bounces
      ? [createBounceMailbox({ ...bounces, ...about, secure: bounces.security === 'tls', copyAddresses })]
      : []),
    ...(listmonk ? [createListmonkBounces({ ...listmonkConnection(listmonk), now })] : []),
  ];
}

/** Their names: whoever only asks for them opens no mailbox. */
export const deliverySourceNames = (config: Config): string[] =>
  createDeliverySources(config).map(({ name }) => name);

/** How many calls at one time a process makes to each mailer. */
export function mailerPlaces(config: Config): Record<MailProvider, number> {
  return { smtp: config.smtp.connectionsMax, resend: 8, listmonk: 8, novu: 8 };
}
