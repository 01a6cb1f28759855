import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { as, buildAdminServer } from '../../../test/builders/adminServer.ts';
import { madeUpOperations } from '../../../test/builders/madeUpOperations.ts';
import { openApiOf } from './openApi.ts';

const parameter = z.looseObject({
  name: z.string(),
  in: z.string(),
  required: z.boolean(),
  schema: z.looseObject({}),
});
const described = z.looseObject({
  operationId: z.string(),
  parameters: z.array(parameter).optional(),
  requestBody: z.unknown().optional(),
  responses: z.record(z.string(), z.looseObject({})),
});
const shape = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), described)),
});
const document = shape.parse(openApiOf(madeUpOperations));
const at = (path: string, method: string) => document.paths[`/v1/admin${path}`]?.[method];

describe('the API’s document', () => {
  it('has each operation at its place, and nothing else', () => {
    const places = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => `${method} ${path} ${operationId}`),
    );
    expect(places).toEqual([
      'get /v1/admin/found-things things:find',
      'post /v1/admin/found-things/search things:find_by_body',
      'get /v1/admin/me me',
      'get /v1/admin/things things:list',
      'post /v1/admin/things/{thingId}/paint thing:paint',
      'post /v1/admin/things/{thingId}/reveal thing:reveal',
    ]);
  });

  it('says what a read takes in its query', () => {
    const list = at('/things', 'get');
    expect(list).toMatchObject({
      summary: 'List things',
      'x-permission': 'orders:search',
      'x-roles': ['ops_viewer', 'ops_editor', 'ops_admin', 'ops_finance'],
      'x-reason': 'none',
    });
    expect(list?.requestBody).toBeUndefined();
    expect(list?.parameters?.slice(0, 2)).toEqual([
      {
        name: 'query',
        in: 'query',
        required: true,
        description: 'What to look for.',
        schema: { type: 'string', maxLength: 100 },
      },
      {
        name: 'limit',
        in: 'query',
        required: false,
        description: 'How many.',
        schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
      },
    ]);
  });

  it('says of a look that is asked by body as well what stands there: no reason, and no request id', () => {
    const find = at('/found-things/search', 'post');
    expect(find).toMatchObject({ 'x-permission': 'orders:search', 'x-reason': 'none', parameters: [] });
    expect(find?.requestBody).toMatchObject({
      required: true,
      content: {
        'application/json': { schema: { required: ['word'], additionalProperties: false } },
      },
    });
    expect(JSON.stringify(find?.requestBody)).not.toContain('reason');
  });

  it('says what a change takes in path, header and body, and that it needs a reason', () => {
    const paint = at('/things/{thingId}/paint', 'post');
    expect(paint).toMatchObject({ 'x-permission': 'job:retry', 'x-reason': 'required' });
    expect(paint?.parameters?.map(({ name, in: place, required }) => [name, place, required])).toEqual([
      ['thingId', 'path', true],
      ['Idempotency-Key', 'header', true],
    ]);
    expect(paint?.requestBody).toMatchObject({
      required: true,
      content: {
        'application/json': {
          schema: {
            type: 'object',
            additionalProperties: false,
            required: ['version', 'reason'],
            properties: { version: { type: 'integer' }, reason: { type: 'string' } },
          },
        },
      },
    });
    expect(JSON.stringify(paint?.requestBody)).not.toContain('thingId');
    expect(Object.keys(paint?.responses ?? {})).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '409',
      '413',
      '415',
      '422',
      '429',
      '500',
      '503',
    ]);
  });

  it('says of a look that leaves a trace that it needs a reason, and may have a request id', () => {
    const reveal = at('/things/{thingId}/reveal', 'post');
    expect(reveal).toMatchObject({ 'x-reason': 'required', 'x-permission': 'buyer:reveal' });
    expect(reveal?.parameters?.at(-1)).toMatchObject({ name: 'Idempotency-Key', required: false });
    expect(JSON.stringify(reveal?.requestBody)).toContain('"required":["reason"]');
  });

  it('refers to nothing that is not in it', () => {
    const text = JSON.stringify(document);
    const references = Array.from(text.matchAll(/"\$ref":"#\/([^"]+)"/g), ([, path = '']) => path);
    expect(references.length).toBeGreaterThan(0);
    for (const path of new Set(references)) {
      const found = path
        .split('/')
        .reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], document);
      expect(found, path).toBeDefined();
    }
  });

  it('is given to staff, and to nobody else', async () => {
    const { server } = buildAdminServer({ list: madeUpOperations });
    const url = '/v1/admin/openapi.json';
    expect((await server.inject({ method: 'GET', url })).statusCode).toBe(401);
    const answer = await server.inject({ method: 'GET', url, headers: as('') });
    expect(answer.json()).toEqual(JSON.parse(JSON.stringify(document)));
  });
});
