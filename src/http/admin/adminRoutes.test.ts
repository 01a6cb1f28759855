import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { as, buildAdminServer } from '../../../test/builders/adminServer.ts';
import { listThings, madeUpOperations, paintThing } from '../../../test/builders/madeUpOperations.ts';
import { Fault } from '../../domain/fault.ts';
import type { AnyOperation } from '../../operations/frame/operation.ts';
import type { Answer } from '../../operations/frame/operation.ts';
import { Refusal, type RefusalOptions } from '../../operations/frame/refusal.ts';

const admin = as('ops_admin');
const key = { 'idempotency-key': 'a-1' };
const paintUrl = '/v1/admin/things/t%201/paint';

function build(ask?: () => Promise<Answer>, list: AnyOperation[] = madeUpOperations) {
  const { server, asked, told } = buildAdminServer({ list, ...(ask ? { ask } : {}) });
  return {
    server,
    asked,
    told,
    get: (query: string) => server.inject({ method: 'GET', url: `/v1/admin/things${query}`, headers: admin }),
    paint: (payload: InjectOptions['payload'], headers: Record<string, string> = key, url = paintUrl) =>
      server.inject({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/json', ...admin, ...headers },
        ...(payload === undefined ? {} : { payload }),
      }),
  };
}

describe('a read', () => {
  it('is asked for by GET: path and query become its input, typed as its schema wants it', async () => {
    const { get, asked } = build();
    await get('?query=12&limit=5&open=true&states=open&least=2.5');
    await get('?query=true&open=no&states=a&states=b&least=all');
    expect(asked.map(({ input }) => input)).toEqual([
      { query: '12', limit: 5, open: true, states: ['open'], least: 2.5 },
      { query: 'true', open: 'no', states: ['a', 'b'], least: 'all' },
    ]);
  });

  it('for what no log should keep is asked for by POST too, with its whole input in the body', async () => {
    const { server, asked } = build();
    const url = '/v1/admin/found-things/search';
    const find = (payload: object, headers: Record<string, string> = {}, query = '') =>
      server.inject({ method: 'POST', url: `${url}${query}`, headers: { ...admin, ...headers }, payload });
    expect((await find({ word: 'ana@boks.example', limit: 5 })).statusCode).toBe(200);
    expect(asked).toMatchObject([{ name: 'things:find', input: { word: 'ana@boks.example', limit: 5 } }]);
    expect(asked[0]).not.toHaveProperty('requestId');
    expect((await find({ word: 'x' }, {}, '?word=y')).statusCode).toBe(400);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const forged = await server.inject({
      method: 'POST',
      url,
      headers: { ...admin, ...form },
      payload: 'q=a',
    });
    expect(forged.statusCode).toBe(415);
    expect((await server.inject({ method: 'GET', url, headers: admin })).statusCode).toBe(405);
    expect(asked).toHaveLength(1);
  });

  it('answers with its output alone; what is of the answer itself stands in headers', async () => {
    const { get } = build(async () => ({ output: [{ id: 1 }], auditSeq: null, repeated: false }));
    const answer = await get('?query=x');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual([{ id: 1 }]);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-repeated': 'false' });
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers).not.toHaveProperty('x-audit-seq');
  });

  it.each([
    ['a key twice that is no list', '?query=a&query=b', 400, { code: 'invalid_input', field: 'query' }],
    ['more parameters than anybody needs', `?${'states=a&'.repeat(201)}`, 400, { code: 'invalid_input' }],
    ['a query without end', `?query=${'x'.repeat(8_200)}`, 414, { code: 'query_too_long' }],
    ['a NUL', '?query=%00', 400, { code: 'invalid_input' }],
  ])('refuses %s', async (_what, query, status, problem) => {
    const { get, asked } = build();
    const answer = await get(query);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject(problem);
    expect(asked).toEqual([]);
  });

  it('passes on names no schema knows, so that it refuses them, and takes no name for more than a name', async () => {
    const { get, asked } = build();
    await get('?query=x&__proto__=1&constructor=2&states[]=3&a.b=4');
    const [{ input } = { input: {} }] = asked;
    expect(Object.keys(input as object)).toEqual(['query', '__proto__', 'constructor', 'states[]', 'a.b']);
    expect(Object.getPrototypeOf(input)).toBe(Object.prototype);
    expect(listThings.input.safeParse(input).success).toBe(false);
  });

  it('that leaves a trace is asked for by POST, with a reason', async () => {
    const { server, asked } = build();
    const url = '/v1/admin/things/7/reveal';
    const answer = await server.inject({
      method: 'POST',
      url,
      headers: admin,
      payload: { reason: 'she asked', page: 2 },
    });
    expect(answer.headers['x-audit-seq']).toBe('7');
    expect(asked).toMatchObject([
      { name: 'thing:reveal', input: { thingId: '7', page: 2 }, reason: 'she asked' },
    ]);
    expect((await server.inject({ method: 'GET', url, headers: admin })).statusCode).toBe(405);
  });
});

describe('a change', () => {
  it('is asked for by POST: the reason stands beside the input, the request id in a header', async () => {
    const { paint, asked } = build(async () => ({ output: { ok: 1 }, auditSeq: 41, repeated: true }));
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { ...key, traceparent, 'x-fulfillment-channel': 'cli' };
    const answer = await paint({ version: 3, colour: 'red', reason: 'it was blue' }, headers);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ ok: 1 });
    expect(answer.headers).toMatchObject({
      'x-audit-seq': '41',
      'x-repeated': 'true',
      'cache-control': 'no-store',
    });
    expect(asked).toEqual([
      {
        name: 'thing:paint',
        caller: {
          subject: 'auth0|anna',
          roles: ['ops_admin'],
          channel: 'cli',
          traceId: '0af7651916cd43dd8448eb211c80319c',
        },
        input: { thingId: 't 1', version: 3, colour: 'red' },
        requestId: 'a-1',
        reason: 'it was blue',
      },
    ]);
  });

  it.each(['00-00000000000000000000000000000000-b7ad6b7169203331-01', 'nonsense', '00-x'])(
    'has no trace by the header %s',
    async (traceparent) => {
      const { paint, asked } = build();
      await paint({ version: 1 }, { ...key, traceparent });
      expect(asked[0]?.caller).not.toHaveProperty('traceId');
    },
  );

  it.each([
    ['none', undefined, 'request_id_missing'],
    ['an empty one', '', 'request_id_unusable'],
    ['one of two words', 'a b', 'request_id_unusable'],
    ['one that is too long', 'x'.repeat(201), 'request_id_unusable'],
    ['one beyond ASCII', '\u00e9', 'request_id_unusable'],
    ['one with a tab in it', 'a\tb', 'request_id_unusable'],
  ])('needs a request id that can be kept, not %s', async (_what, given, code) => {
    const { paint, asked } = build();
    const answer = await paint({ version: 1 }, given === undefined ? {} : { 'idempotency-key': given });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code, field: 'Idempotency-Key', remedy: expect.any(String) });
    expect(asked).toEqual([]);
  });

  it('may name in the body what stands in its path, as long as it is the same', async () => {
    const { paint, asked } = build();
    expect((await paint({ thingId: 't 1', version: 1 })).statusCode).toBe(200);
    const other = await paint({ thingId: 't2', version: 1 });
    expect(other.statusCode).toBe(400);
    expect(other.json()).toMatchObject({ code: 'invalid_input', field: 'thingId' });
    expect(asked).toHaveLength(1);
  });

  it('gets a slash, a dot, and whatever else was encoded, as text of that one field', async () => {
    const { paint, asked } = build();
    const urls = ['a%2F..%2Fb', '%2e%2e%2f', 'x%3Fy%23z', '%25'].map((id) => `/v1/admin/things/${id}/paint`);
    for (const url of urls) await paint({ version: 1 }, key, url);
    const ids = asked.map(({ input }) => (input as { thingId: string }).thingId);
    expect(ids).toEqual(['a/../b', '../', 'x?y#z', '%']);
    expect((await paint({ version: 1 }, key, '/v1/admin/things/%00/paint')).statusCode).toBe(400);
    expect((await paint({ version: 1 }, key, '/v1/admin/things/%E0%A4%A/paint')).statusCode).toBe(400);
    expect((await paint({ version: 1 }, key, '/v1/admin/things/a/b/paint')).statusCode).toBe(404);
    expect((await paint({ version: 1 }, key, `/v1/admin/things/${'x'.repeat(3_000)}/paint`)).statusCode).toBe(
      414,
    );
    expect(asked).toHaveLength(4);
  });
});

describe('who may not', () => {
  it('is refused and written down, whatever is wrong with their request', async () => {
    const { server, asked } = buildAdminServer({
      list: madeUpOperations,
      ask: () => Promise.reject(new Refusal({ kind: 'not_allowed', code: 'not_allowed', detail: 'No.' })),
    });
    const url = '/v1/admin/things/7/paint';
    const payload = { labels: { nul: '\0' } };
    const answer = await server.inject({ method: 'POST', url, headers: as('ops_viewer'), payload });
    expect(answer.statusCode).toBe(403);
    expect(asked).toMatchObject([{ name: 'thing:paint', caller: { roles: ['ops_viewer'] }, input: {} }]);
  });
});

describe('what an operation refuses', () => {
  const refusals: Array<[RefusalOptions['kind'], number]> = [
    ['invalid_input', 400],
    ['not_signed_in', 401],
    ['not_allowed', 403],
    ['not_found', 404],
    ['wrong_state', 409],
    ['changed', 409],
    ['request_id_reused', 422],
    ['too_many', 429],
  ];

  it.each(refusals)('%s is answered with %i', async (kind, status) => {
    const refusal = { kind, code: 'some_code', detail: 'Not so.', remedy: 'Do so.', field: 'version' };
    const { paint, told } = build(() => Promise.reject(new Refusal(refusal)));
    const answer = await paint({ version: 1 });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toEqual({
      type: 'about:blank',
      title: expect.stringMatching(/^[A-Z]/),
      status,
      code: 'some_code',
      detail: 'Not so.',
      remedy: 'Do so.',
      field: 'version',
      requestId: answer.headers['x-request-id'],
    });
    expect(answer.json<{ title: string }>().title).not.toBe('Error');
    expect(told).toEqual([]);
  });

  it('says what has changed, and when to come again', async () => {
    const changes = [{ at: '2026-11-22T10:00:00.000Z', what: 'job.failed by worker:1' }];
    const changed = build(() =>
      Promise.reject(new Refusal({ kind: 'changed', code: 'job_changed', detail: 'It moved.', changes })),
    );
    expect((await changed.paint({ version: 1 })).json()).toMatchObject({ code: 'job_changed', changes });
    const busy = build(() =>
      Promise.reject(
        new Refusal({ kind: 'wrong_state', code: 'job_at_work', detail: 'Now.', retryAfterSeconds: 2 }),
      ),
    );
    expect((await busy.paint({ version: 1 })).headers['retry-after']).toBe('2');
  });

  it('means the header where it speaks of the request id', async () => {
    const { paint } = build(() =>
      Promise.reject(
        new Refusal({
          kind: 'request_id_reused',
          code: 'request_id_reused',
          detail: 'x',
          field: 'requestId',
        }),
      ),
    );
    expect((await paint({ version: 1 })).json()).toMatchObject({ field: 'Idempotency-Key' });
  });
});

describe('what goes wrong', () => {
  it('is 503 where it passes, with a time to come again', async () => {
    const { paint, told } = build(() =>
      Promise.reject(new Fault({ kind: 'transient', reason: 'database_unavailable', message: 'Away.' })),
    );
    const answer = await paint({ version: 1 });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.body).not.toContain('Away');
    expect(told).toMatchObject([{ name: 'database.unavailable' }]);
  });

  it('is 500 where nobody foresaw it, and says nothing of it', async () => {
    const secret = Object.assign(new Error('relation "fulfillment.ops" of ada@example.com'), {
      kind: 'changed',
    });
    const { paint, told } = build(() => Promise.reject(secret));
    const answer = await paint({ version: 1 });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toMatch(/relation|ada@|changed/);
    expect(told).toMatchObject([
      { name: 'unexpected.error', during: 'POST /v1/admin/things/:thingId/paint', error: 'Error' },
    ]);
  });
});

describe('a list of operations that HTTP cannot offer', () => {
  const withInput = (operation: AnyOperation, input: z.ZodType): AnyOperation => ({ ...operation, input });

  it.each([
    ['a path that names no field', { ...paintThing, path: '/things/:id/paint' }, 'no field id'],
    [
      'a field called reason',
      withInput(paintThing, z.strictObject({ thingId: z.string(), reason: z.string() })),
      'reason',
    ],
    ['a query of objects', withInput(listThings, z.strictObject({ where: z.strictObject({}) })), 'where'],
    ['two operations at one place', { ...listThings, path: '/me' }, '/v1/admin/me'],
  ])('keeps the server from starting: %s', async (_what, operation, message) => {
    await expect(build(undefined, [operation]).server.ready()).rejects.toThrow(message);
  });
});
