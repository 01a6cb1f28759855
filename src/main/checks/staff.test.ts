import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildConfig } from '../../../test/builders/config.ts';
import { startFaultHttp, type FaultHttp } from '../../../test/vendors/faultHttp.ts';
import { staffCheck } from './staff.ts';

let http: FaultHttp;
beforeAll(async () => {
  http = await startFaultHttp();
});
afterAll(() => http.stop());

const whole = {
  authorization_endpoint: 'https://issuer.example/authorize',
  token_endpoint: 'https://issuer.example/token',
  device_authorization_endpoint: 'https://issuer.example/device',
  code_challenge_methods_supported: ['S256'],
};

async function statesWith(discovery: object, changes: Record<string, string | undefined> = {}) {
  const issuer = `${http.url}/`;
  http.otherwise(({ path }) =>
    path.endsWith('openid-configuration')
      ? { mode: 'answer', json: { issuer, jwks_uri: `${http.url}/keys`, ...discovery } }
      : { mode: 'answer', json: { keys: [{ kty: 'RSA', alg: 'RS256' }] } },
  );
  const config = buildConfig({ STAFF_OIDC_ISSUER: issuer, ...changes });
  const findings = await staffCheck.run({ config, migratorUrl: null, signal: AbortSignal.timeout(5_000) });
  return findings.map(({ state, detail }) => `${state} ${detail}`);
}

describe('the way in for staff', () => {
  it('is fine, and tells which address to register', async () => {
    expect(await statesWith(whole)).toEqual([
      expect.stringMatching(/^ok .*1 RS256 key/),
      'note staff come back from there to https://api.books.example/ops/callback',
    ]);
  });

  it('is noted to be missing', async () => {
    const config = { ...buildConfig(), staff: null };
    const signal = AbortSignal.timeout(5_000);
    expect(await staffCheck.run({ config, migratorUrl: null, signal })).toMatchObject([{ state: 'note' }]);
  });

  it.each<[string, object, Record<string, string>, string]>([
    ['no device sign-in', { ...whole, device_authorization_endpoint: undefined }, {}, 'warning the issuer'],
    ['no page to sign in on', { ...whole, authorization_endpoint: undefined }, {}, 'failed the issuer'],
    ['plain PKCE alone', { ...whole, code_challenge_methods_supported: ['plain'] }, {}, 'failed the issuer'],
    ['one factor', whole, { STAFF_MFA_REQUIRED: 'false' }, 'warning one factor'],
  ])('is complained about with %s', async (_what, discovery, changes, finding) => {
    expect(await statesWith(discovery, changes)).toContainEqual(expect.stringContaining(finding));
  });
});
