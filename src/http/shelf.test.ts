import { describe, expect, it } from 'vitest';
import { buildHttpServer } from '../../test/builders/httpServer.ts';
import { Fault } from '../domain/fault.ts';
import type { IdentityProvider } from '../ports/identity.ts';
import type { MintedDownload } from '../shelf/mintDownload.ts';

const buyer = { subject: 'auth0|1', email: 'jan@example.com', emailVerified: true };
const identity: IdentityProvider = {
  verifyAccessToken: async (token) =>
    token === 'good.token' ? { valid: true, identity: buyer } : { valid: false, reason: 'signature' },
};
const signedIn = { authorization: 'Bearer good.token' };
const id = '0193a5f2-7c1e-7abc-8def-0123456789ab';

describe('signing in', () => {
  it('is asked for where no token came', async () => {
    const answer = await buildHttpServer({ identity }).server.inject({ method: 'GET', url: '/v1/shelf' });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="shelf"');
    expect(answer.json()).toMatchObject({ code: 'not_signed_in' });
  });

  it.each([
    'Bearer bad.token',
    'Bearer',
    'Bearer a b',
    'Basic good.token',
    'good.token',
    `Bearer ${'x'.repeat(9000)}`,
  ])('fails with %s, and says no more', async (authorization) => {
    const { server } = buildHttpServer({ identity });
    const answer = await server.inject({ method: 'GET', url: '/v1/shelf', headers: { authorization } });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="shelf", error="invalid_token"');
    expect(answer.body).not.toContain('signature');
  });

  it('waits for keys that cannot be had', async () => {
    const { server } = buildHttpServer({
      identity: {
        verifyAccessToken: () =>
          Promise.reject(new Fault({ kind: 'transient', reason: 'keys_unavailable', message: 'x' })),
      },
    });
    const answer = await server.inject({ method: 'GET', url: '/v1/shelf', headers: signedIn });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
  });
});

describe('GET /v1/shelf', () => {
  it('lists what the bearer owns and is kept by nobody', async () => {
    const { server } = buildHttpServer({
      identity,
      listShelf: async (asked) => {
        expect(asked).toEqual(buyer);
        return { items: [], notice: 'email_not_verified' };
      },
    });
    const answer = await server.inject({ method: 'GET', url: '/v1/shelf', headers: signedIn });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ items: [], notice: 'email_not_verified' });
    expect(answer.headers['cache-control']).toBe('no-store');
  });
});

describe('POST /v1/shelf/:id/download', () => {
  function post(minted: MintedDownload, payload: unknown = { format: 'pdf' }, address = id) {
    const asked: unknown[] = [];
    const { server } = buildHttpServer({
      identity,
      mintDownload: async (...given) => {
        asked.push(given);
        return minted;
      },
    });
    const answer = server.inject({
      method: 'POST',
      url: `/v1/shelf/${address}/download`,
      headers: { ...signedIn, 'content-type': 'application/json' },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    });
    return { answer, asked };
  }

  it('gives a fresh link', async () => {
    const expiresAt = new Date('2026-11-24T10:00:00Z');
    const { answer, asked } = post({
      kind: 'minted',
      url: 'https://books.example/d/x',
      format: 'pdf',
      expiresAt,
    });
    expect((await answer).statusCode).toBe(201);
    expect((await answer).json()).toEqual({
      url: 'https://books.example/d/x',
      format: 'pdf',
      expiresAt: '2026-11-24T10:00:00.000Z',
    });
    expect(asked).toEqual([[buyer, id, 'pdf']]);
  });

  it.each([
    [{ kind: 'not_found' }, 404, 'not_found'],
    [{ kind: 'email_not_verified' }, 403, 'email_not_verified'],
    [{ kind: 'revoked' }, 403, 'revoked'],
    [{ kind: 'processing' }, 409, 'processing'],
    [{ kind: 'format_not_offered', formats: ['epub'] }, 400, 'format_not_offered'],
  ] as Array<[MintedDownload, number, string]>)('refuses %o with %i', async (minted, status, code) => {
    const { answer } = post(minted);
    expect((await answer).statusCode).toBe(status);
    expect((await answer).json()).toMatchObject({ code });
  });

  it('says when a processing ebook is worth another look', async () => {
    expect((await post({ kind: 'processing' }).answer).headers['retry-after']).toBe('5');
  });

  it.each([{ format: 'mobi' }, {}, { format: ['pdf'] }, null, [], 'pdf"'])(
    'refuses the body %j',
    async (payload) => {
      const { answer, asked } = post({ kind: 'not_found' }, payload);
      expect((await answer).statusCode).toBe(400);
      expect((await answer).json()).toHaveProperty('code');
      expect(asked).toEqual([]);
    },
  );

  it('names the field and the remedy', async () => {
    const answer = await post({ kind: 'not_found' }, { format: 'mobi' }).answer;
    expect(answer.json()).toMatchObject({ field: 'format', remedy: expect.stringContaining('pdf, epub') });
  });

  it('answers an id that cannot be one like an id that is not there', async () => {
    const impossible = await post({ kind: 'not_found' }, { format: 'pdf' }, "x'--").answer;
    const absent = await post({ kind: 'not_found' }).answer;
    expect({ ...impossible.json<object>(), requestId: '' }).toEqual({
      ...absent.json<object>(),
      requestId: '',
    });
  });
});

describe('pages of other origins', () => {
  const preflight = {
    method: 'OPTIONS',
    url: '/v1/shelf',
    headers: { origin: 'https://shop.example', 'access-control-request-method': 'GET' },
  } as const;

  it('may read nothing by default', async () => {
    const { server } = buildHttpServer({ identity });
    expect((await server.inject(preflight)).statusCode).toBe(404);
    const answer = await server.inject({
      method: 'GET',
      url: '/v1/shelf',
      headers: { ...signedIn, origin: 'https://shop.example' },
    });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('may call when the shop allows them, on errors too', async () => {
    const { server } = buildHttpServer({ identity, allowedOrigins: ['https://shop.example'] });
    const allowed = await server.inject(preflight);
    expect(allowed.statusCode).toBe(204);
    expect(allowed.headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-headers': 'Authorization, Content-Type',
      vary: 'Origin',
    });
    const refused = await server.inject({ method: 'GET', url: '/v1/shelf', headers: preflight.headers });
    expect(refused.statusCode).toBe(401);
    expect(refused.headers['access-control-allow-origin']).toBe('https://shop.example');
  });

  it('of any other site get nothing', async () => {
    const { server } = buildHttpServer({ identity, allowedOrigins: ['https://shop.example'] });
    for (const origin of [
      'https://evil.example',
      'https://shop.example.evil.example',
      'http://shop.example',
      'null',
    ]) {
      const answer = await server.inject({ ...preflight, headers: { ...preflight.headers, origin } });
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });
});
