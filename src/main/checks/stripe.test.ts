import Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildConfig } from '../../../test/builders/config.ts';
import { startFaultHttp, type FaultHttp, type HttpBehaviour } from '../../../test/vendors/faultHttp.ts';
import { stripeCheck } from './stripe.ts';

let http: FaultHttp;
beforeAll(async () => {
  http = await startFaultHttp();
});
afterAll(() => http.stop());
beforeEach(() => http.reset());

const endpoint = {
  url: 'https://api.books.example/webhooks/stripe',
  status: 'enabled',
  livemode: false,
  api_version: Stripe.API_VERSION,
  enabled_events: ['*'],
};
const list = (...data: object[]): HttpBehaviour => ({
  mode: 'answer',
  json: { object: 'list', data, has_more: false },
});
const refused: HttpBehaviour = {
  mode: 'answer',
  status: 403,
  json: { error: { type: 'invalid_request_error', message: 'no' } },
};

function serve(answers: Record<string, HttpBehaviour>): void {
  const usual: Record<string, HttpBehaviour> = {
    '/v1/account': { mode: 'answer', json: { id: 'acct_1', object: 'account' } },
    '/v1/webhook_endpoints': list(endpoint),
    '/v1/events': list(),
    '/v1/checkout/sessions': list(),
    '/v1/payment_intents': list(),
    '/v1/charges': list({
      id: 'ch_1',
      object: 'charge',
      livemode: false,
      status: 'succeeded',
      receipt_number: null,
    }),
  };
  http.otherwise(({ path }) => ({ ...usual, ...answers })[path] ?? { mode: 'answer', status: 404 });
}

async function check(changes: Record<string, string | undefined> = {}) {
  const config = buildConfig({ STRIPE_API_BASE_URL: http.url, ENVIRONMENT: 'staging', ...changes });
  const findings = await stripeCheck.run({ config, migratorUrl: null, signal: AbortSignal.timeout(5_000) });
  return findings.map(({ check: name, state, detail }) => `${name}: ${state}: ${detail}`);
}

describe('Stripe', () => {
  it('is fine with a working key and a registered webhook', async () => {
    serve({});
    expect(await check()).toEqual([
      'stripe key: ok: acct_1, test mode',
      `stripe webhook: ok: ${endpoint.url} gets what is needed, in ${Stripe.API_VERSION}`,
      'stripe lists: ok: events and sales can be read, so that none is missed',
      expect.stringMatching(/^stripe receipts: note: .*no trace/),
      expect.stringMatching(/^stripe webhook secrets: ok: one, with fingerprint [0-9a-f]{8}$/),
    ]);
  });

  it('changes nothing', async () => {
    serve({});
    await check();
    expect(new Set(http.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
  });

  it('fails with a key it does not accept', async () => {
    serve({
      '/v1/account': { mode: 'answer', status: 401, json: { error: { type: 'invalid_request_error' } } },
    });
    expect((await check())[0]).toMatch(/^stripe key: failed: .*401/);
  });

  it('is fine with a restricted key, and says what cannot be known with it', async () => {
    serve({
      '/v1/account': refused,
      '/v1/webhook_endpoints': refused,
      '/v1/events': refused,
      '/v1/charges': refused,
    });
    expect(await check()).toEqual([
      'stripe key: ok: accepted (restricted, test mode)',
      'stripe webhook: warning: cannot be known: the key may not read webhook endpoints',
      'stripe lists: failed: the key may not read events',
      'stripe receipts: warning: cannot be known: the key may not read charges',
      expect.stringMatching(/^stripe webhook secrets: ok/),
    ]);
  });

  it.each([
    ['production', 'rk_test_yourRestrictedKey', 'a test key in production'],
    ['staging', 'rk_live_yourRestrictedKey', 'a live key in staging'],
  ])('warns in %s about the key %s', async (ENVIRONMENT, STRIPE_SECRET_KEY, detail) => {
    serve({});
    expect(await check({ ENVIRONMENT, STRIPE_SECRET_KEY })).toContainEqual(expect.stringContaining(detail));
  });
});
