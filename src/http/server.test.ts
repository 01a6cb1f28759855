import { describe, expect, it } from 'vitest';
import { buildHttpServer } from '../../test/builders/httpServer.ts';
import { Fault } from '../domain/fault.ts';

describe('every answer', () => {
  it.each(['/healthz', '/nowhere', '/d/x', '/d/%E0%A4%A', '/v1/shelf', '/webhooks/stripe'])(
    'of %s carries the security headers and a request id, and does not say what serves it',
    async (url) => {
      const { headers } = await buildHttpServer().server.inject({ method: 'GET', url });
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=31536000',
      });
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/);
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers['server']).toBeUndefined();
      expect(headers['x-powered-by']).toBeUndefined();
    },
  );

  it('does not demand HTTPS of a laptop', async () => {
    const { server } = buildHttpServer({ publicBaseUrl: 'http://127.0.0.1:8080' });
    const { headers } = await server.inject({ method: 'GET', url: '/healthz' });
    expect(headers['strict-transport-security']).toBeUndefined();
  });
});

describe('problems', () => {
  it('an unknown address is a problem document', async () => {
    const answer = await buildHttpServer().server.inject({ method: 'GET', url: '/wp-login.php' });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      code: 'not_found',
      detail: 'There is nothing at this address.',
      requestId: answer.headers['x-request-id'],
    });
  });

  it('a broken URL is a problem document', async () => {
    const answer = await buildHttpServer().server.inject({ method: 'GET', url: '/v1/%E0%A4%A' });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'invalid_url' });
  });

  it('an unforeseen error tells the caller nothing and the log where, but not what about', async () => {
    const { server, told } = buildHttpServer({
      metrics: async () => {
        throw new TypeError('buyer jan@example.com has no colour');
      },
    });
    const answer = await server.inject({ method: 'GET', url: '/metrics' });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toMatch(/jan|TypeError|\.ts/);
    expect(told).toMatchObject([{ name: 'unexpected.error', during: 'GET /metrics', error: 'TypeError' }]);
    expect(JSON.stringify(told)).not.toContain('jan@');
    expect(JSON.stringify(told)).toContain('server.test.ts');
  });

  it('a passing fault is 503 with a time to come again', async () => {
    const { server, told } = buildHttpServer({
      metrics: async () => {
        throw new Fault({ kind: 'transient', reason: 'database_unavailable', message: 'Down.' });
      },
    });
    const answer = await server.inject({ method: 'GET', url: '/metrics' });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(told).toMatchObject([{ name: 'database.unavailable', error: 'database_unavailable' }]);
  });
});

describe('the client address', () => {
  const seen: Array<string | undefined> = [];
  const followLink = async (_token: string, click: { clientAddress: string | undefined }) => {
    seen.push(click.clientAddress);
    return { kind: 'unknown' as const };
  };
  const request = { method: 'GET', url: '/d/x', headers: { 'x-forwarded-for': '192.0.2.7' } } as const;

  it('is believed only from a proxy that is trusted', async () => {
    await buildHttpServer({ followLink }).server.inject(request);
    await buildHttpServer({ followLink, trustProxy: ['loopback'] }).server.inject(request);
    await buildHttpServer({ followLink, trustProxy: ['192.0.2.0/24'] }).server.inject(request);
    expect(seen).toEqual(['127.0.0.1', '192.0.2.7', '127.0.0.1']);
  });
});
