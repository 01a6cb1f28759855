import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildConfig } from '../../../test/builders/config.ts';
import { startFaultHttp, type FaultHttp } from '../../../test/vendors/faultHttp.ts';
import type { Check } from './check.ts';
import { analyticsCheck, identityCheck, publicUrlCheck } from './outside.ts';

let http: FaultHttp;
beforeAll(async () => {
  http = await startFaultHttp();
});
afterAll(() => http.stop());
beforeEach(() => http.reset());

const withoutAnalytics = {
  PLAUSIBLE_API_URL: undefined,
  PLAUSIBLE_DOMAIN: undefined,
  POSTHOG_HOST: undefined,
  POSTHOG_PROJECT_KEY: undefined,
};
const plausibleAt = (url: string) => ({
  ...withoutAnalytics,
  PLAUSIBLE_API_URL: `${url}/api/event`,
  PLAUSIBLE_DOMAIN: 'books.example',
});

const run = (check: Check, changes: Record<string, string | undefined>) =>
  check.run({ config: buildConfig(changes), migratorUrl: null, signal: AbortSignal.timeout(5_000) });

describe('the identity provider', () => {
  const serve = (issuer: string, keys: object[]) =>
    http.otherwise(({ path }) =>
      path.endsWith('openid-configuration')
        ? { mode: 'answer', json: { issuer, jwks_uri: `${http.url}/keys` } }
        : { mode: 'answer', json: { keys } },
    );
  const check = () => run(identityCheck, { OIDC_ISSUER: `${http.url}/` });

  it('is fine with an RS256 key', async () => {
    serve(`${http.url}/`, [{ kty: 'RSA', alg: 'RS256' }, { kty: 'EC' }]);
    expect(await check()).toMatchObject([{ state: 'ok', detail: expect.stringContaining('1 RS256 key') }]);
  });

  it('fails when it calls itself by another name, and gives the name', async () => {
    serve('https://other.example/', [{ kty: 'RSA' }]);
    expect(await check()).toMatchObject([
      { state: 'failed', remedy: 'Set OIDC_ISSUER=https://other.example/' },
    ]);
  });

  it('fails without a fitting key', async () => {
    serve(`${http.url}/`, [{ kty: 'EC', alg: 'ES256' }]);
    expect(await check()).toMatchObject([{ state: 'failed', detail: expect.stringContaining('no RSA key') }]);
  });

  it.each([
    ['an error', { mode: 'answer', status: 500 }, 'answers 500'],
    ['something else', { mode: 'answer', json: { hello: 1 } }, 'not what it should be'],
    ['silence', { mode: 'reset' }, 'no answer (connection_lost)'],
  ] as const)('fails when it answers with %s', async (_what, behaviour, detail) => {
    http.script(behaviour);
    expect(await check()).toMatchObject([{ state: 'failed', detail: expect.stringContaining(detail) }]);
  });
});

describe('analytics', () => {
  it('are asked at their origin only, and never sent an event', async () => {
    http.otherwise(() => ({ mode: 'redirect', to: '/login' }));
    const findings = await run(analyticsCheck, plausibleAt(http.url));
    expect(findings).toMatchObject([{ state: 'ok' }]);
    expect(http.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /']);
  });

  it('that do not answer are a warning, because nothing waits for them', async () => {
    http.script({ mode: 'reset' });
    expect(await run(analyticsCheck, plausibleAt(http.url))).toMatchObject([{ state: 'warning' }]);
  });

  it('are two findings where there are two', async () => {
    const gone = await startFaultHttp();
    await gone.stop();
    const both = { ...plausibleAt(http.url), POSTHOG_HOST: gone.url, POSTHOG_PROJECT_KEY: 'phc_1' };
    expect(await run(analyticsCheck, both)).toMatchObject([
      { state: 'ok' },
      { state: 'warning', remedy: expect.stringContaining('POSTHOG_HOST') },
    ]);
  });

  it('that are not configured are worth a note', async () => {
    expect(await run(analyticsCheck, withoutAnalytics)).toMatchObject([{ state: 'note' }]);
  });
});

describe('the public address', () => {
  it('on this machine is a warning', async () => {
    expect(await run(publicUrlCheck, { PUBLIC_BASE_URL: http.url })).toMatchObject([{ state: 'warning' }]);
    expect(http.requests).toEqual([]);
  });
});
