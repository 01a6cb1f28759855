import {
  hostName,
  oneOf,
  partsOf,
  password,
  pattern,
  port,
  readAs,
  secureUrl,
  trueOrFalse,
  wholeNumber,
  words,
} from './kinds.ts';
import { running, type Section } from './variable.ts';

/** Stand in the example configuration; whoever signed with them would be believed. */
export const publishedReportSecrets = {
  RESEND_WEBHOOK_SECRETS: 'whsec_ThisIsYourResendSigningSecret',
  NOVU_WEBHOOK_SECRETS: 'whsec_ThisIsYourNovuSigningSecret',
} as const;

/** Printable characters in one line: what goes into a header. */
const keyText = pattern(/^[\x21-\x7e]{1,500}$/, 'must be printable characters without blanks');

/** 16 bytes are 22 digits of base64. */
const signingSecret = /^whsec_[A-Za-z0-9+/]{22,200}={0,2}$/;

const signingSecrets = readAs((text, refuse) => {
  const secrets = partsOf(text);
  if (secrets.length === 0) return refuse('must hold at least one secret');
  return secrets.every((secret) => signingSecret.test(secret))
    ? secrets
    : refuse('must hold signing secrets, between commas: each whsec_ and 16 bytes or more in base64');
});

export const smtp = {
  title: 'SMTP (where MAIL_PROVIDERS names smtp)',
  variables: {
    SMTP_HOST: {
      purpose: 'Server that takes the mails.',
      example: 'smtp.books.example',
      mailProvider: 'smtp',
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
  },
} as const satisfies Section;

export const resend = {
  title: 'Resend (where MAIL_PROVIDERS names resend)',
  variables: {
    RESEND_API_KEY: {
      purpose: 'API key; one that may only send is enough.',
      example: 're_yourSendingKey',
      mailProvider: 'resend',
      secret: true,
      commands: running,
      schema: keyText,
    },
    RESEND_API_URL: {
      purpose: 'Another address of its API, for a proxy or a stand-in; https, or http on loopback.',
      example: 'https://api.resend.com',
      optional: true,
      commands: running,
      schema: secureUrl,
    },
    RESEND_WEBHOOK_SECRETS: {
      purpose:
        'Signing secrets of the webhook endpoint, between commas, two while one is exchanged; without them deliveries and bounces are not heard of.',
      example: publishedReportSecrets.RESEND_WEBHOOK_SECRETS,
      optional: true,
      secret: true,
      commands: running,
      schema: signingSecrets,
    },
  },
} as const satisfies Section;

export const listmonk = {
  title: 'Listmonk (where MAIL_PROVIDERS names listmonk)',
  variables: {
    LISTMONK_URL: {
      purpose: 'Where Listmonk stands, with its path where it has one; https, or http on loopback.',
      example: 'https://lists.books.example',
      mailProvider: 'listmonk',
      commands: running,
      schema: secureUrl,
    },
    LISTMONK_USER: {
      purpose: 'API user (Admin, Users) that may send transactional mails and read bounces.',
      example: 'fulfillment',
      mailProvider: 'listmonk',
      commands: running,
      schema: pattern(/^[\x21-\x39\x3b-\x7e]{1,200}$/, 'must be a name without blanks and colons'),
    },
    LISTMONK_TOKEN: {
      purpose: 'Token of LISTMONK_USER.',
      example: 'change-me',
      mailProvider: 'listmonk',
      secret: true,
      commands: running,
      schema: keyText,
    },
    LISTMONK_TEMPLATE_ID: {
      purpose: 'Number of the transactional template that prints our mails: docs/mail-listmonk.md.',
      example: '3',
      mailProvider: 'listmonk',
      commands: running,
      schema: wholeNumber({ min: 1, max: 2_147_483_647 }),
    },
    LISTMONK_MESSENGER: {
      purpose: 'Messenger other than the default email.',
      example: 'email-receipts',
      optional: true,
      commands: running,
      schema: pattern(/^[\w-]{1,100}$/, 'must be the name of a messenger'),
    },
  },
} as const satisfies Section;

export const novu = {
  title: 'Novu (where MAIL_PROVIDERS names novu)',
  variables: {
    NOVU_API_KEY: {
      purpose: 'Secret key of the environment in which the workflow is.',
      example: 'change-me',
      mailProvider: 'novu',
      secret: true,
      commands: running,
      schema: keyText,
    },
    NOVU_API_URL: {
      purpose:
        'Address of its API where it is not https://api.novu.co: https://eu.api.novu.co, or your own; http on loopback only.',
      example: 'https://eu.api.novu.co',
      optional: true,
      commands: running,
      schema: secureUrl,
    },
    NOVU_WORKFLOW_ID: {
      purpose: 'Identifier of the workflow whose e-mail step prints our mails: docs/mail-novu.md.',
      example: 'fulfillment-mail',
      mailProvider: 'novu',
      commands: running,
      schema: pattern(/^[\w.-]{1,200}$/, 'must be the identifier of a workflow'),
    },
    NOVU_WEBHOOK_SECRETS: {
      purpose:
        'Signing secrets of the webhook endpoint, between commas, two while one is exchanged; without them a mail stays accepted and unproven.',
      example: publishedReportSecrets.NOVU_WEBHOOK_SECRETS,
      optional: true,
      secret: true,
      commands: running,
      schema: signingSecrets,
    },
  },
} as const satisfies Section;
