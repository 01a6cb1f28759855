import type { HTTPMethods } from 'fastify';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { may, permissions, roles, type Role } from '../../../src/domain/permissions.ts';
import { adminPrefix, type AdminRoute, routesOf, urlOf } from '../../../src/http/admin/adminRoute.ts';
import { listOperations, operationStores } from '../../../src/main/operationList.ts';
import type { AnyOperation } from '../../../src/operations/frame/operation.ts';
import { createOperations } from '../../../src/operations/frame/operations.ts';
import type { Transaction } from '../../../src/ports/transaction.ts';
import { as, buildAdminServer } from '../../builders/adminServer.ts';
import { buildConfig } from '../../builders/config.ts';

const nobody = () => Promise.reject(new Error('No database is asked here.'));
const noPool = { query: nobody, connect: nobody } as unknown as pg.Pool;
const list = listOperations(operationStores(noPool, buildConfig()), buildConfig(), {
  lastsMaxMs: 0,
  run: async () => [],
});

/** The same operations, of which only the door is left: what they do is noted, and any input will do. */
function buildDoors() {
  const reached: string[] = [];
  const refused: string[] = [];
  const doors = list.map((operation): AnyOperation => {
    const bare = { ...operation, input: inputOf(operation), output: z.unknown() };
    if (bare.kind === 'read') {
      const note = async () => void reached.push(operation.name);
      return bare.audited
        ? { ...bare, read: note, audited: () => ({ target: null, reason: 'optional' }) }
        : { ...bare, read: note };
    }
    const { outside: _outside, ...inside } = bare;
    return {
      ...inside,
      target: () => ({ kind: 'thing', id: '1' }),
      look: async () => undefined,
      change: async () => {
        reached.push(operation.name);
        return { output: null, before: {}, after: {} };
      },
    };
  });
  const point = { seq: 1, hash: new Uint8Array() };
  const operations = createOperations({
    operations: doors,
    inTransaction: (work) => work({} as Transaction),
    requests: { begin: async () => ({ kind: 'new' }), finish: async () => undefined },
    audit: { append: async () => point, record: async () => point },
    refusals: {
      refused: async ({ action }) => {
        refused.push(action);
        return 'written';
      },
    },
    sha256: () => new Uint8Array(32),
    newId: () => 'made-up',
    announce: () => undefined,
  });
  const { server } = buildAdminServer({ list: doors, ask: operations.ask });
  return { server, reached, refused };
}

/** What its path names, and whatever else. */
const inputOf = ({ path }: AnyOperation) =>
  z.looseObject(
    Object.fromEntries(Array.from(path.matchAll(/:(\w+)/g), ([, name = '']) => [name, z.string()])),
  );

const { server, reached, refused } = buildDoors();

function knock({ method, url }: AdminRoute, authorization: Record<string, string>) {
  return server.inject({
    method,
    url: url.replaceAll(/:\w+/g, '1'),
    headers: { ...authorization, 'idempotency-key': 'k-1' },
    ...(method === 'POST' ? { payload: { reason: 'to see' } } : {}),
  });
}

const named = list.flatMap((operation) =>
  routesOf(operation).map(
    (route) => [`${operation.name}${route.again ? ' by body' : ''}`, operation, route] as const,
  ),
);
const held: ReadonlyArray<readonly Role[]> = [[], ...roles.map((role) => [role])];

describe.each(named)('%s', (title, operation, route) => {
  const { name } = operation;
  it.each(held.map((some) => [some.join() || 'no role', some] as const))(
    'is for %s what the table of permissions says',
    async (_who, some) => {
      reached.length = 0;
      refused.length = 0;
      const allowed = may(some, operation.permission);
      const answer = await knock(route, as(some.join(), `${title} ${some.join()}`));
      expect(answer.statusCode).toBe(allowed ? 200 : 403);
      expect(reached).toEqual(allowed ? [name] : []);
      expect(refused).toEqual(allowed ? [] : [name]);
    },
  );

  it('is for nobody who is not signed in', async () => {
    reached.length = 0;
    const answer = await server.inject({
      method: route.method,
      url: route.url.replaceAll(/:\w+/g, '1'),
      // One address each: so many strangers would be told to wait.
      remoteAddress: `192.0.2.${named.findIndex(([one]) => one === title)}`,
    });
    expect(answer.statusCode).toBe(401);
    expect(reached).toEqual([]);
  });
});

describe('a viewer', () => {
  it('reaches no change by any route and method', async () => {
    reached.length = 0;
    const changes = list.filter(({ kind }) => kind === 'change');
    expect(changes.length).toBeGreaterThan(0);
    for (const operation of changes)
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
        const answer = await server.inject({
          method,
          url: urlOf(operation).replaceAll(/:\w+/g, '1'),
          headers: { ...as('ops_viewer', `viewer ${operation.name}`), 'idempotency-key': 'k-2' },
          ...(method === 'POST' ? { payload: { reason: 'to see' } } : {}),
        });
        // Another read may live at the same address.
        expect([200, 403, 405], `${method} ${operation.name}`).toContain(answer.statusCode);
      }
    const names = new Set(changes.map(({ name }) => name));
    expect(reached.filter((name) => names.has(name))).toEqual([]);
  });
});

describe('the routes below /v1/admin', () => {
  it('are the operations of the list, and the few that are no operation', async () => {
    const found: Array<{ method: HTTPMethods; url: string; permission: unknown }> = [];
    const built = buildAdminServer({ list });
    built.server.addHook('onRoute', ({ method, url, config }) => {
      if (!url.startsWith(adminPrefix)) return;
      for (const one of [method].flat()) found.push({ method: one, url, permission: config?.permission });
    });
    await built.server.ready();
    const wanted = [
      ...list.flatMap((operation) =>
        routesOf(operation).map(({ method, url }) => `${method} ${url} ${operation.permission}`),
      ),
      `GET ${adminPrefix}/me signed_in`,
      `GET ${adminPrefix}/openapi.json signed_in`,
    ];
    const heads = wanted.filter((route) => route.startsWith('GET ')).map((route) => `HEAD${route.slice(3)}`);
    const guarded = found.filter(({ permission }) => permission !== 'public');
    expect(
      guarded.map(({ method, url, permission }) => `${method} ${url} ${String(permission)}`).toSorted(),
    ).toEqual([...wanted, ...heads].toSorted());
    // What is open to all answers 405 and nothing else.
    for (const { method, url } of found.filter(({ permission }) => permission === 'public')) {
      if (method === 'TRACE') continue;
      const answer = await built.server.inject({
        method: method as 'GET',
        url: url.replaceAll(/:\w+/g, '1'),
      });
      expect(answer.statusCode, `${method} ${url}`).toBe(405);
    }
  });

  it('ask for permissions that the table knows', () => {
    for (const { permission } of list) expect(permissions).toContain(permission);
  });
});
