import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import type { FaultHttp, HttpBehaviour, SeenRequest } from '../../../test/vendors/faultHttp.ts';
import { createOidcStaff } from './staff.ts';

const audience = 'https://admin.shop.example';
const buyers = 'https://api.shop.example';
const now = Math.floor(Date.parse('2026-11-22T10:00:00Z') / 1000);

let server: FaultHttp;
let issuer: string;
let privateKey: CryptoKey;
let publicKey: CryptoKey;
let publicJwk: JWK;
let answerToken: (request: SeenRequest) => HttpBehaviour;

beforeAll(async () => {
  ({ privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true }));
  publicJwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  server = await startFaultHttp();
  issuer = `${server.url}/`;
});
beforeEach(() => {
  server.reset();
  answerToken = () => ({ mode: 'answer', status: 400, json: { error: 'invalid_grant' } });
  server.otherwise((request) => {
    if (request.path === '/keys') return { mode: 'answer', json: { keys: [publicJwk] } };
    if (request.path === '/token') return answerToken(request);
    return { mode: 'answer', json: discovery() };
  });
});
afterAll(() => server.stop());

const discovery = () => ({
  issuer,
  jwks_uri: `${server.url}/keys`,
  authorization_endpoint: `${server.url}/authorize?tenant=a`,
  token_endpoint: `${server.url}/token`,
});

const staff = () =>
  createOidcStaff({
    issuer,
    audience,
    foreignAudiences: [buyers],
    clientId: 'console',
    clientSecret: 'a secret',
    otherClientIds: ['cli'],
    redirectUri: 'https://ops.example/ops/callback',
    clockToleranceSeconds: 30,
    ageMaxSeconds: 24 * 3600,
    timeoutMs: 2_000,
    cacheMaxAgeMs: 600_000,
    cooldownMs: 30_000,
    allowHttp: true,
    clock: { now: () => new Date(now * 1000) },
  });

interface Shape {
  payload?: JWTPayload;
  header?: Record<string, unknown>;
  key?: CryptoKey | Uint8Array;
}
const sign = ({ payload = {}, header = {}, key = privateKey }: Shape = {}) =>
  new SignJWT({ iss: issuer, iat: now, exp: now + 600, sub: 'auth0|1', ...payload })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header })
    .sign(key);
const accessToken = (shape: Shape = {}) =>
  sign({
    ...shape,
    payload: { aud: audience, azp: 'console', ...shape.payload },
    header: { typ: 'at+jwt', ...shape.header },
  });
const idToken = (payload: JWTPayload = {}) =>
  sign({ payload: { aud: 'console', nonce: 'n1', ...payload }, header: { typ: 'JWT' } });

describe('a staff member’s access token', () => {
  it('is good with its type by RFC 9068 and with the one of before', async () => {
    for (const typ of ['at+jwt', 'JWT'])
      expect(await staff().tokens.verify(await accessToken({ header: { typ } }))).toMatchObject({
        valid: true,
        token: { subject: 'auth0|1', expiresAt: new Date((now + 600) * 1000) },
      });
  });

  it.each<[string, Shape, string]>([
    ['the buyers’ audience', { payload: { aud: buyers } }, 'wrong_audience'],
    ['both audiences', { payload: { aud: [audience, buyers] } }, 'foreign_audience'],
    ['another client', { payload: { azp: 'shop' } }, 'unknown_client'],
    ['another client by the newer name', { payload: { azp: 'cli', client_id: 'shop' } }, 'unknown_client'],
    ['a client that is no text', { payload: { azp: ['console'] } }, 'unknown_client'],
    ['another issuer', { payload: { iss: 'https://evil.example/' } }, 'wrong_issuer'],
    ['an end a second beyond the leeway', { payload: { exp: now - 30 } }, 'expired'],
    ['a start beyond the leeway', { payload: { nbf: now + 31 } }, 'not_yet_valid'],
    ['an issue beyond the leeway', { payload: { iat: now + 31 } }, 'not_yet_valid'],
    ['an issue a day ago', { payload: { iat: now - 86_431 } }, 'expired'],
    ['no issue', { payload: { iat: undefined } }, 'not_yet_valid'],
    ['the key id of nobody', { header: { kid: '../../dev/null' } }, 'unknown_key'],
    ['a nonce', { payload: { nonce: 'n' } }, 'id_token'],
    ['the name of a machine', { payload: { sub: 'abc@clients' } }, 'machine_token'],
  ])('is refused with %s', async (_title, shape, reason) => {
    expect(await staff().tokens.verify(await accessToken(shape))).toEqual({ valid: false, reason });
  });

  it('is good for the command line’s client, beside the userinfo audience that Auth0 adds', async () => {
    const token = await accessToken({ payload: { aud: [audience, `${issuer}userinfo`], azp: 'cli' } });
    expect((await staff().tokens.verify(token)).valid).toBe(true);
  });

  it('is refused without a signature, and with one made of the public key', async () => {
    const secrets = [Buffer.from(JSON.stringify(publicJwk)), Buffer.from(await exportSPKI(publicKey))];
    const forged = await Promise.all(secrets.map((key) => accessToken({ header: { alg: 'HS256' }, key })));
    const [, payload = ''] = (await accessToken()).split('.');
    for (const alg of ['none', 'None', 'nOnE']) {
      const head = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt', kid: 'k1' })).toString('base64url');
      forged.push(`${head}.${payload}.`);
    }
    for (const token of forged)
      expect(await staff().tokens.verify(token)).toEqual({ valid: false, reason: 'wrong_algorithm' });
  });

  it('brings no keys of its own: nothing is fetched from where it says', async () => {
    const stranger = await generateKeyPair('RS256', { extractable: true });
    const jwk = { ...(await exportJWK(stranger.publicKey)), kid: 'k1', alg: 'RS256' };
    const evil = `${server.url}/evil`;
    const token = await accessToken({ header: { jwk, jku: evil, x5u: evil }, key: stranger.privateKey });
    expect(await staff().tokens.verify(token)).toEqual({ valid: false, reason: 'bad_signature' });
    expect(server.requests.map(({ path }) => path)).not.toContain('/evil');
  });
});

const answer = { code: 'c1', codeVerifier: 'v1', nonce: 'n1', issuer: undefined };
async function exchangeOf(changes: { id?: JWTPayload; access?: Shape; body?: object } = {}) {
  const json = {
    token_type: 'Bearer',
    id_token: await idToken(changes.id),
    access_token: await accessToken(changes.access),
    ...changes.body,
  };
  answerToken = () => ({ mode: 'answer', json });
  return staff().signIn.exchange(answer);
}

describe('the exchange of a code', () => {
  it('asks for the code as this client, and believes both tokens', async () => {
    expect(await exchangeOf()).toMatchObject({
      ok: true,
      person: { subject: 'auth0|1' },
      access: { subject: 'auth0|1' },
    });
    const { body, method } = server.requests.find(({ path }) => path === '/token') ?? { body: '' };
    expect(method).toBe('POST');
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: 'authorization_code',
      code: 'c1',
      redirect_uri: 'https://ops.example/ops/callback',
      code_verifier: 'v1',
      client_id: 'console',
      client_secret: 'a secret',
    });
  });

  it.each<[string, Parameters<typeof exchangeOf>[0], string]>([
    ['an ID token of another sign-in', { id: { nonce: 'n2' } }, 'id_token_wrong_nonce'],
    ['an ID token without a nonce', { id: { nonce: undefined } }, 'id_token_wrong_claim'],
    ['an ID token for another client', { id: { aud: 'shop' } }, 'id_token_wrong_audience'],
    ['an ID token for others too', { id: { aud: ['console', 'shop'] } }, 'id_token_unknown_client'],
    ['an ID token made for another', { id: { azp: 'shop' } }, 'id_token_unknown_client'],
    ['an ID token of another issuer', { id: { iss: 'https://evil.example/' } }, 'id_token_wrong_issuer'],
    ['an ID token from an hour ago', { id: { iat: now - 3600 } }, 'id_token_expired'],
    ['no ID token', { body: { id_token: undefined } }, 'no_id_token'],
    ['an access token for buyers', { access: { payload: { aud: buyers } } }, 'access_token_wrong_audience'],
    ['an opaque access token', { body: { access_token: 'opaque' } }, 'access_token_malformed'],
    ['tokens of two people', { access: { payload: { sub: 'auth0|2' } } }, 'two_subjects'],
  ])('refuses %s', async (_title, changes, reason) => {
    expect(await exchangeOf(changes)).toEqual({ ok: false, reason });
  });

  it('tells a code that was refused from a client that was', async () => {
    expect(await staff().signIn.exchange(answer)).toEqual({ ok: false, reason: 'code_refused' });
    answerToken = () => ({ mode: 'answer', status: 401, json: { error: 'invalid_client' } });
    expect(await staff().signIn.exchange(answer)).toEqual({ ok: false, reason: 'exchange_refused' });
  });

  it('refuses an answer that names another issuer, before the code leaves', async () => {
    const named = { ...answer, issuer: 'https://evil.example/' };
    expect(await staff().signIn.exchange(named)).toEqual({ ok: false, reason: 'wrong_issuer' });
    expect(server.requests.map(({ path }) => path)).not.toContain('/token');
  });

  it.each<[string, HttpBehaviour]>([
    ['is broken', { mode: 'answer', status: 500 }],
    ['is busy', { mode: 'answer', status: 429, json: { error: 'too_many_requests' } }],
    ['cuts the line', { mode: 'reset' }],
    ['redirects', { mode: 'redirect', to: '/elsewhere' }],
    ['answers something else', { mode: 'answer', text: '<html>' }],
    ['answers without end', { mode: 'huge', sizeBytes: 200_000 }],
    ['gives a token of another type', { mode: 'answer', json: { access_token: 'a', token_type: 'mac' } }],
  ])('says that nobody can sign in while the issuer %s', async (_title, behaviour) => {
    answerToken = () => behaviour;
    await expect(staff().signIn.exchange(answer)).rejects.toMatchObject({ name: 'Fault', kind: 'transient' });
  });
});

describe('the page to sign in on', () => {
  it('is the issuer’s, with what it has in its URL already', async () => {
    const url = await staff().signIn.authorizeUrl({ state: 's', nonce: 'n', codeChallenge: 'c' });
    expect(url.origin + url.pathname).toBe(`${server.url}/authorize`);
    expect(url.searchParams.get('tenant')).toBe('a');
    expect(url.searchParams.get('audience')).toBe(audience);
  });

  it.each<[string, object]>([
    ['is not said', { authorization_endpoint: undefined }],
    ['is not encrypted', { authorization_endpoint: 'http://evil.example/authorize' }],
    ['is a script', { authorization_endpoint: 'javascript:alert(1)' }],
    ['belongs to another issuer', { issuer: 'https://evil.example/' }],
  ])('is not to be had when it %s', async (_title, changes) => {
    server.otherwise(() => ({ mode: 'answer', json: { ...discovery(), ...changes } }));
    await expect(
      staff().signIn.authorizeUrl({ state: 's', nonce: 'n', codeChallenge: 'c' }),
    ).rejects.toMatchObject({ kind: 'transient' });
  });
});
