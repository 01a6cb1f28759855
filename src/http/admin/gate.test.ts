import { describe, expect, it } from 'vitest';
import { as, buildAdminServer, identifyByName } from '../../../test/builders/adminServer.ts';
import { buildHttpServer } from '../../../test/builders/httpServer.ts';
import { listThings, madeUpOperations } from '../../../test/builders/madeUpOperations.ts';
import { Fault } from '../../domain/fault.ts';
import { HttpProblem } from '../problem.ts';

const list = { method: 'GET', url: '/v1/admin/things?query=x' } as const;

describe('a route below /v1/admin', () => {
  it('that does not say which permission it needs keeps the server from starting, and is named', async () => {
    const { server } = buildAdminServer({ list: [] });
    const bare = () => server.get('/v1/admin/secrets', async () => 'told');
    expect(bare).toThrow('The route GET /v1/admin/secrets does not declare which permission it needs');

    const plugin = buildAdminServer({
      list: [],
      furtherRoutes: [async (inner) => void inner.post('/v1/admin/x', async () => 'done')],
    });
    await expect(plugin.server.ready()).rejects.toThrow('POST /v1/admin/x');

    const prefixed = buildAdminServer({ list: [] }).server;
    void prefixed.register(async (inner) => void inner.delete('/y', async () => 1), { prefix: '/v1/admin' });
    await expect(prefixed.ready()).rejects.toThrow('DELETE /v1/admin/y');
  });

  it.each(['orders:delete', '', null, ['job:retry'], 'toString'])(
    'that names the permission %j, which there is not, does so too',
    (permission) => {
      const { server } = buildAdminServer({ list: [] });
      const config = { permission } as never;
      expect(() => server.get('/v1/admin/odd', { config }, async () => 'told')).toThrow('GET /v1/admin/odd');
    },
  );

  it('is not taken by a server that knows nobody', () => {
    const { server } = buildHttpServer();
    const config = { permission: 'status:read' } as const;
    expect(() => server.get('/v1/admin/status', { config }, async () => 'ok')).toThrow('nothing here knows');
  });

  it('is behind the gate, whoever has added it', async () => {
    const { server } = buildAdminServer({ list: [] });
    server.get('/v1/admin/added', { config: { permission: 'audit:read' } }, async () => ({ told: true }));
    const get = (headers = {}) => server.inject({ method: 'GET', url: '/v1/admin/added', headers });
    expect((await get()).statusCode).toBe(401);
    const refused = await get(as('ops_viewer'));
    expect(refused.statusCode).toBe(403);
    expect(refused.json()).toMatchObject({
      code: 'not_allowed',
      remedy: 'It needs one of: ops_admin, ops_finance. Ask an administrator.',
    });
    expect((await get(as('ops_finance'))).json()).toEqual({ told: true });
    expect((await server.inject({ method: 'HEAD', url: '/v1/admin/added' })).statusCode).toBe(401);
  });

  it('is not there at all without an admin API', async () => {
    expect((await buildHttpServer().server.inject(list)).statusCode).toBe(404);
  });
});

describe('who is not signed in', () => {
  it('is told so, and how', async () => {
    const { server, asked } = buildAdminServer({ list: madeUpOperations });
    const answer = await server.inject(list);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="staff"');
    expect(answer.json()).toMatchObject({ code: 'not_signed_in', remedy: expect.any(String) });
    expect(asked).toEqual([]);
  });

  it('is told so before their body is looked at', async () => {
    const { server } = buildAdminServer({ list: madeUpOperations });
    const headers = { 'content-type': 'application/json' };
    const url = '/v1/admin/things/1/paint';
    const answer = await server.inject({ method: 'POST', url, headers, payload: 'x'.repeat(100_000) });
    expect(answer.statusCode).toBe(401);
  });

  it('may fail 20 times a minute from one address, and no sign of them is looked up after that', async () => {
    let lookedUp = 0;
    const { server, clock } = buildAdminServer({
      list: madeUpOperations,
      identify: async () => {
        lookedUp += 1;
        throw new HttpProblem({ status: 401, code: 'not_signed_in', detail: 'No.' });
      },
    });
    const guess = { ...list, headers: { authorization: 'Bearer guessed' } };
    const statuses: number[] = [];
    for (let index = 0; index < 22; index += 1) statuses.push((await server.inject(guess)).statusCode);
    expect(statuses).toEqual([...Array<number>(20).fill(401), 429, 429]);
    expect(lookedUp).toBe(20);
    const refused = await server.inject(guess);
    expect(refused.json()).toMatchObject({ code: 'too_many', title: 'Too Many Requests' });
    expect(refused.headers['retry-after']).toBe('3');
    const elsewhere = await server.inject({ ...guess, remoteAddress: '192.0.2.9' });
    expect(elsewhere.statusCode).toBe(401);
    clock.nowMs += 3_000;
    expect((await server.inject(guess)).statusCode).toBe(401);
  });

  it('guesses no more often side by side than one after the other', async () => {
    let lookedUp = 0;
    const { server } = buildAdminServer({
      list: madeUpOperations,
      identify: async () => {
        lookedUp += 1;
        await new Promise((resolve) => setImmediate(resolve));
        throw new HttpProblem({ status: 401, code: 'not_signed_in', detail: 'No.' });
      },
    });
    const guess = { ...list, headers: { authorization: 'Bearer guessed' } };
    const answers = await Promise.all(Array.from({ length: 60 }, () => server.inject(guess)));
    expect(lookedUp).toBe(20);
    expect(answers.filter(({ statusCode }) => statusCode === 401)).toHaveLength(20);
    expect(answers.filter(({ statusCode }) => statusCode === 429)).toHaveLength(40);
  });

  it('does not keep out those who are right, however many of them come at once from one address', async () => {
    let atOnce = 0;
    let mostAtOnce = 0;
    const { server } = buildAdminServer({
      list: madeUpOperations,
      identify: async (request) => {
        mostAtOnce = Math.max(mostAtOnce, (atOnce += 1));
        await new Promise((resolve) => setImmediate(resolve));
        atOnce -= 1;
        return identifyByName(request);
      },
    });
    const headers = as('ops_viewer');
    const answers = await Promise.all(Array.from({ length: 100 }, () => server.inject({ ...list, headers })));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    expect(mostAtOnce).toBeLessThanOrEqual(20);
  });

  it('without any sign of who they are fails without being counted: any page could send that', async () => {
    const { server } = buildAdminServer({
      list: madeUpOperations,
      identify: async () => {
        throw new HttpProblem({ status: 401, code: 'not_signed_in', detail: 'No.' });
      },
    });
    const statuses = new Set<number>();
    for (let index = 0; index < 30; index += 1) statuses.add((await server.inject(list)).statusCode);
    expect([...statuses]).toEqual([401]);
  });

  it('cannot be told from others while the keys are away: 503, and it is no failure of theirs', async () => {
    const { server } = buildAdminServer({
      list: madeUpOperations,
      identify: () =>
        Promise.reject(new Fault({ kind: 'transient', reason: 'keys_unavailable', message: 'x' })),
    });
    for (let index = 0; index < 25; index += 1) expect((await server.inject(list)).statusCode).toBe(503);
  });
});

describe('one member of staff', () => {
  it('may look 120 times and change 30 things a minute, whatever others do', async () => {
    const { server, clock, asked } = buildAdminServer({ list: madeUpOperations });
    const look = async (subject: string) =>
      (await server.inject({ ...list, headers: as('ops_admin', subject) })).statusCode;
    const change = (subject: string) =>
      server.inject({
        method: 'POST',
        url: '/v1/admin/things/1/paint',
        headers: { ...as('ops_admin', subject), 'idempotency-key': '1' },
        payload: { reason: 'why', version: 1 },
      });
    for (let index = 0; index < 120; index += 1) expect(await look('anna')).toBe(200);
    expect(await look('anna')).toBe(429);
    expect(await look('bob')).toBe(200);
    for (let index = 0; index < 30; index += 1) expect((await change('anna')).statusCode).toBe(200);
    const refused = await change('anna');
    expect(refused.statusCode).toBe(429);
    expect(refused.headers['retry-after']).toBe('2');
    expect(asked.filter(({ name }) => name === 'thing:paint')).toHaveLength(30);
    clock.nowMs += 2_000;
    expect((await change('anna')).statusCode).toBe(200);
  });

  it('looks as often by POST as by GET, where nothing is changed', async () => {
    const { server } = buildAdminServer({ list: madeUpOperations });
    const url = '/v1/admin/found-things/search';
    const find = () =>
      server.inject({ method: 'POST', url, headers: as('ops_admin'), payload: { word: 'x' } });
    for (let index = 0; index < 120; index += 1) expect((await find()).statusCode).toBe(200);
    expect((await find()).statusCode).toBe(429);
  });
});

describe('GET /v1/admin/me', () => {
  it('tells who they are and what they may do', async () => {
    const { server } = buildAdminServer({ list: [listThings] });
    const headers = { ...as('ops_viewer,ops_finance'), 'x-fulfillment-channel': 'cli' };
    const answer = await server.inject({ method: 'GET', url: '/v1/admin/me', headers });
    expect(answer.headers['cache-control']).toBe('no-store');
    const me = answer.json<{ permissions: string[] }>();
    expect(me).toMatchObject({
      subject: 'auth0|anna',
      name: 'Anna',
      channel: 'cli',
      roles: ['ops_viewer', 'ops_finance'],
    });
    expect(me.permissions).toContain('audit:read');
    expect(me.permissions).not.toContain('job:retry');
  });

  it('tells those without a role that they may do nothing', async () => {
    const { server } = buildAdminServer({ list: [listThings] });
    const answer = await server.inject({ method: 'GET', url: '/v1/admin/me', headers: as('') });
    expect(answer.json()).toMatchObject({ roles: [], permissions: [] });
  });
});
