import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFaultHttp } from '../../test/vendors/faultHttp.ts';
import type { FaultHttp, HttpBehaviour } from '../../test/vendors/faultHttp.ts';
import {
  createOutboundFetch,
  outboundTrouble,
  parseSecureUrl,
  retryAfterMs,
  underDeadline,
} from './outbound.ts';

const send = createOutboundFetch({ answerBytesMax: 1_000, origins: 'as_named' });
const never = new AbortController().signal;
const troubleOf = (asking: Promise<unknown>): Promise<unknown> =>
  asking.then(
    () => 'none',
    (thrown: { trouble?: unknown }) => thrown.trouble,
  );

let server: FaultHttp;
const under = (signal: AbortSignal, timeoutMs: number) =>
  underDeadline(signal, timeoutMs, (deadline) => send(server.url, { signal: deadline }));
beforeAll(async () => {
  server = await startFaultHttp();
});
afterAll(() => server.stop());

describe('an outbound request', () => {
  it('returns status, headers and body', async () => {
    server.script({ mode: 'answer', status: 201, headers: { 'x-id': '7' }, json: { a: 1 } });
    const answer = await send(server.url);
    expect([answer.status, answer.headers.get('x-id'), await answer.json()]).toEqual([201, '7', { a: 1 }]);
  });

  it('goes to no other origin than it was made for, whatever stands in the address', async () => {
    const bound = createOutboundFetch({ answerBytesMax: 1_000, origins: [new URL(server.url).origin] });
    server.script({ mode: 'answer', status: 201, json: {} });
    expect((await bound(server.url)).status).toBe(201);
    server.reset();
    for (const url of ['http://127.0.0.1:1/', server.url.replace('http:', 'https:'), 'file:///etc/hosts']) {
      expect(await troubleOf(bound(url))).toBe('forbidden_host');
    }
    expect(server.requests).toHaveLength(0);
  });

  it('returns answers that have no body', async () => {
    server.script({ mode: 'answer', status: 204, text: '' });
    expect((await send(server.url)).status).toBe(204);
  });

  it.each<[HttpBehaviour, string]>([
    [{ mode: 'reset' }, 'connection_lost'],
    [{ mode: 'garbage' }, 'connection_lost'],
    [{ mode: 'redirect', to: 'http://127.0.0.1:1/elsewhere' }, 'redirected'],
    [{ mode: 'huge', sizeBytes: 1_001 }, 'too_large'],
  ])('ends at %o with the trouble %s', async (behaviour, trouble) => {
    server.script(behaviour);
    expect(await troubleOf(under(never, 5_000))).toBe(trouble);
  });

  it.each<HttpBehaviour>([{ mode: 'hang' }, { mode: 'stall' }])(
    'ends at its deadline at %o',
    async (behaviour) => {
      const slow = await startFaultHttp();
      slow.otherwise(() => behaviour);
      const asking = underDeadline(never, 80, (signal) => send(slow.url, { signal }));
      expect(await troubleOf(asking)).toBe('timeout');
      await slow.stop();
    },
  );

  it('tells the caller’s own abort from a deadline', async () => {
    const before = server.requests.length;
    server.script({ mode: 'hang' });
    const caller = new AbortController();
    const asking = troubleOf(under(caller.signal, 5_000));
    await expect.poll(() => server.requests.length, { interval: 5 }).toBe(before + 1);
    caller.abort();
    expect(await asking).toBe('aborted');
  });

  it('is not sent at all under a signal that has fired', async () => {
    const before = server.requests.length;
    expect(await troubleOf(under(AbortSignal.abort(), 5_000))).toBe('aborted');
    expect(server.requests).toHaveLength(before);
  });

  it('knows when nothing can have been sent', async () => {
    const gone = await startFaultHttp();
    await gone.stop();
    expect(await troubleOf(send(gone.url))).toBe('unreachable');
  });
});

describe('naming what a fetch threw', () => {
  it.each([
    ['ECONNREFUSED', 'unreachable'],
    ['ENOTFOUND', 'unreachable'],
    ['EAI_AGAIN', 'unreachable'],
    ['UND_ERR_CONNECT_TIMEOUT', 'unreachable'],
    ['CERT_HAS_EXPIRED', 'unreachable'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'unreachable'],
    ['ECONNRESET', 'connection_lost'],
    ['EPIPE', 'connection_lost'],
    ['UND_ERR_SOCKET', 'connection_lost'],
  ])('calls %s %s', (code, trouble) => {
    expect(outboundTrouble(new TypeError('fetch failed', { cause: { code } }))).toBe(trouble);
  });

  it.each([undefined, null, 'text', new Error('odd')])('takes %o for a lost connection', (thrown) => {
    expect(outboundTrouble(thrown)).toBe('connection_lost');
  });
});

describe('Retry-After', () => {
  const nowMs = Date.parse('2026-11-22T10:00:00Z');

  it.each([
    ['3', 3_000],
    ['0', 0],
    ['0.5', 500],
    ['Sun, 22 Nov 2026 10:00:07 GMT', 7_000],
    ['Sun, 22 Nov 2026 09:00:00 GMT', 0],
    ['999999999', 3_600_000],
    ['Sun, 22 Nov 2099 10:00:07 GMT', 3_600_000],
  ])('%s means %i ms', (header, expected) => {
    expect(retryAfterMs(header, nowMs)).toBe(expected);
  });

  it.each([undefined, null, '', 'soon', '-5x'])('%o says nothing', (header) => {
    expect(retryAfterMs(header, nowMs)).toBeUndefined();
  });
});

describe('a configured URL', () => {
  it.each(['https://api.example.com', 'http://127.0.0.1:4010', 'http://localhost:1', 'http://[::1]:1'])(
    'may be %s',
    (text) => expect(parseSecureUrl(text, 'The URL').href).toContain(text),
  );

  it.each([
    'http://api.example.com',
    'http://127.0.0.1.evil.example',
    'ftp://localhost',
    'https://a:b@c.example',
    'x',
  ])('may not be %s', (text) => expect(() => parseSecureUrl(text, 'The URL')).toThrow(/^The URL /));
});
