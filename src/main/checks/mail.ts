import { randomUUID } from 'node:crypto';
import type { Finding } from '../../cli/duties.ts';
import { guaranteeOf, guaranteeOfAll } from '../../mail/guarantee.ts';
import { heardInBrief, hearsBounces, sourcesOf } from '../../mail/heard.ts';
import type { MailerConnection } from '../../ports/mailer.ts';
import type { MailProvider } from '../../ports/providerPauses.ts';
import { createImapJournal } from '../../providers/imap/adapter.ts';
import type { Config, MailboxConfig } from '../config.ts';
import { heardSourcesOf } from '../heardSources.ts';
import { unknownPolicyOf } from '../variables/whenUnknown.ts';
import { createJournal, createMailers } from '../wireMailers.ts';
import { faultText, findingsOf, type Check, type CheckContext } from './check.ts';

/** Every mail provider takes our login, the mailboxes can be searched, and what that promises. Nothing is sent. */
export const mailCheck: Check = {
  name: 'mail',
  async run(context) {
    const { config } = context;
    const mailers = createMailers(config, createJournal(config));
    const [providers, journal, bounces] = await Promise.all([
      Promise.all(mailers.map((mailer) => checkMailer(mailer, context))),
      checkJournal(context),
      checkBounces(context),
    ]);
    return [...providers, ...journal, ...bounces, ...judgeMail(config, mailers)];
  },
};

/** What to look at when a provider cannot be used. */
export const mailRemedies: Readonly<Record<MailProvider, string>> = {
  smtp: 'Check SMTP_HOST, SMTP_PORT, SMTP_SECURITY and the login.',
  resend: 'Check RESEND_API_KEY, and that the domain of MAIL_FROM is verified at Resend.',
  listmonk:
    'Check LISTMONK_URL, LISTMONK_USER, LISTMONK_TOKEN and LISTMONK_TEMPLATE_ID: docs/mail-listmonk.md.',
  novu: 'Check NOVU_API_KEY, NOVU_API_URL and NOVU_WORKFLOW_ID: docs/mail-novu.md.',
};

/** Where a provider is, without secrets. */
export function mailPlace({ smtp, resend, listmonk, novu }: Config, provider: MailProvider): string {
  const places: Record<MailProvider, string> = {
    smtp: `${smtp.host}:${smtp.port} (${smtp.security})`,
    resend: resend?.apiUrl ?? 'https://api.resend.com',
    listmonk: `${listmonk?.url}, template ${listmonk?.templateId}`,
    novu: `${novu?.apiUrl ?? 'https://api.novu.co'}, workflow ${novu?.workflowId}`,
  };
  return places[provider];
}

async function checkMailer(mailer: MailerConnection, { config, signal }: CheckContext): Promise<Finding> {
  const provider = mailer.name as MailProvider;
  const { ok, failed } = findingsOf(provider);
  const place = mailPlace(config, provider);
  try {
    await mailer.verify(signal);
    const noLogin = provider === 'smtp' && config.smtp.user === null;
    return ok(`${place} ${noLogin ? 'answers; no login is used' : 'accepts the login'}`);
  } catch (error) {
    return failed(`${place}: ${faultText(error)}`, mailRemedies[provider]);
  } finally {
    mailer.close();
  }
}

async function checkJournal({ config, signal }: CheckContext): Promise<Finding[]> {
  const { note } = findingsOf('mail journal');
  if (config.journal) return [await checkMailbox('mail journal', 'JOURNAL', config.journal, signal)];
  // The others cannot be asked by a journal, or need none.
  if (!config.mail.providers.some((name) => name === 'smtp' || name === 'listmonk')) return [];
  const remedy =
    'Give a mailbox that gets a copy of every mail as JOURNAL_IMAP_*, so that a lost answer can be settled.';
  return [note('none: after a lost answer a mail may be sent a second time', remedy)];
}

async function checkBounces({ config, signal }: CheckContext): Promise<Finding[]> {
  if (!config.bounces) return [];
  return [await checkMailbox('mail bounces', 'BOUNCES', config.bounces, signal)];
}

async function checkMailbox(
  name: string,
  prefix: 'JOURNAL' | 'BOUNCES',
  box: MailboxConfig,
  signal: AbortSignal,
): Promise<Finding> {
  const { ok, failed } = findingsOf(name);
  const place = `${box.mailbox} on ${box.host}`;
  const mailbox = createImapJournal({ ...box, secure: box.security === 'tls', timeoutMs: 15_000 });
  try {
    await mailbox.find(`<doctor-${randomUUID()}@invalid>`, signal);
    return ok(`${place} can be searched`);
  } catch (error) {
    return failed(`${place}: ${faultText(error)}`, `Check ${prefix}_IMAP_*.`);
  } finally {
    mailbox.close();
  }
}

/** What would show what becomes of a mail after a provider has said yes. */
export const mailProvers: Readonly<Record<MailProvider, string>> = {
  smtp: 'Have what comes back read: BOUNCES_IMAP_*.',
  resend: 'Make a webhook at Resend, and give its secret as RESEND_WEBHOOK_SECRETS.',
  listmonk: 'Give a journal: JOURNAL_ADDRESS and JOURNAL_IMAP_*.',
  novu: 'Make a webhook at Novu, and give its secret as NOVU_WEBHOOK_SECRETS.',
};

/** What the set as it is configured can promise, and of which provider it is not heard that a mail came back. */
export function judgeMail(config: Config, mailers: readonly MailerConnection[]): Finding[] {
  const { note } = findingsOf('mail guarantee');
  const policy = unknownPolicyOf(config.mail.whenUnknown);
  const unproven = mailers.filter(
    ({ capabilities }) => guaranteeOf(capabilities, policy).strength === 'unproven',
  );
  const remedies = unproven.map(({ name }) => mailProvers[name as MailProvider]);
  return [
    note(guaranteeOfAll(mailers, policy), remedies.join(' ') || undefined),
    ...mailers.flatMap(({ name }) => judgeHearing(config, name as MailProvider)),
  ];
}

function judgeHearing(config: Config, provider: MailProvider): Finding[] {
  const { note } = findingsOf('mail guarantee');
  const sources = sourcesOf(provider, heardSourcesOf(config));
  if (hearsBounces(sources)) return [];
  const [first] = sources;
  const rest = first === undefined || first === 'journal' ? ', not that it came back' : '';
  return [
    note(
      `of a mail that ${provider} has accepted is heard: ${heardInBrief(sources)}${rest}`,
      bounceRemedies[provider],
    ),
  ];
}

const bounceRemedies: Readonly<Record<MailProvider, string>> = {
  smtp: mailProvers.smtp,
  resend: mailProvers.resend,
  listmonk: 'Have what comes back read: BOUNCES_IMAP_*, and its address as MAIL_RETURN_PATH.',
  novu: 'Look at the reports of the e-mail provider behind Novu: docs/mail-novu.md.',
};
