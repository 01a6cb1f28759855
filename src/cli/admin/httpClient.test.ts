import { describe, expect, it } from 'vitest';
import { AdminProblem, type OperationRow } from './adminClient.ts';
import { createHttpClient } from './httpClient.ts';
import type { HttpAnswer, HttpRequest, HttpTrouble } from './httpTransport.ts';

const operations: OperationRow[] = [
  { name: 'orders:show', kind: 'read', audited: false, reason: 'none', path: '/orders/:ref' },
  {
    ...{ name: 'orders:search', kind: 'read', audited: false, reason: 'none' },
    ...{ path: '/orders', byBody: '/orders/search' },
  },
  { name: 'buyer:reveal', kind: 'read', audited: true, reason: 'optional', path: '/jobs/:jobId/reveal' },
  { name: 'job:retry', kind: 'change', audited: true, reason: 'optional', path: '/jobs/:jobId/retry' },
];

interface Scripted extends Partial<Omit<HttpAnswer, 'body' | 'header'>> {
  json?: unknown;
  text?: string;
  headers?: Record<string, string>;
}

const answer = ({ json, text, headers = {}, ...rest }: Scripted): HttpAnswer => {
  const all: Record<string, string> = {
    'content-type': text === undefined ? 'application/json; charset=utf-8' : 'text/html',
    ...headers,
  };
  return {
    status: 200,
    retryAfterMs: undefined,
    header: (name) => all[name] ?? null,
    body: text ?? JSON.stringify(json),
    ...rest,
  };
};

function client(...script: Array<Scripted | { trouble: HttpTrouble }>) {
  const sent: HttpRequest[] = [];
  const sleptMs: number[] = [];
  let id = 0;
  return {
    sent,
    sleptMs,
    ...createHttpClient({
      apiUrl: 'https://api.books.example',
      operations,
      async send(request) {
        sent.push(request);
        const next = script.shift() ?? { json: {} };
        return 'trouble' in next ? next : answer(next);
      },
      accessToken: async () => 'token',
      newId: () => `id-${(id += 1)}`,
      sleep: async (ms) => void sleptMs.push(ms),
      timeoutMs: 1_000,
    }),
  };
}

const thrown = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('It was answered.'),
    (error: unknown) => error,
  );

describe('a look', () => {
  it('is a GET with its field in the path and the others in the query, and the token in a header alone', async () => {
    const one = client({ json: { orderId: 'F-1' } });
    const { output, auditSeq } = await one.call('orders:show', {
      ref: 'R-2026/000123 ?&#',
      parts: ['mails', 'files'],
      limit: 5,
      none: null,
    });
    expect({ output, auditSeq }).toEqual({ output: { orderId: 'F-1' }, auditSeq: null });
    expect(one.sent).toEqual([
      {
        method: 'GET',
        url: 'https://api.books.example/v1/admin/orders/R-2026%2F000123%20%3F%26%23?parts=mails&parts=files&limit=5',
        headers: {
          authorization: 'Bearer token',
          accept: 'application/json',
          'x-fulfillment-channel': 'cli',
        },
        timeoutMs: 1_000,
      },
    ]);
  });

  it.each(['.', '..', ''])('never leaves its path by the id %j', async (ref) => {
    const one = client();
    expect(await thrown(one.call('orders:show', { ref }))).toMatchObject({
      kind: 'invalid_input',
      field: 'ref',
    });
    expect(one.sent).toEqual([]);
  });

  it('for what no log should keep is a POST with all of it in the body', async () => {
    const one = client({ json: {} });
    await one.call('orders:search', { q: 'ana@boks.example', limit: 5 });
    expect(one.sent).toMatchObject([
      {
        method: 'POST',
        url: 'https://api.books.example/v1/admin/orders/search',
        body: '{"q":"ana@boks.example","limit":5}',
      },
    ]);
    expect(one.sent[0]?.headers).not.toHaveProperty('idempotency-key');
  });

  it('that leaves a trace is a POST with its reason', async () => {
    const one = client({ json: {}, headers: { 'x-audit-seq': '12' } });
    const { auditSeq } = await one.call('buyer:reveal', { jobId: 'j', field: 'email' }, { reason: 'żółw' });
    expect(auditSeq).toBe(12);
    expect(one.sent[0]).toMatchObject({ method: 'POST', body: '{"field":"email","reason":"żółw"}' });
  });
});

describe('a change', () => {
  it('carries its request id, or one of its own', async () => {
    const one = client({ json: {}, headers: { 'x-repeated': 'true', 'x-audit-seq': '3' } }, { json: {} });
    const done = await one.call('job:retry', { jobId: 'j', version: 4 }, { requestId: 'once' });
    expect(done).toEqual({ output: {}, auditSeq: 3, repeated: true });
    await one.call('job:retry', { jobId: 'j', version: 4 });
    expect(one.sent.map(({ headers }) => headers['idempotency-key'])).toEqual(['once', 'id-1']);
    expect(one.sent[0]).toMatchObject({
      method: 'POST',
      url: 'https://api.books.example/v1/admin/jobs/j/retry',
      body: '{"version":4}',
    });
  });

  it('is asked for once more when the answer is lost, with the same id', async () => {
    const one = client({ trouble: 'timeout' }, { json: { state: 'open' } });
    expect((await one.call('job:retry', { jobId: 'j' })).output).toEqual({ state: 'open' });
    expect(one.sent.map(({ headers }) => headers['idempotency-key'])).toEqual(['id-1', 'id-1']);
  });

  it('whose answer is lost twice says how to find out', async () => {
    const one = client({ trouble: 'connection_lost' }, { trouble: 'timeout' });
    const problem = await thrown(one.call('job:retry', { jobId: 'j' }));
    expect(problem).toMatchObject({ kind: 'unavailable', code: 'answer_lost', requestId: 'id-1' });
    expect((problem as AdminProblem).remedy).toContain('--request-id id-1');
  });
});

describe('an API that cannot answer now', () => {
  const busy = (status: number, retryAfterMs?: number): Scripted => ({
    status,
    retryAfterMs,
    json: { code: 'too_many', detail: 'Wait.' },
  });

  it.each([429, 503])('is asked again after it said when (%d), twice at most', async (status) => {
    const one = client(busy(status, 2_000), busy(status, 500), { json: 1 });
    expect((await one.call('orders:show', { ref: 'a' })).output).toBe(1);
    expect(one.sleptMs).toEqual([2_000, 1_000]);
    const never = client(busy(status, 1), busy(status, 1), busy(status, 1), { json: 1 });
    expect(await thrown(never.call('orders:show', { ref: 'a' }))).toBeInstanceOf(AdminProblem);
    expect(never.sent).toHaveLength(3);
  });

  it('is left alone when it said nothing, or that it takes long', async () => {
    for (const given of [busy(503), busy(429, 60_000)]) {
      const one = client(given);
      expect(await thrown(one.call('orders:show', { ref: 'a' }))).toBeInstanceOf(AdminProblem);
      expect(one.sleptMs).toEqual([]);
    }
  });

  it.each([
    ['unreachable', 'unavailable'],
    ['timeout', 'unavailable'],
    ['redirected', 'unexpected'],
    ['too_large', 'unexpected'],
  ] as const)('is told of: %s', async (trouble, kind) => {
    const problem = await thrown(client({ trouble }).call('orders:show', { ref: 'a' }));
    expect(problem).toMatchObject({ kind, code: `api_${trouble}` });
  });
});

describe('a refusal', () => {
  it.each([
    [400, {}, 'invalid_input'],
    [401, {}, 'not_signed_in'],
    [403, {}, 'not_allowed'],
    [404, {}, 'not_found'],
    [409, {}, 'wrong_state'],
    [409, { changes: [{ at: 'then', what: 'that' }] }, 'changed'],
    [422, { field: 'Idempotency-Key' }, 'request_id_reused'],
    [500, {}, 'unexpected'],
  ])('with status %d and %j is %s', async (status, more, kind) => {
    const json = { code: 'a_code', detail: 'It cannot be.', remedy: 'Do this.', requestId: 'r-1', ...more };
    const problem = await thrown(client({ status, json }).call('job:retry', { jobId: 'j' }));
    expect(problem).toMatchObject({ kind, code: 'a_code', detail: 'It cannot be.', remedy: 'Do this.' });
    if (status === 422) expect(problem).toMatchObject({ field: 'requestId' });
  });

  it.each([
    [200, '<html>a proxy</html>', 'not_the_api'],
    [404, '<html>nginx</html>', 'not_the_api'],
    [502, '<html>bad gateway</html>', 'http_502'],
  ])('is told from what is not the API at all (%d)', async (status, text, code) => {
    expect(await thrown(client({ status, text }).call('orders:show', { ref: 'a' }))).toMatchObject({ code });
  });
});
