import {
  absolutePath,
  hostName,
  oneOf,
  partsOf,
  pattern,
  readAs,
  secureUrl,
  webUrl,
  wholeNumber,
  words,
} from './kinds.ts';
import { linkKeys, publishedLinkKey } from './linkKeys.ts';
import { listening, running, type Section } from './variable.ts';

export const files = {
  title: 'Links and files',
  variables: {
    LINK_KEYS: {
      purpose:
        'Keys that sign links, each 32 bytes or more in base64 or hex (openssl rand -base64 32); the first writes, all are accepted.',
      example: publishedLinkKey,
      secret: true,
      commands: running,
      schema: linkKeys,
    },
    LINK_LIFETIME_HOURS: {
      purpose: 'How long a link in a mail works; after that the shelf gives a fresh one.',
      example: '48',
      default: '48',
      commands: running,
      schema: wholeNumber({ min: 1, max: 720 }),
    },
    RETENTION_RAW_EVENT_DAYS: {
      purpose:
        'For how many days the bytes of received Stripe events are kept, to read them again; what came of them stays. Events that a person has still to look at are kept whole.',
      example: '90',
      default: '90',
      commands: listening,
      schema: wholeNumber({ min: 30, max: 3_650 }),
    },
    RETENTION_DOWNLOAD_DAYS: {
      purpose: 'For how many days each delivery of a file is kept: a dispute is answered with them.',
      example: '395',
      default: '395',
      commands: listening,
      schema: wholeNumber({ min: 90, max: 3_650 }),
    },
    RETENTION_MAIL_DAYS: {
      purpose:
        'For how many days the source of a mail is kept that a provider has taken and nothing has proven; of a proven one it goes at once.',
      example: '14',
      default: '14',
      commands: running,
      schema: wholeNumber({ min: 3, max: 90 }),
    },
    RETENTION_SESSION_DAYS: {
      purpose: 'For how many days a session of staff is kept after its end.',
      example: '30',
      default: '30',
      commands: listening,
      schema: wholeNumber({ min: 1, max: 3_650 }),
    },
    RETENTION_TIMELINE_DAYS: {
      purpose:
        'For how many days what was done for each order is kept, by the month in which it was bought. The order itself stays.',
      example: '730',
      default: '730',
      commands: listening,
      schema: wholeNumber({ min: 90, max: 36_500 }),
    },
    RETENTION_AUDIT_DAYS: {
      purpose: 'For how many days the audit of what staff did is kept.',
      example: '366',
      default: '366',
      commands: listening,
      schema: wholeNumber({ min: 366, max: 36_500 }),
    },
    DOWNLOADS_BY: {
      purpose:
        'stream: links deliver the bytes themselves, and count what was sent. redirect: they lead to a URL of the file store that is signed for five minutes; each counts as a whole download. A local store, and copies that are made while they are downloaded, are always streamed.',
      example: 'stream',
      default: 'stream',
      commands: listening,
      schema: oneOf(['stream', 'redirect']),
    },
    DOWNLOADS_PER_LINK_AND_DAY: {
      purpose:
        'How often a book can be downloaded by one link in 24 hours; three times as often by all of its links together.',
      example: '10',
      default: '10',
      commands: listening,
      schema: wholeNumber({ min: 1, max: 10_000 }),
    },
    AUDIT_ANCHOR_FILE: {
      purpose:
        'File that the head of the audit is written to each day, on a disk that those who administer the database cannot write; without it only the database itself knows its audit.',
      example: '/var/lib/fulfillment-audit/anchors.jsonl',
      optional: true,
      commands: listening,
      schema: absolutePath,
    },
  },
} as const satisfies Section;

export const analytics = {
  title: 'Analytics (Plausible, PostHog or both; of each all or none)',
  variables: {
    PLAUSIBLE_API_URL: {
      purpose: "Plausible's events API, on its cloud or yours.",
      example: 'https://plausible.io/api/event',
      optional: true,
      commands: running,
      schema: webUrl,
    },
    PLAUSIBLE_DOMAIN: {
      purpose: 'The site as it is called in Plausible.',
      example: 'books.example',
      optional: true,
      commands: running,
      schema: hostName,
    },
    POSTHOG_HOST: {
      purpose: 'Host that takes events for PostHog, on its cloud or yours; https, or http on loopback.',
      example: 'https://eu.i.posthog.com',
      optional: true,
      commands: running,
      schema: secureUrl,
    },
    POSTHOG_PROJECT_KEY: {
      purpose: 'Key of the project in PostHog; it can only send events.',
      example: 'phc_yourProjectKey',
      optional: true,
      secret: true,
      commands: running,
      schema: pattern(/^[\w-]{1,200}$/, 'must be the key of a project'),
    },
  },
} as const satisfies Section;

export const identity = {
  title: 'Identity (OpenID Connect; whose access tokens open the shelf)',
  variables: {
    OIDC_ISSUER: {
      purpose: 'Issuer, exactly as in the tokens, with or without the slash at the end.',
      example: 'https://books.eu.auth0.com/',
      commands: listening,
      schema: secureUrl,
    },
    OIDC_AUDIENCE: {
      purpose: 'Audience of tokens that are meant for this service.',
      example: 'https://api.books.example',
      commands: listening,
      schema: words(),
    },
    OIDC_EMAIL_CLAIMS: {
      purpose: 'Claims that may hold the e-mail address, best first; each has its <claim>_verified.',
      example: 'email',
      default: 'email',
      commands: listening,
      schema: readAs((text, refuse) => {
        const claims = partsOf(text);
        return claims.length > 0 ? claims : refuse('must name at least one claim');
      }),
    },
  },
} as const satisfies Section;
