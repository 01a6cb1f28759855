import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { exitCodes } from '../../cli/exitCodes.ts';
import { CommandFailure } from '../../cli/failure.ts';
import type { SmokePayment } from './target.ts';

export interface StripePaymentOptions {
  /** A test key that may read prices and make payments. */
  secretKey: string;
  /** A stand-in on this machine. */
  apiBaseUrl?: string;
  /** What is bought, once. */
  priceId: string;
  buyerEmail: string;
}

/** Pays in Stripe's test mode with its card that always succeeds. The webhook comes from Stripe itself. */
export async function payByStripe({
  secretKey,
  apiBaseUrl,
  priceId,
  buyerEmail,
}: StripePaymentOptions): Promise<SmokePayment> {
  const stripe = new Stripe(secretKey, {
    ...addressOf(apiBaseUrl),
    maxNetworkRetries: 2,
    telemetry: false,
    timeout: 20_000,
  });
  try {
    const price = await stripe.prices.retrieve(priceId);
    if (price.unit_amount === null) throw usage(`The price ${priceId} has no fixed amount.`);
    const intent = await stripe.paymentIntents.create(
      {
        amount: price.unit_amount,
        currency: price.currency,
        payment_method: 'pm_card_visa',
        confirm: true,
        automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
        receipt_email: buyerEmail,
        description: 'Smoke test of fulfillment',
        metadata: { fulfillment_lines: `${priceId}:1` },
      },
      { idempotencyKey: randomUUID() },
    );
    if (intent.livemode) throw new CommandFailure('Stripe says that this was live mode.');
    if (intent.status !== 'succeeded')
      throw new CommandFailure(`Stripe did not take the payment: it is ${intent.status}.`);
    return { paymentKey: intent.id };
  } catch (error) {
    throw stripeFailure(error);
  }
}

function addressOf(apiBaseUrl: string | undefined) {
  if (apiBaseUrl === undefined) return {};
  const { protocol, hostname, port } = new URL(apiBaseUrl);
  const http = protocol === 'http:';
  return {
    protocol: http ? ('http' as const) : ('https' as const),
    host: hostname,
    port: port || (http ? 80 : 443),
  };
}

const usage = (message: string) => new CommandFailure(message, { exitCode: exitCodes.usage });

function stripeFailure(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  // Stripe's message may name the key in part; type, code and request are enough to look it up.
  const { type, code, statusCode, requestId } = error;
  const known = [statusCode, code, requestId].filter((part) => part !== undefined).join(', ');
  return new CommandFailure(`Stripe did not take the payment: ${type}${known === '' ? '' : ` (${known})`}.`, {
    exitCode: exitCodes.failed,
    details: [
      'The key must be able to read prices and make PaymentIntents, and the price must be of test mode.',
    ],
    cause: error,
  });
}
