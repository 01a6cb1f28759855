import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startFaultHttp, type FaultHttp, type HttpBehaviour } from '../../test/vendors/faultHttp.ts';
import { callJson, type JsonAnswer } from './jsonCall.ts';
import { createOutboundFetch } from './outbound.ts';

let server: FaultHttp;
beforeAll(async () => {
  server = await startFaultHttp();
});
afterEach(() => server.reset());
afterAll(() => server.stop());

const shape = z.object({ id: z.string().min(1) });
const call = (signal = new AbortController().signal, timeoutMs = 2_000) =>
  callJson(createOutboundFetch({ answerBytesMax: 1_000, origins: [new URL(server.url).origin] }), {
    url: new URL('/mails', server.url),
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"a":1}',
    timeoutMs,
    shape,
    signal,
  });

describe('a call for JSON', () => {
  it('gives the body when it is of the shape, and has sent what it was given', async () => {
    server.script({ mode: 'answer', status: 201, json: { id: 'm1', more: true } });
    expect(await call()).toEqual({ kind: 'ok', status: 201, body: { id: 'm1' } });
    expect(server.requests).toMatchObject([{ method: 'POST', path: '/mails', body: '{"a":1}' }]);
  });

  it.each<[string, HttpBehaviour]>([
    ['HTML', { mode: 'answer', text: '<html>Welcome</html>', headers: { 'content-type': 'text/html' } }],
    ['nothing', { mode: 'answer', text: '' }],
    ['half of it', { mode: 'answer', text: '{"id":"m' }],
    ['another shape', { mode: 'answer', json: {} }],
    ['an empty id', { mode: 'answer', json: { id: '' } }],
  ])('takes no success at its word that has %s for a body', async (_what, behaviour) => {
    server.script(behaviour);
    expect(await call()).toEqual({ kind: 'malformed', status: 200 });
  });

  it.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['7', 7_000],
    ['0', 0],
    ['0.5', 500],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 3_600_000],
    ['99999999999', 3_600_000],
    ['-5', 0],
    ['soon', undefined],
  ])('tells a refusal with what it says, also Retry-After: %s', async (header, retryAfterMs) => {
    const headers: Record<string, string> = header === undefined ? {} : { 'retry-after': header };
    server.script({ mode: 'answer', status: 429, headers, json: { name: 'slow' } });
    const answer = (await call()) as Extract<JsonAnswer<unknown>, { kind: 'answer' }>;
    expect(answer).toMatchObject({ kind: 'answer', status: 429, json: { name: 'slow' } });
    if (header === '-5') expect(answer.retryAfterMs ?? 0).toBe(0);
    else expect(answer.retryAfterMs).toBe(retryAfterMs);
  });

  it.each<[HttpBehaviour, string]>([
    [{ mode: 'reset' }, 'connection_lost'],
    [{ mode: 'garbage' }, 'connection_lost'],
    [{ mode: 'redirect', to: 'http://169.254.169.254/' }, 'redirected'],
    [{ mode: 'huge', sizeBytes: 2_000 }, 'too_large'],
  ])('tells %o as trouble', async (behaviour, trouble) => {
    server.script(behaviour);
    expect(await call()).toEqual({ kind: 'outbound', trouble });
    expect(server.requests).toHaveLength(1);
  });

  it.each<HttpBehaviour>([{ mode: 'hang' }, { mode: 'stall' }])(
    'gives up at its deadline: %o',
    async (one) => {
      server.script(one);
      expect(await call(undefined, 60)).toEqual({ kind: 'outbound', trouble: 'timeout' });
    },
  );

  it('is called off with its caller', async () => {
    expect(await call(AbortSignal.abort())).toEqual({ kind: 'outbound', trouble: 'aborted' });
    expect(server.requests).toHaveLength(0);
  });
});
