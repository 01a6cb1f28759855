import { modes } from '../../domain/mailGate.ts';
import { oneOf, origin, pattern, wholeNumber } from './kinds.ts';
import { providerLimits } from './providerLimits.ts';
import { running, type Section, watched } from './variable.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export const logFormats = ['auto', 'json', 'pretty'] as const;

export const worker = {
  title: 'Worker',
  variables: {
    WORKER_NAME: {
      purpose: 'Name of this process in timelines; host name, process id and four random digits when absent.',
      example: 'worker-1',
      optional: true,
      commands: running,
      schema: pattern(
        /^[A-Za-z0-9._-]{1,100}$/,
        'must have 1 to 100 letters, digits, dots, dashes or underscores',
      ),
    },
    WORKER_JOBS_MAX: {
      purpose:
        'Most jobs in the hands of this process at one time. It takes as many as it finishes in a quarter of a second, at least 64, at most this.',
      example: '500',
      default: '500',
      commands: running,
      schema: wholeNumber({ min: 1, max: 5_000 }),
    },
    WORKER_LEASE_SECONDS: {
      purpose: 'After how long without a sign of life another worker takes over.',
      example: '15',
      default: '15',
      commands: running,
      schema: wholeNumber({ min: 3, max: 300 }),
    },
    WORKER_POLL_MS: {
      purpose: 'How long an idle worker sleeps at most, in milliseconds.',
      example: '1000',
      default: '1000',
      commands: running,
      schema: wholeNumber({ min: 50, max: 60_000 }),
    },
    PROVIDER_LIMITS: {
      purpose:
        'How fast and by how many calls at one time all workers together may call a provider (stripe, smtp, resend, listmonk, novu, storage, plausible, posthog); not limited when left out.',
      example: 'smtp=10/s,burst:20,concurrency:8;stripe=25/s',
      default: '',
      commands: running,
      schema: providerLimits,
    },
    SLA_SECONDS: {
      purpose: 'Within how many seconds a payment is to be fulfilled.',
      example: '300',
      default: '300',
      commands: running,
      schema: wholeNumber({ min: 10, max: 86_400 }),
    },
    WAIT_FOR_SESSION_SECONDS: {
      purpose: 'How long a payment that is known only by its PaymentIntent waits for its Checkout Session.',
      example: '20',
      default: '20',
      commands: running,
      schema: wholeNumber({ min: 0, max: 600 }),
    },
  },
} as const satisfies Section;

export const commandLine = {
  title: 'Command line of staff',
  variables: {
    FULFILLMENT_API_URL: {
      purpose:
        'Where the service is that orders, failures, bulk and their like ask, when not said with --api; that of the last sign-in when absent.',
      example: 'https://api.books.example',
      optional: true,
      commands: ['staff'],
      schema: origin,
    },
  },
} as const satisfies Section;

export const general = {
  title: 'Process',
  variables: {
    ENVIRONMENT: {
      purpose: 'What this deployment is called in logs and alerts.',
      example: 'production',
      default: 'production',
      commands: watched,
      schema: pattern(/^[a-z0-9-]{1,40}$/, 'must have 1 to 40 characters of a–z, 0–9 and dashes'),
    },
    FULFILLMENT_MODE: {
      purpose:
        'live, or shadow: everything is decided and recorded, and neither mail nor analytics leave; what was held is sent only when a person says so.',
      example: 'live',
      default: 'live',
      commands: running,
      schema: oneOf(modes),
    },
    LOG_LEVEL: {
      purpose: 'How much is logged.',
      example: 'info',
      default: 'info',
      commands: watched,
      schema: oneOf(logLevels),
    },
    LOG_FORMAT: {
      purpose:
        'json: one line of JSON per event (docs/logs.md). pretty: for people. auto: pretty where standard output is a terminal.',
      example: 'auto',
      default: 'auto',
      commands: running,
      schema: oneOf(logFormats),
    },
  },
} as const satisfies Section;
