import Stripe from 'stripe';
import { z } from 'zod';
import type { Finding } from '../../cli/duties.ts';
import type { RegisteredEndpoint } from '../../domain/webhookEndpoint.ts';
import { parseSecureUrl } from '../../providers/outbound.ts';
import { createStripeClient, statusBehind } from '../../providers/stripe/client.ts';
import type { Config } from '../config.ts';
import { createPayments } from '../wireProviders.ts';
import { faultText, findingsOf, type Check, type CheckContext } from './check.ts';
import { checkLists } from './stripeLists.ts';
import { judgeMailedReceipts, type RecentCharge } from './stripeReceipts.ts';
import { judgeSecrets } from './stripeSecrets.ts';
import { judgeEndpoints } from './stripeWebhook.ts';

const endpointsShape = z.object({
  data: z.array(
    z.object({
      url: z.string(),
      status: z.string(),
      livemode: z.boolean(),
      api_version: z.string().nullish(),
      enabled_events: z.array(z.string()),
    }),
  ),
});

const chargesShape = z.object({
  data: z.array(
    z.object({
      livemode: z.boolean(),
      status: z.string(),
      receipt_number: z.string().nullish(),
      receipt_email: z.string().nullish(),
    }),
  ),
});

/** The key works, its webhook is registered as we need it, and Stripe does not mail receipts beside ours. */
export const stripeCheck: Check = {
  name: 'stripe',
  async run(context) {
    const { webhookSecrets } = context.config.stripe;
    const groups = await Promise.all([
      checkAccount(context),
      checkWebhook(context),
      checkLists(context),
      checkReceipts(context),
    ]);
    return [...groups.flat(), ...judgeSecrets(webhookSecrets)];
  },
};

async function checkAccount({ config, signal }: CheckContext): Promise<Finding[]> {
  const { ok, failed } = findingsOf('stripe key');
  const mode = config.stripe.livemode ? 'live mode' : 'test mode';
  const findings = judgeMode(config);
  try {
    const account = await createPayments(config).lookUpAccount(signal);
    return [ok(`${account.accountId}, ${mode}`), ...findings];
  } catch (error) {
    if (statusBehind(error) === 403) return [ok(`accepted (restricted, ${mode})`), ...findings];
    return [
      failed(faultText(error), 'Check STRIPE_SECRET_KEY in the Dashboard under Developers → API keys.'),
      ...findings,
    ];
  }
}

function judgeMode({ environment, stripe }: Config): Finding[] {
  const { warning } = findingsOf('stripe key');
  if (environment === 'production' && !stripe.livemode) {
    return [
      warning(
        'a test key in production: real payments are not seen',
        'Use the live key, or set ENVIRONMENT.',
      ),
    ];
  }
  if (environment !== 'production' && stripe.livemode) {
    return [
      warning(`a live key in ${environment}: real buyers get mails`, 'Use a test key, or set ENVIRONMENT.'),
    ];
  }
  return [];
}

async function checkWebhook(context: CheckContext): Promise<Finding[]> {
  const { warning } = findingsOf('stripe webhook');
  const { config } = context;
  const url = `${config.http.publicBaseUrl}/webhooks/stripe`;
  try {
    const { data } = await ask(
      context,
      (stripe) => stripe.webhookEndpoints.list({ limit: 100 }),
      endpointsShape,
    );
    return judgeEndpoints(data.map(toEndpoint), {
      url,
      livemode: config.stripe.livemode,
      apiVersion: Stripe.API_VERSION,
    });
  } catch (error) {
    const remedy =
      'Give the key the right to read webhook endpoints, or look in the Dashboard under Developers → Webhooks.';
    const why = statusBehind(error) === 403 ? 'the key may not read webhook endpoints' : faultText(error);
    return [warning(`cannot be known: ${why}`, remedy)];
  }
}

async function checkReceipts(context: CheckContext): Promise<Finding[]> {
  const { warning } = findingsOf('stripe receipts');
  try {
    const { data } = await ask(context, (stripe) => stripe.charges.list({ limit: 100 }), chargesShape);
    return judgeMailedReceipts(data.map(toCharge));
  } catch (error) {
    const why = statusBehind(error) === 403 ? 'the key may not read charges' : faultText(error);
    return [warning(`cannot be known: ${why}`, 'Look in the Dashboard under Settings → Emails.')];
  }
}

function ask<Shape extends z.ZodType>(
  { config, signal }: CheckContext,
  run: (stripe: Stripe) => Promise<unknown>,
  shape: Shape,
): Promise<z.infer<Shape>> {
  const client = createStripeClient({
    secretKey: config.stripe.secretKey,
    baseUrl: parseSecureUrl(config.stripe.baseUrl ?? 'https://api.stripe.com', 'Stripe’s base URL'),
    timeoutMs: 15_000,
    answerBytesMax: 8 * 1024 * 1024,
  });
  return client.within(signal, (question) => question(run, shape));
}

const toEndpoint = (raw: z.infer<typeof endpointsShape>['data'][number]): RegisteredEndpoint => ({
  url: raw.url,
  enabled: raw.status === 'enabled',
  livemode: raw.livemode,
  apiVersion: raw.api_version ?? null,
  enabledEvents: raw.enabled_events,
});

const toCharge = (raw: z.infer<typeof chargesShape>['data'][number]): RecentCharge => ({
  livemode: raw.livemode,
  succeeded: raw.status === 'succeeded',
  receiptMailed: Boolean(raw.receipt_number),
  receiptWanted: Boolean(raw.receipt_email),
});
