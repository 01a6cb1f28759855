import { emailAddress, hostName, oneOf, password, port, wholeNumber, words } from './kinds.ts';
import { running, type Section } from './variable.ts';

const securityPurpose = 'tls from the first byte; with none, STARTTLS is demanded except on loopback.';

export const journal = {
  title:
    'Mail journal (a mailbox that gets a copy of every mail, so that lost answers can be settled; all or none)',
  variables: {
    JOURNAL_ADDRESS: {
      purpose:
        'Address of the mailbox: Listmonk sends each copy there; with SMTP the mail server has to send the copies. Needed with Listmonk, and beside BOUNCES_IMAP_*.',
      example: 'journal@books.example',
      optional: true,
      commands: running,
      schema: emailAddress,
    },
    JOURNAL_IMAP_HOST: {
      purpose: 'IMAP server of the mailbox.',
      example: 'imap.books.example',
      optional: true,
      commands: running,
      schema: hostName,
    },
    JOURNAL_IMAP_PORT: {
      purpose: 'Its port; 993 with tls, else 143.',
      example: '993',
      optional: true,
      commands: running,
      schema: port,
    },
    JOURNAL_IMAP_SECURITY: {
      purpose: securityPurpose,
      example: 'tls',
      optional: true,
      commands: running,
      schema: oneOf(['tls', 'none']),
    },
    JOURNAL_IMAP_USER: {
      purpose: 'User to log in with.',
      example: 'journal',
      optional: true,
      commands: running,
      schema: words(),
    },
    JOURNAL_IMAP_PASSWORD: {
      purpose: 'Password of JOURNAL_IMAP_USER.',
      example: 'change-me',
      optional: true,
      secret: true,
      commands: running,
      schema: password,
    },
    JOURNAL_IMAP_MAILBOX: {
      purpose: 'Folder to search; INBOX when absent.',
      example: 'INBOX',
      optional: true,
      commands: running,
      schema: words(),
    },
    JOURNAL_IMAP_LAG_MS: {
      purpose:
        'After how many milliseconds a mail that is not found was not sent; 60000 by SMTP and 15 minutes by Listmonk when absent.',
      example: '60000',
      optional: true,
      commands: running,
      schema: wholeNumber({ min: 10_000, max: 3_600_000 }),
    },
  },
} as const satisfies Section;

export const bounces = {
  title: 'Mailbox of bounces (what comes back to MAIL_RETURN_PATH, or to MAIL_FROM, by SMTP; all or none)',
  variables: {
    BOUNCES_IMAP_HOST: {
      purpose: 'IMAP server of the mailbox.',
      example: 'imap.books.example',
      optional: true,
      commands: running,
      schema: hostName,
    },
    BOUNCES_IMAP_PORT: {
      purpose: 'Its port; 993 with tls, else 143.',
      example: '993',
      optional: true,
      commands: running,
      schema: port,
    },
    BOUNCES_IMAP_SECURITY: {
      purpose: securityPurpose,
      example: 'tls',
      optional: true,
      commands: running,
      schema: oneOf(['tls', 'none']),
    },
    BOUNCES_IMAP_USER: {
      purpose: 'User to log in with.',
      example: 'bounces',
      optional: true,
      commands: running,
      schema: words(),
    },
    BOUNCES_IMAP_PASSWORD: {
      purpose: 'Password of BOUNCES_IMAP_USER.',
      example: 'change-me',
      optional: true,
      secret: true,
      commands: running,
      schema: password,
    },
    BOUNCES_IMAP_MAILBOX: {
      purpose: 'Folder to read; INBOX when absent.',
      example: 'INBOX',
      optional: true,
      commands: running,
      schema: words(),
    },
  },
} as const satisfies Section;
