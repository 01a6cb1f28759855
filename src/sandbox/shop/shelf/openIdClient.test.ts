import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOpenIdClient, SignInError } from './openIdClient.ts';
import type { OpenIdClient, SignInUnderWay } from './openIdClient.ts';

const audience = 'https://api.shop.example';
const redirectUri = 'http://127.0.0.1:5998/shelf/callback';

let provider: Awaited<ReturnType<typeof startProvider>>;
let client: OpenIdClient;
let asked: URL;
let underWay: SignInUnderWay;

beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.stop());
beforeEach(async () => {
  provider.reset();
  client = createOpenIdClient({ issuer: provider.issuer, clientId: 'shop', clientSecret: 's', audience });
  const begun = await client.begin({ redirectUri, loginHint: 'ada@example.com' });
  asked = new URL(begun.url);
  underWay = begun.underWay;
  provider.claims = { nonce: underWay.nonce };
});

const brought = (changes: Record<string, string> = {}) =>
  new URLSearchParams({ code: 'c1', state: underWay.state, iss: provider.issuer, ...changes });

describe('signing in', () => {
  it('asks for a code with PKCE, state, nonce, the API and a hint', () => {
    expect(Object.fromEntries(asked.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'shop',
      redirect_uri: redirectUri,
      scope: 'openid email',
      audience,
      state: underWay.state,
      nonce: underWay.nonce,
      code_challenge: createHash('sha256').update(underWay.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
      login_hint: 'ada@example.com',
    });
    expect(new Set([underWay.state, underWay.nonce, underWay.codeVerifier]).size).toBe(3);
  });

  it('redeems the code with its secret and verifier', async () => {
    expect(await client.finish(brought(), underWay)).toMatchObject({
      subject: 'auth0|1',
      email: 'ada@example.com',
      accessToken: 'at',
      expiresInSeconds: 60,
    });
    expect(Object.fromEntries(provider.redeemed)).toEqual({
      grant_type: 'authorization_code',
      client_id: 'shop',
      client_secret: 's',
      redirect_uri: redirectUri,
      code: 'c1',
      code_verifier: underWay.codeVerifier,
    });
  });

  it.each([
    ['of another sign-in', () => brought({ state: 'other' })],
    ['of another provider', () => brought({ iss: 'https://evil.example/' })],
    [
      'a refusal',
      () => new URLSearchParams({ state: underWay.state, error: 'access_denied', iss: provider.issuer }),
    ],
    ['empty', () => new URLSearchParams()],
  ])('does not even redeem a code when the answer is %s', async (_what, answer) => {
    await expect(client.finish(answer(), underWay)).rejects.toThrow(SignInError);
    expect([...provider.redeemed]).toEqual([]);
  });

  it.each([
    ['nonce', { nonce: 'other' }],
    ['no nonce', { nonce: undefined }],
    ['audience', { aud: 'another-shop' }],
    ['issuer', { iss: 'https://evil.example/' }],
    ['time', { exp: 1 }],
  ])('believes no ID token with a wrong %s', async (_what, claims) => {
    provider.claims = { nonce: underWay.nonce, ...claims };
    await expect(client.finish(brought(), underWay)).rejects.toThrow(SignInError);
  });

  it('believes no ID token of a stranger’s key, and none without a signature', async () => {
    provider.sign = 'stranger';
    await expect(client.finish(brought(), underWay)).rejects.toThrow(SignInError);
    provider.sign = 'none';
    await expect(client.finish(brought(), underWay)).rejects.toThrow(SignInError);
  });

  it('ends when the provider does not take the code', async () => {
    provider.tokenStatus = 400;
    await expect(client.finish(brought(), underWay)).rejects.toThrow(SignInError);
  });

  it('refuses a provider that is another issuer than configured', async () => {
    const stranger = createOpenIdClient({
      issuer: provider.issuer.replace(/\/$/, ''),
      clientId: 'shop',
      clientSecret: 's',
      audience,
    });
    await expect(stranger.begin({ redirectUri })).rejects.toThrow('another issuer');
  });

  it('looks the provider up again after it was down', async () => {
    const { issuer } = provider;
    const fresh = createOpenIdClient({ issuer, clientId: 'shop', clientSecret: 's', audience });
    provider.down = true;
    await expect(fresh.begin({ redirectUri })).rejects.toThrow('503');
    provider.down = false;
    expect((await fresh.begin({ redirectUri })).url).toContain('/authorize?');
  });
});

/** A provider that signs whatever ID token a test wants. */
async function startProvider() {
  const [own, stranger] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  const key = { ...(await exportJWK(own.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const fresh = () => ({
    claims: {} as Record<string, unknown>,
    sign: 'own' as 'own' | 'stranger' | 'none',
    tokenStatus: 200,
    down: false,
    redeemed: new URLSearchParams(),
  });
  const state = { ...fresh(), issuer: '', reset: () => Object.assign(state, fresh()), stop };

  async function idToken(): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const standard = { iss: state.issuer, sub: 'auth0|1', aud: 'shop', iat: now, exp: now + 60 };
    const claims = { ...standard, email: 'ada@example.com', ...state.claims };
    if (state.sign === 'none') {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      return `${part({ alg: 'none' })}.${part(claims)}.`;
    }
    const { privateKey } = state.sign === 'own' ? own : stranger;
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(privateKey);
  }
  async function answer(path: string, body: string): Promise<object> {
    if (path === '/jwks') return { keys: [key] };
    if (path !== '/token') {
      return {
        issuer: state.issuer,
        authorization_endpoint: `${state.issuer}authorize`,
        token_endpoint: `${state.issuer}token`,
        jwks_uri: `${state.issuer}jwks`,
      };
    }
    state.redeemed = new URLSearchParams(body);
    return { access_token: 'at', id_token: await idToken(), expires_in: 60 };
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '/';
      void answer(path, Buffer.concat(chunks).toString()).then((found) => {
        const status = state.down ? 503 : path === '/token' ? state.tokenStatus : 200;
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(found));
      });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  state.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return state;

  function stop(): void {
    server.closeAllConnections();
    server.close();
  }
}
