import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import type { FaultHttp, HttpBehaviour, SeenRequest } from '../../../test/vendors/faultHttp.ts';
import { createOidcIdentityProvider } from './adapter.ts';
import type { OidcIdentityProviderOptions } from './adapter.ts';

const audience = 'https://api.shop.example';
const nowSeconds = Date.parse('2026-11-22T10:00:00Z') / 1000;

let server: FaultHttp;
let issuer: string;
let privateKey: CryptoKey;
let publicJwk: JWK;

beforeAll(async () => {
  const pair = await generateKeyPair('RS256', { extractable: true });
  privateKey = pair.privateKey;
  publicJwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  server = await startFaultHttp();
  issuer = `${server.url}/`;
});
beforeEach(() => {
  server.reset();
  server.otherwise(wellKnown);
});
afterAll(() => server.stop());

function wellKnown({ path }: SeenRequest): HttpBehaviour {
  if (path === '/.well-known/openid-configuration') {
    return { mode: 'answer', json: { issuer, jwks_uri: `${server.url}/keys` } };
  }
  return path === '/keys' ? { mode: 'answer', json: { keys: [publicJwk] } } : { mode: 'answer', status: 404 };
}

const providerOf = (options: Partial<OidcIdentityProviderOptions> = {}) =>
  createOidcIdentityProvider({
    issuer,
    audience,
    emailClaims: ['email'],
    clockToleranceSeconds: 30,
    timeoutMs: 2_000,
    cacheMaxAgeMs: 600_000,
    cooldownMs: 30_000,
    allowHttp: true,
    clock: { now: () => new Date(nowSeconds * 1000) },
    ...options,
  });

const claims = { sub: 'auth0|1', email: 'jan@example.pl', email_verified: true };
interface Shape {
  payload?: JWTPayload;
  header?: Record<string, unknown>;
  key?: CryptoKey | Uint8Array;
}
const tokenOf = ({ payload = {}, header = {}, key = privateKey }: Shape = {}) =>
  new SignJWT({ iss: issuer, aud: audience, iat: nowSeconds, exp: nowSeconds + 600, ...claims, ...payload })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', typ: 'at+jwt', ...header })
    .sign(key);

describe('checking an access token', () => {
  it('tells who it speaks for', async () => {
    expect(await providerOf().verifyAccessToken(await tokenOf())).toEqual({
      valid: true,
      identity: { subject: 'auth0|1', email: 'jan@example.pl', emailVerified: true },
    });
  });

  it.each<[string, Shape, string]>([
    ['another issuer', { payload: { iss: 'https://evil.example/' } }, 'wrong_issuer'],
    ['an issuer without its slash', { payload: { iss: 'http://127.0.0.1' } }, 'wrong_issuer'],
    ['another audience', { payload: { aud: 'client-id' } }, 'wrong_audience'],
    ['no audience', { payload: { aud: undefined } }, 'wrong_audience'],
    ['no expiry', { payload: { exp: undefined } }, 'no_expiry'],
    ['no subject', { payload: { sub: undefined } }, 'claims_missing'],
    ['an end long past', { payload: { exp: nowSeconds - 31 } }, 'expired'],
    ['a start in the future', { payload: { nbf: nowSeconds + 31 } }, 'not_yet_valid'],
    ['a nonce', { payload: { nonce: 'n' } }, 'id_token'],
    ['another type', { header: { typ: 'id+jwt' } }, 'wrong_type'],
    ['no type', { header: { typ: undefined } }, 'wrong_type'],
  ])('refuses one with %s', async (_title, shape, reason) => {
    expect(await providerOf().verifyAccessToken(await tokenOf(shape))).toEqual({ valid: false, reason });
  });

  it('refuses one that is for the staff’s side too', async () => {
    const provider = providerOf({ foreignAudiences: ['https://admin.shop.example'] });
    const token = await tokenOf({ payload: { aud: [audience, 'https://admin.shop.example'] } });
    expect(await provider.verifyAccessToken(token)).toEqual({ valid: false, reason: 'foreign_audience' });
  });

  it('forgives clocks that differ by less than the tolerance', async () => {
    const token = await tokenOf({ payload: { exp: nowSeconds - 29 } });
    expect((await providerOf().verifyAccessToken(token)).valid).toBe(true);
  });

  it('refuses one signed with another key under a known key id', async () => {
    const { privateKey: stranger } = await generateKeyPair('RS256');
    expect(await providerOf().verifyAccessToken(await tokenOf({ key: stranger }))).toEqual({
      valid: false,
      reason: 'bad_signature',
    });
  });

  it('refuses every algorithm but RS256, also a secret made of the public key, and none at all', async () => {
    const secret = Buffer.from(JSON.stringify(publicJwk));
    const symmetric = await tokenOf({ header: { alg: 'HS256' }, key: secret });
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.e30.`;
    for (const token of [symmetric, unsigned]) {
      const verdict = await providerOf().verifyAccessToken(token);
      expect(verdict).toEqual({ valid: false, reason: 'wrong_algorithm' });
    }
  });

  it.each(['', 'opaque-token', 'a.b.c', 'x'.repeat(20_000)])(
    'refuses what is no token: %j',
    async (token) => {
      expect(await providerOf().verifyAccessToken(token.slice(0, 20_000))).toMatchObject({ valid: false });
    },
  );
});

describe('the keys of the issuer', () => {
  const keyFetches = () => server.requests.filter(({ path }) => path === '/keys').length;

  it('are fetched once for many tokens, also at the same moment', async () => {
    const provider = providerOf();
    const token = await tokenOf();
    await Promise.all([1, 2, 3].map(() => provider.verifyAccessToken(token)));
    await provider.verifyAccessToken(token);
    expect(server.requests.map(({ path }) => path)).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('are not fetched again and again for key ids that do not exist', async () => {
    const provider = providerOf();
    await provider.verifyAccessToken(await tokenOf());
    for (let i = 0; i < 5; i += 1) {
      const token = await tokenOf({ header: { kid: `stranger-${i}` } });
      expect(await provider.verifyAccessToken(token)).toEqual({ valid: false, reason: 'unknown_key' });
    }
    expect(keyFetches()).toBe(1);
  });

  it('are fetched again for a new key id once the cool-down is over', async () => {
    const provider = providerOf({ cooldownMs: 0 });
    await provider.verifyAccessToken(await tokenOf());
    const pair = await generateKeyPair('RS256', { extractable: true });
    const rotated = { ...(await exportJWK(pair.publicKey)), kid: 'k2', alg: 'RS256', use: 'sig' };
    server.otherwise(() => ({ mode: 'answer', json: { keys: [publicJwk, rotated] } }));
    const token = await tokenOf({ header: { kid: 'k2' }, key: pair.privateKey });
    expect((await provider.verifyAccessToken(token)).valid).toBe(true);
    expect(keyFetches()).toBe(2);
  });

  it('may be named without discovery', async () => {
    const provider = providerOf({ jwksUrl: `${server.url}/keys` });
    expect((await provider.verifyAccessToken(await tokenOf())).valid).toBe(true);
    expect(server.requests.map(({ path }) => path)).toEqual(['/keys']);
  });

  it('are looked for at the customary place when there is no discovery', async () => {
    server.otherwise(({ path }) =>
      path === '/.well-known/jwks.json'
        ? { mode: 'answer', json: { keys: [publicJwk] } }
        : { mode: 'answer', status: 404 },
    );
    expect((await providerOf().verifyAccessToken(await tokenOf())).valid).toBe(true);
  });

  it.each<[string, HttpBehaviour]>([
    ['answers 500', { mode: 'answer', status: 500 }],
    ['hangs', { mode: 'hang' }],
    ['cuts the line', { mode: 'reset' }],
    ['sends no JSON', { mode: 'answer', text: '<html>' }],
    ['sends another shape', { mode: 'answer', json: { keys: 'none' } }],
    ['redirects', { mode: 'redirect', to: '/elsewhere' }],
  ])('cannot be had when the issuer %s: nobody is let in, nobody is blamed', async (_title, behaviour) => {
    server.otherwise(() => behaviour);
    await expect(providerOf({ timeoutMs: 80 }).verifyAccessToken(await tokenOf())).rejects.toMatchObject({
      name: 'Fault',
      kind: 'transient',
      reason: 'identity_keys_unavailable',
    });
  });

  it('are not asked for once per token while the issuer is down, and come back with it', async () => {
    const provider = providerOf({ cooldownMs: 50 });
    const token = await tokenOf();
    server.otherwise(() => ({ mode: 'answer', status: 503 }));
    for (let i = 0; i < 5; i += 1)
      await expect(provider.verifyAccessToken(token)).rejects.toThrow('cannot be fetched');
    expect(server.requests).toHaveLength(1);
    server.otherwise(wellKnown);
    const verdict = () => provider.verifyAccessToken(token).catch(() => ({ valid: false }));
    await expect.poll(async () => (await verdict()).valid, { interval: 10 }).toBe(true);
  });

  it('are not taken from a discovery document of another issuer', async () => {
    server.otherwise(() => ({
      mode: 'answer',
      json: { issuer: 'https://evil.example/', jwks_uri: `${server.url}/keys` },
    }));
    await expect(providerOf().verifyAccessToken(await tokenOf())).rejects.toMatchObject({
      kind: 'transient',
    });
    expect(keyFetches()).toBe(0);
  });
});

describe('making the provider', () => {
  it.each<[Partial<OidcIdentityProviderOptions>, RegExp]>([
    [{ allowHttp: false }, /must use https/],
    [{ issuer: 'http://issuer.example/' }, /must use https/],
    [{ issuer: 'nonsense' }, /not a URL/],
    [{ clockToleranceSeconds: 61 }, /tolerance/],
    [{ clockToleranceSeconds: Number.NaN }, /tolerance/],
  ])('refuses %o', (options, message) => {
    expect(() => providerOf(options)).toThrow(message);
  });
});
