import { describe, expect, it } from 'vitest';
import { buildHttpServer } from '../../test/builders/httpServer.ts';
import { Fault } from '../domain/fault.ts';
import type { ReceiveReport } from './mailReports.ts';

type Outcome = Awaited<ReturnType<ReceiveReport>>;

function listening(answer: () => Outcome = () => 'taken') {
  const received: Array<{ provider: string; body: Buffer; signature: unknown }> = [];
  const { server, told } = buildHttpServer({
    receiveReport: async (provider, { headers, body }) => {
      received.push({ provider, body, signature: headers['svix-signature'] });
      return answer();
    },
  });
  return { server, told, received };
}

const url = '/webhooks/mail/resend';
const json = { 'content-type': 'application/json' };

describe('POST /webhooks/mail/:provider', () => {
  it('hands on the body byte for byte, and the headers', async () => {
    const { server, received } = listening();
    const body = Buffer.from([0x7b, 0x20, 0xff, 0x00, 0x0a, 0x7d]);
    const answer = await server.inject({
      method: 'POST',
      url,
      headers: { ...json, 'Svix-Signature': 'v1,abc' },
      payload: body,
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ received: true });
    expect(received).toEqual([{ provider: 'resend', body, signature: 'v1,abc' }]);
  });

  it.each([
    ['unknown', 404, 'unknown_provider'],
    ['refused', 401, 'report_refused'],
    ['unreadable', 422, 'report_unreadable'],
  ] as const)('answers what is %s with a problem that does not say why', async (outcome, status, code) => {
    const { server } = listening(() => outcome);
    const answer = await server.inject({ method: 'POST', url, headers: json, payload: '{}' });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({ status, code });
    expect(Object.keys(answer.json()).toSorted()).toEqual(
      ['code', 'detail', 'requestId', 'status', 'title', 'type'].toSorted(),
    );
  });

  it('asks to come again while the database is away', async () => {
    const { server } = listening(() => {
      throw new Fault({ kind: 'transient', reason: 'database_unavailable', message: 'Down.' });
    });
    const answer = await server.inject({ method: 'POST', url, headers: json, payload: '{}' });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
  });

  it('takes 256 KiB and not a byte more', async () => {
    const { server, received } = listening();
    const limit = Buffer.alloc(256 * 1024, 'x');
    const taken = await server.inject({ method: 'POST', url, headers: json, payload: limit });
    expect(taken.statusCode).toBe(200);
    const payload = Buffer.concat([limit, Buffer.from('x')]);
    const refused = await server.inject({ method: 'POST', url, headers: json, payload });
    expect(refused.json()).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(received).toHaveLength(1);
  });

  it.each([
    ['text', { 'content-type': 'text/plain' }],
    ['no type', {}],
    ['gzip', { ...json, 'content-encoding': 'gzip' }],
  ] as Array<[string, Record<string, string>]>)('refuses %s with 415', async (_title, headers) => {
    const { server, received } = listening();
    const answer = await server.inject({ method: 'POST', url, headers, payload: Buffer.from('{}') });
    expect(answer.statusCode).toBe(415);
    expect(received).toEqual([]);
  });

  it('refuses other methods with 405, and is not there where no reports are configured', async () => {
    const { server } = listening();
    const answer = await server.inject({ method: 'GET', url });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'POST']);
    const none = await buildHttpServer().server.inject({ method: 'POST', url, headers: json, payload: '{}' });
    expect(none.statusCode).toBe(404);
  });
});
