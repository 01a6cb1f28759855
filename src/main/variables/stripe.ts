import { openDisputeRules, partialRefundRules } from '../../domain/refunds.ts';
import { loopbackUrl, moment, oneOf, partsOf, pattern, readAs, wholeNumber } from './kinds.ts';
import { listening, running, type Section } from './variable.ts';

const webhookSecrets = readAs((text, refuse) => {
  const secrets = partsOf(text);
  const sound = secrets.length > 0 && secrets.every((secret) => /^whsec_[A-Za-z0-9+/=_-]{8,}$/.test(secret));
  return sound ? secrets : refuse('must be one or more signing secrets that start with whsec_');
});

export const stripe = {
  title: 'Stripe',
  variables: {
    STRIPE_SECRET_KEY: {
      purpose: 'Key to read payments with; a restricted key with read rights is enough.',
      example: 'rk_test_yourRestrictedKey',
      secret: true,
      commands: running,
      schema: pattern(
        /^(sk|rk)_(test|live)_[A-Za-z0-9]{8,}$/,
        'must be a Stripe key that starts with sk_ or rk_',
      ),
    },
    STRIPE_WEBHOOK_SECRETS: {
      purpose:
        'Signing secrets of the webhook, separated by commas or line breaks; two while one is being rolled.',
      example: 'whsec_yourSigningSecret',
      secret: true,
      commands: listening,
      schema: webhookSecrets,
    },
    STRIPE_API_BASE_URL: {
      purpose: 'A stand-in for Stripe on this machine; leave it out to talk to Stripe.',
      example: 'http://127.0.0.1:12111',
      optional: true,
      commands: running,
      schema: loopbackUrl,
    },
    FULFILLMENT_START_DATE: {
      purpose:
        'Sales paid before this are never mailed: the moment this service takes over; a day begins in UTC.',
      example: '2026-01-01',
      commands: running,
      schema: moment,
    },
    CATCH_UP_INTERVAL_SECONDS: {
      purpose:
        'How often workers ask Stripe for what no webhook has told. A paid order is found within this and 15 seconds.',
      example: '60',
      default: '60',
      commands: running,
      schema: wholeNumber({ min: 1, max: 3_600 }),
    },
    CATCH_UP_CALLS_PER_SECOND: {
      purpose: 'Most calls of Stripe in a second that this may take, by all workers together.',
      example: '5',
      default: '5',
      commands: running,
      schema: wholeNumber({ min: 1, max: 50 }),
    },
    PARTIAL_REFUNDS: {
      purpose:
        'What a partial refund takes that names no line. ask: a person says; keep: money only; match: the one line that costs as much, else ask.',
      example: 'ask',
      default: 'ask',
      commands: running,
      schema: oneOf(partialRefundRules),
    },
    OPEN_DISPUTES: {
      purpose:
        'Access while a dispute is open. suspend: it ends until the dispute is won; keep: it ends once it is lost.',
      example: 'suspend',
      default: 'suspend',
      commands: running,
      schema: oneOf(openDisputeRules),
    },
  },
} as const satisfies Section;
