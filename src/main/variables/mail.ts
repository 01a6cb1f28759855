import { emailAddress, hostName, oneOf, password, port, trueOrFalse, wholeNumber, words } from './kinds.ts';
import { running, type Section } from './variable.ts';

export const mail = {
  title: 'Mail (SMTP)',
  variables: {
    SMTP_HOST: {
      purpose: 'Server that takes the mails.',
      example: 'smtp.books.example',
      commands: running,
      schema: hostName,
    },
    SMTP_PORT: {
      purpose: 'Its port: 587 with starttls, 465 with tls.',
      example: '587',
      default: '587',
      commands: running,
      schema: port,
    },
    SMTP_SECURITY: {
      purpose: 'tls from the first byte, starttls or nothing sent, or none; none only on loopback.',
      example: 'starttls',
      default: 'starttls',
      commands: running,
      schema: oneOf(['tls', 'starttls', 'none']),
    },
    SMTP_ALLOW_PLAINTEXT: {
      purpose:
        'Accepts SMTP_SECURITY=none beyond loopback: buyers’ addresses and links then cross the network readable.',
      example: 'false',
      default: 'false',
      commands: running,
      schema: trueOrFalse,
    },
    SMTP_USER: {
      purpose: 'User to log in with; leave it out where no login is wanted.',
      example: 'receipts',
      optional: true,
      commands: running,
      schema: words(),
    },
    SMTP_PASSWORD: {
      purpose: 'Password of SMTP_USER.',
      example: 'change-me',
      optional: true,
      secret: true,
      commands: running,
      schema: password,
    },
    SMTP_CONNECTIONS_MAX: {
      purpose: 'Most connections to the mail server at one time.',
      example: '5',
      default: '5',
      commands: running,
      schema: wholeNumber({ min: 1, max: 100 }),
    },
    MAIL_FROM: {
      purpose: 'Sender of all mails; its domain needs SPF, DKIM and DMARC.',
      example: 'receipts@books.example',
      commands: running,
      schema: emailAddress,
    },
    MAIL_BRAKE_PER_HOUR: {
      purpose:
        'When more mails than this are about to go out within an hour, all mail is held and somebody is called; 0: never.',
      example: '5000',
      default: '5000',
      commands: running,
      schema: wholeNumber({ min: 0, max: 10_000_000 }),
    },
    MAIL_BRAKE_OLD_PER_HOUR: {
      purpose: 'The same for first mails about purchases that were paid long ago; 0: never.',
      example: '20',
      default: '20',
      commands: running,
      schema: wholeNumber({ min: 0, max: 1_000_000 }),
    },
    MAIL_BRAKE_AGE_HOURS: {
      purpose: 'After how many hours a purchase counts as paid long ago.',
      example: '72',
      default: '72',
      commands: running,
      schema: wholeNumber({ min: 1, max: 8_760 }),
    },
    MAIL_REPLY_TO: {
      purpose: 'Where answers of buyers go, when not to MAIL_FROM.',
      example: 'help@books.example',
      optional: true,
      commands: running,
      schema: emailAddress,
    },
  },
} as const satisfies Section;

export const journal = {
  title:
    'Mail journal (a mailbox that gets a copy of every mail, so that lost answers can be settled; all or none)',
  variables: {
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
      purpose: 'tls from the first byte; with none, STARTTLS is demanded except on loopback.',
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
      purpose: 'After how many milliseconds a mail that is not found was not sent; 60000 when absent.',
      example: '60000',
      optional: true,
      commands: running,
      schema: wholeNumber({ min: 10_000, max: 600_000 }),
    },
  },
} as const satisfies Section;
