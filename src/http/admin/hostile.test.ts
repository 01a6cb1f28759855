import type { InjectOptions } from 'fastify';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { as, buildAdminServer } from '../../../test/builders/adminServer.ts';
import { madeUpOperations } from '../../../test/builders/madeUpOperations.ts';

const admin = as('ops_admin');
const key = { 'idempotency-key': 'a-1' };
const paintUrl = '/v1/admin/things/t%201/paint';

function build() {
  const { server, asked, told } = buildAdminServer({ list: madeUpOperations });
  return {
    server,
    asked,
    told,
    paint: (payload: InjectOptions['payload'], headers: Record<string, string> = key, url = paintUrl) =>
      server.inject({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/json', ...admin, ...headers },
        ...(payload === undefined ? {} : { payload }),
      }),
  };
}

describe('a body', () => {
  const json = { 'content-type': 'application/json' };
  const deep = (depth: number) => `{"labels":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;

  it.each([
    ['of a megabyte', json, `{"colour":"${'x'.repeat(1_000_000)}"}`, 413],
    ['nested 5 000 deep', json, deep(5_000), 400],
    ['of 30 000 open brackets', json, '['.repeat(30_000), 400],
    ['of nested lists', json, `{"labels":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`, 400],
    ['that means the prototype', json, '{"__proto__":{"admin":true},"version":1}', 400],
    ['that means the constructor', json, '{"constructor":{"prototype":{"a":1}}}', 400],
    ['that is a list', json, '[{"version":1}]', 400],
    ['that is a text', json, '"version"', 400],
    ['that is no JSON', json, '{version:1}', 400],
    ['that is empty', json, '', 400],
    ['with a NUL in a text', json, '{"colour":"a\\u0000"}', 400],
    ['with a NUL in a name', json, '{"labels":{"\\u0000":1}}', 400],
    ['with half a character', json, '{"colour":"\\ud800"}', 400],
    ['whose reason is no text', json, '{"version":1,"reason":{"a":1}}', 400],
    ['of a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'version=1', 415],
    ['of plain text', { 'content-type': 'text/plain' }, '{"version":1}', 415],
    ['of a form with files', { 'content-type': 'multipart/form-data; boundary=x' }, '--x--', 415],
    ['without a type', { 'content-type': '' }, '{"version":1}', 415],
  ] as const)('%s is refused', async (_what, headers, payload, status) => {
    const { paint, asked, told } = build();
    const answer = await paint(payload, { ...key, ...headers });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({ code: expect.any(String), requestId: expect.any(String) });
    expect(asked).toEqual([]);
    expect(told).toEqual([]);
    expect({}).not.toHaveProperty('admin');
  });

  it('may be missing where nothing has to be said', async () => {
    const { server, asked } = build();
    const url = '/v1/admin/things/7/reveal';
    expect((await server.inject({ method: 'POST', url, headers: admin })).statusCode).toBe(200);
    expect(asked).toMatchObject([{ input: { thingId: '7' } }]);
  });

  it('is where the input goes: a query beside it is refused', async () => {
    const { paint, asked } = build();
    expect((await paint({ version: 1 }, key, `${paintUrl}?colour=red`)).statusCode).toBe(400);
    expect(asked).toEqual([]);
  });
});

describe('other methods', () => {
  it.each([
    ['PUT', paintUrl, 'POST'],
    ['DELETE', paintUrl, 'POST'],
    ['PATCH', paintUrl, 'POST'],
    ['TRACE', paintUrl, 'POST'],
    ['OPTIONS', paintUrl, 'POST'],
    ['GET', paintUrl, 'POST'],
    ['HEAD', paintUrl, 'POST'],
    ['POST', '/v1/admin/things', 'GET, HEAD'],
    ['POST', '/v1/admin/me', 'GET, HEAD'],
    ['PUT', '/v1/admin/openapi.json', 'GET, HEAD'],
  ] as const)('%s %s is answered with 405 and what is allowed', async (method, url, allow) => {
    const { server, asked } = build();
    // light-my-request knows fewer methods than servers meet.
    const answer = await server.inject({ method: method as 'GET', url, headers: { ...admin, ...key } });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers['allow']).toBe(allow);
    expect(asked).toEqual([]);
  });

  it.each(['x-http-method-override', 'x-method-override'])('are not meant by the header %s', async (name) => {
    const { server, asked } = build();
    await server.inject({ method: 'GET', url: paintUrl, headers: { ...admin, ...key, [name]: 'POST' } });
    expect(asked).toEqual([]);
  });

  it('let pages of the shop ask nothing here', async () => {
    const { server } = buildAdminServer({
      list: madeUpOperations,
      server: { allowedOrigins: ['https://shop.example'] },
    });
    const headers = { origin: 'https://shop.example', 'access-control-request-method': 'POST' };
    for (const url of ['/v1/admin/things', paintUrl, '/v1/admin/me']) {
      const preflight = await server.inject({ method: 'OPTIONS', url, headers });
      expect(preflight.statusCode).toBe(405);
      expect(preflight.headers).not.toHaveProperty('access-control-allow-origin');
      const answer = await server.inject({ method: 'GET', url, headers: { ...headers, ...admin } });
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });
});

describe('bytes on the wire', () => {
  /** Sends bytes as they are, which well-behaved clients refuse to. */
  async function raw(port: number, lines: string[]): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    socket.write(lines.join('\r\n'));
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  }

  it('cannot bring a line break or a second value into the request id, nor other methods anywhere', async () => {
    const { server, asked } = build();
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    try {
      const body = JSON.stringify({ version: 1 });
      const request = (method: string, ...more: string[]) => [
        `${method} ${paintUrl} HTTP/1.1`,
        'host: x',
        'connection: close',
        `authorization: ${admin.authorization}`,
        'content-type: application/json',
        `content-length: ${body.length}`,
        ...more,
        '',
        body,
      ];
      const status = async (lines: string[]) => (await raw(port, lines)).split('\r\n')[0];
      expect(await status(request('POST', 'idempotency-key: a\x00b'))).toContain(' 400 ');
      expect(await status(request('POST', 'idempotency-key: a\nx-evil: b'))).toContain(' 400 ');
      expect(await status(request('POST', 'idempotency-key: a', 'idempotency-key: b'))).toContain(' 400 ');
      for (const method of ['TRACE', 'PUT', 'DELETE', 'PATCH'])
        expect(await status(request(method, 'idempotency-key: a'))).toContain(' 405 ');
      expect(await status(request('BREW', 'idempotency-key: a'))).toContain(' 400 ');
      expect(asked).toEqual([]);
      expect(await status(request('POST', 'idempotency-key: a'))).toContain(' 200 ');
    } finally {
      await server.close();
    }
  });
});
