import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { buildHttpServer } from '../../test/builders/httpServer.ts';
import type { ReceiveWebhook } from './webhook.ts';

type Received = Parameters<ReceiveWebhook>[0];

function listening(answer: Awaited<ReturnType<ReceiveWebhook>> = { status: 200, body: { received: true } }) {
  const received: Received[] = [];
  const { server } = buildHttpServer({
    receiveWebhook: async (request) => {
      received.push(request);
      return answer;
    },
  });
  return { server, received };
}

const url = '/webhooks/stripe';
const json = { 'content-type': 'application/json' };

describe('POST /webhooks/stripe', () => {
  it('hands on the body byte for byte, and the signature', async () => {
    const { server, received } = listening();
    const body = Buffer.from([0x7b, 0x20, 0xff, 0x00, 0x0a, 0x7d]);
    const answer = await server.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': 't=1,v1=ab' },
      payload: body,
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ received: true });
    expect(received).toEqual([{ body, signatureHeader: 't=1,v1=ab' }]);
  });

  it('hands on an empty body and a missing signature for the intake to judge', async () => {
    const { server, received } = listening({ status: 400, body: { error: 'signature' } });
    const answer = await server.inject({ method: 'POST', url, headers: json, payload: '' });
    expect(answer.statusCode).toBe(400);
    expect(received).toEqual([{ body: Buffer.alloc(0), signatureHeader: undefined }]);
  });

  it('says when to come again', async () => {
    const { server } = listening({ status: 503, body: { error: 'unavailable' }, retryAfterSeconds: 7 });
    const answer = await server.inject({ method: 'POST', url, headers: json, payload: '{}' });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('7');
  });

  it('takes 512 KiB and not a byte more', async () => {
    const { server, received } = listening();
    const limit = Buffer.alloc(512 * 1024, 'x');
    const taken = await server.inject({ method: 'POST', url, headers: json, payload: limit });
    expect(taken.statusCode).toBe(200);
    const refused = await server.inject({
      method: 'POST',
      url,
      headers: json,
      payload: Buffer.concat([limit, Buffer.from('x')]),
    });
    expect(refused.statusCode).toBe(413);
    expect(refused.json()).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(received).toHaveLength(1);
  });

  it.each([
    ['text', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['no type', {}],
    ['gzip', { ...json, 'content-encoding': 'gzip' }],
    ['something after JSON', { 'content-type': 'application/jsonp' }],
    ['nothing at all', {}, ''],
  ] as Array<[string, Record<string, string>, string?]>)(
    'refuses %s with 415',
    async (_title, headers, text = '{}') => {
      const { server, received } = listening();
      const answer = await server.inject({ method: 'POST', url, headers, payload: Buffer.from(text) });
      expect(answer.statusCode).toBe(415);
      expect(received).toEqual([]);
    },
  );

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const)(
    'refuses %s with 405',
    async (method) => {
      const { server, received } = listening();
      const answer = await server.inject({ method, url });
      expect(answer.statusCode).toBe(405);
      expect(answer.headers.allow).toBe('POST');
      expect(received).toEqual([]);
    },
  );

  it('lets go of a sender that never finishes', async () => {
    const { server } = buildHttpServer({ requestTimeoutMs: 100 });
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString();
    });
    socket.write(
      `POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    );
    await new Promise((resolve) => {
      socket.on('close', resolve);
    });
    await server.close();
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });
});
