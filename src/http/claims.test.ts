import { describe, expect, it } from 'vitest';
import { buildHttpServer } from '../../test/builders/httpServer.ts';
import type { IdentityProvider } from '../ports/identity.ts';
import type { AskedCode, ClaimedByCode } from '../shelf/claimByCode.ts';

const buyer = { subject: 'auth0|1', email: null, emailVerified: false };
const identity: IdentityProvider = {
  verifyAccessToken: async (token) =>
    token === 'good.token' ? { valid: true, identity: buyer } : { valid: false, reason: 'signature' },
};

function post(
  url: string,
  payload: object,
  duties: Parameters<typeof buildHttpServer>[0] = {},
  token = 'good.token',
) {
  const headers = { authorization: `Bearer ${token}` };
  return buildHttpServer({ identity, ...duties }).server.inject({ method: 'POST', url, headers, payload });
}

const ask = (payload: object, answer: AskedCode = { outcome: 'asked' }) =>
  post('/v1/shelf/claim-codes', payload, { askClaimCode: async () => answer });

const confirm = (payload: object, answer: ClaimedByCode = { kind: 'claimed', ebooks: 2 }) =>
  post('/v1/shelf/claim-codes/confirm', payload, { confirmClaimCode: async () => answer });

describe('POST /v1/shelf/claim-codes', () => {
  it('says no more than that it was asked', async () => {
    const answer = await ask({ email: 'guest@example.com' });
    expect([answer.statusCode, answer.json()]).toEqual([202, { outcome: 'asked' }]);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('says that the books are the account’s already', async () => {
    const answer = await ask({ email: 'guest@example.com' }, { outcome: 'already_yours' });
    expect([answer.statusCode, answer.json()]).toEqual([200, { outcome: 'already_yours' }]);
  });

  it('tells when one may ask again', async () => {
    const againAt = new Date(Date.now() + 90_000);
    const answer = await ask({ email: 'guest@example.com' }, { outcome: 'too_many', againAt });
    expect(answer.statusCode).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(80);
    expect(answer.json()).toMatchObject({ code: 'too_many_codes' });
  });

  it.each([
    [{}, 'email'],
    [{ email: '' }, 'email'],
    [{ email: 7 }, 'email'],
    [{ email: `${'x'.repeat(600)}@example.com` }, 'email'],
  ])('refuses %j and names the field', async (payload, field) => {
    const answer = await ask(payload);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      code: 'invalid_input',
      field,
      remedy: expect.any(String) as string,
    });
  });

  it('refuses what is no address', async () => {
    const answer = await ask({ email: 'guest' }, { outcome: 'email_malformed' });
    expect(answer.json()).toMatchObject({ status: 400, code: 'invalid_input', field: 'email' });
  });

  it('sends an account that owns other books to support', async () => {
    const answer = await ask({ email: 'guest@example.com' }, { outcome: 'other_profile_linked' });
    expect(answer.json()).toMatchObject({ status: 409, code: 'other_profile_linked' });
  });
});

describe('POST /v1/shelf/claim-codes/confirm', () => {
  const typed = { email: 'guest@example.com', code: '7XK4M2QP' };

  it('gives the books to whoever typed the code', async () => {
    const answer = await confirm(typed);
    expect([answer.statusCode, answer.json()]).toEqual([200, { outcome: 'claimed', ebooks: 2 }]);
  });

  it.each([
    ['code_not_valid', 403, 'code_not_valid'],
    ['claimed_by_another', 409, 'claimed_by_another_sign_in'],
    ['other_profile_linked', 409, 'other_profile_linked'],
  ] as const)('refuses: %s', async (kind, status, code) => {
    const answer = await confirm(typed, { kind, ebooks: 0 });
    expect(answer.json()).toMatchObject({ status, code, remedy: expect.any(String) as string });
  });

  it.each([
    [{ email: 'guest@example.com' }, 'code'],
    [{ code: '7XK4M2QP' }, 'email'],
    [{ ...typed, code: ['7XK4M2QP'] }, 'code'],
  ])('refuses %j and names the field', async (payload, field) => {
    expect((await confirm(payload)).json()).toMatchObject({ status: 400, code: 'invalid_input', field });
  });
});

it.each(['/v1/shelf/claim', '/v1/shelf/claim-codes', '/v1/shelf/claim-codes/confirm'])(
  'POST %s is for those who are signed in, and for pages of the shop',
  async (url) => {
    const payload = { email: 'guest@example.com', code: 'x' };
    expect((await post(url, payload, {}, 'bad.token')).statusCode).toBe(401);
    const { server } = buildHttpServer({ identity, allowedOrigins: ['https://shop.example'] });
    const headers = { authorization: 'Bearer good.token', origin: 'https://shop.example' };
    const answer = await server.inject({ method: 'POST', url, headers, payload });
    expect(answer.headers['access-control-allow-origin']).toBe('https://shop.example');
  },
);
