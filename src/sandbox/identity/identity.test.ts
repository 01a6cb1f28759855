import { createHash } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAdminPool } from '../../../test/setup/adminPool.ts';
import { createEmptyDatabase } from '../../../test/setup/database.ts';
import { createIdentity } from './identity.ts';
import type { Identity } from './identity.ts';

const audience = 'https://api.shop.example';
const redirectUri = 'http://127.0.0.1:5999/signed-in';
const clients = [{ clientId: 'shop', redirectUris: [redirectUri] }];

let database: Awaited<ReturnType<typeof createEmptyDatabase>>;
let pool: Pool;
let identity: Identity;
let issuer: string;
let port: number;

beforeAll(async () => {
  database = await createEmptyDatabase();
  pool = openAdminPool(database.url);
  // Dropping the database cuts idle connections; that is no failure of a test.
  pool.on('error', () => {});
  identity = await createIdentity({ pool, audience, clients });
  ({ issuer, port } = await identity.start(0));
});

afterAll(async () => {
  await identity.stop();
  await pool.end();
  await database.drop();
});

async function orderToken(order: object): Promise<string> {
  const answer = await fetch(`${issuer}sandbox/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

async function verify(token: string) {
  const discovery = (await (await fetch(`${issuer}.well-known/openid-configuration`)).json()) as Record<
    string,
    string
  >;
  const keys = createRemoteJWKSet(new URL(discovery['jwks_uri'] ?? ''));
  return jwtVerify(token, keys, { issuer: discovery['issuer'] ?? '', audience, algorithms: ['RS256'] });
}

/** Walks through sign-in as a browser does: follows redirects, carries cookies, fills in the form. */
async function signIn(
  form: Record<string, string>,
  parameters: Record<string, string> = {},
): Promise<Record<string, string>> {
  const cookies = new Map<string, string>();
  const visit = async (url: string | URL, body?: URLSearchParams): Promise<Response> => {
    const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
    const answer = await fetch(url, { redirect: 'manual', headers, ...(body && { method: 'POST', body }) });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return answer;
  };
  const follow = (answer: Response) => new URL(answer.headers.get('location') ?? '', issuer);
  const verifier = 'v'.repeat(43);
  const authorize = new URL('authorize', issuer);
  authorize.search = new URLSearchParams({
    client_id: 'shop',
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid email',
    state: 's1',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...parameters,
  }).toString();
  const page = follow(await visit(authorize));
  expect(await (await visit(page)).text()).toContain('This address is verified');
  const callback = follow(await visit(follow(await visit(page, new URLSearchParams(form)))));
  const answer = await fetch(`${issuer}oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'shop',
      redirect_uri: redirectUri,
      code: callback.searchParams.get('code') ?? '',
      code_verifier: verifier,
    }),
  });
  return (await answer.json()) as Record<string, string>;
}

describe('identity', () => {
  it('is an issuer on the paths of Auth0, with a slash at the end', async () => {
    const discovery = await (await fetch(`${issuer}.well-known/openid-configuration`)).json();

    expect(issuer).toBe(`http://127.0.0.1:${port}/`);
    expect(discovery).toMatchObject({
      issuer,
      jwks_uri: `${issuer}.well-known/jwks.json`,
      authorization_endpoint: `${issuer}authorize`,
      token_endpoint: `${issuer}oauth/token`,
    });
    const { keys } = (await (await fetch(`${issuer}.well-known/jwks.json`)).json()) as { keys: object[] };
    expect(keys).toHaveLength(1);
    expect(keys[0]).not.toHaveProperty('d');
  });

  it('signs in any address and gives an access token for the API that says whether the address is verified', async () => {
    const tokens = await signIn({ email: 'Ann@buyer.example', verified: 'yes' }, { audience });

    const { payload } = await verify(tokens['access_token'] ?? '');
    expect(payload).toMatchObject({
      iss: issuer,
      aud: audience,
      email: 'Ann@buyer.example',
      email_verified: true,
      'https://fulfillment.example/email': 'Ann@buyer.example',
      'https://fulfillment.example/email_verified': true,
    });
    expect(payload.sub).toMatch(/^auth0\|[0-9a-f]{24}$/);
    expect(decodeJwt(tokens['id_token'] ?? '')).toMatchObject({
      sub: payload.sub,
      email: 'Ann@buyer.example',
    });

    const unverified = await verify((await signIn({ email: 'ann@buyer.example' }))['access_token'] ?? '');
    expect(unverified.payload).toMatchObject({ sub: payload.sub, email_verified: false });
  });

  it('gives tests a token without signing in, for the same subject', async () => {
    const { payload } = await verify(await orderToken({ email: 'ann@buyer.example', email_verified: false }));
    const other = await verify(
      await orderToken({ email: 'bob@buyer.example', claims: { email: null, scope: 'x' } }),
    );

    expect(payload).toMatchObject({ email: 'ann@buyer.example', email_verified: false });
    expect(payload.sub).toBe((await verify(await orderToken({ email: ' ANN@buyer.example' }))).payload.sub);
    expect(other.payload.sub).not.toBe(payload.sub);
    expect(other.payload).toMatchObject({ scope: 'x' });
    expect(other.payload).not.toHaveProperty('email');
  });

  it.each([
    [{ audience: ['https://other.example'] }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    [{ issuer: 'https://evil.example/' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    [{ expiresInSeconds: -60 }, 'ERR_JWT_EXPIRED'],
    [{ signedBy: 'stranger' }, 'ERR_JWKS_NO_MATCHING_KEY'],
    [{ signedBy: 'forger' }, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
  ])('gives tests a wrong token: %j', async (wrong, code) => {
    await expect(verify(await orderToken({ email: 'ann@buyer.example', ...wrong }))).rejects.toMatchObject({
      code,
    });
  });

  it('keeps its key: a token from before a restart is good after it', async () => {
    const token = await orderToken({ email: 'ann@buyer.example' });
    await identity.stop();
    identity = await createIdentity({ pool, audience, clients });
    await identity.start(port);

    expect((await verify(token)).payload.iss).toBe(issuer);
  });
});
