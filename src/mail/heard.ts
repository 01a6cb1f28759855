import type { MailProvider } from '../ports/providerPauses.ts';

/** Where it is heard what became of a mail, by the names that the sources give themselves. */
export const heardSources = [
  'bounce_mailbox',
  'journal',
  'listmonk_bounces',
  'resend_webhook',
  'novu_webhook',
] as const;
export type HeardSource = (typeof heardSources)[number];

interface Heard {
  /** A few words, for a table. */
  brief: string;
  /** What is heard and what is not; sentences. */
  exactly: string;
}

/** What each source tells, and no more than that: from its reader in `providers/` and its vendor's documentation. */
export const heardFrom: Readonly<Record<HeardSource, Heard>> = {
  bounce_mailbox: {
    brief: 'what comes back as a delivery status notice',
    exactly:
      'The mailbox of bounces (`BOUNCES_IMAP_*`) is read for delivery status notices (RFC 3464) that bring our Message-ID back, or the one of Amazon SES: failed, delayed, and delivered where a server says so. A notice of another form, one that names no mail of ours, and a mail that vanishes without a notice are not heard of. It hears of mails by SMTP and Listmonk alone, and only if the address that mails come back to (`MAIL_RETURN_PATH`) leads there.',
  },
  journal: {
    brief: 'that its copy is in the journal',
    exactly:
      'A copy in the journal (`JOURNAL_IMAP_*`) says that the mail server has taken the mail. It says nothing of whether it was delivered, or came back.',
  },
  listmonk_bounces: {
    brief: 'a part of the bounces that Listmonk knows of',
    exactly:
      'Listmonk’s list of bounces holds what Listmonk itself has processed: only for buyers who are its subscribers and whom it has not blocked, only where bounces reach Listmonk at all, and a bounce is told of a mail only where its source has kept our Message-ID. Most buyers are no subscribers; of their mails it tells nothing.',
  },
  resend_webhook: {
    brief: 'sent, delayed, delivered, bounced, complained of',
    exactly:
      'Resend’s webhook tells that a mail was sent, delayed, delivered to the recipient’s server, has bounced, was not even tried (suppressed), has failed, or was complained of: as far as those events are chosen for the endpoint.',
  },
  novu_webhook: {
    brief: 'whether the e-mail provider behind it took it; no later bounce',
    exactly:
      'Novu’s webhook tells that the e-mail provider behind Novu has taken a mail, or that it has not and will not. That it was delivered is told only where Novu tracks it; a bounce that comes later is not told. What Novu’s queue loses is told by nobody, and shows by the silence.',
  },
};

const listens: Readonly<Record<MailProvider, readonly HeardSource[]>> = {
  smtp: ['bounce_mailbox', 'journal'],
  listmonk: ['listmonk_bounces', 'bounce_mailbox', 'journal'],
  resend: ['resend_webhook'],
  novu: ['novu_webhook'],
};

/** The configured sources that tell of mails through this provider. */
export const sourcesOf = (provider: MailProvider, configured: readonly HeardSource[]): HeardSource[] =>
  listens[provider].filter((source) => configured.includes(source));

/** What is heard of a mail that was accepted; a few words. */
export const heardInBrief = (sources: readonly HeardSource[]): string =>
  sources.length === 0 ? 'nothing' : sources.map((source) => heardFrom[source].brief).join('; ');

/** Whether what comes back is heard of, as far as its provider lets one hear of it at all. */
export const hearsBounces = (sources: readonly HeardSource[]): boolean =>
  sources.some((source) => source === 'bounce_mailbox' || source === 'resend_webhook');
