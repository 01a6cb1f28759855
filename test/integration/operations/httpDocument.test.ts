import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { routesOf } from '../../../src/http/admin/adminRoute.ts';
import { openApiOf } from '../../../src/http/admin/openApi.ts';
import { listOperations, operationStores } from '../../../src/main/operationList.ts';
import { buildConfig } from '../../builders/config.ts';

const file = fileURLToPath(new URL('../../../docs/api/admin.openapi.json', import.meta.url));
const list = listOperations(operationStores({} as pg.Pool, buildConfig()), buildConfig(), {
  lastsMaxMs: 0,
  run: async () => [],
});

const described = z.looseObject({ description: z.string().optional() });
const operation = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  'x-permission': z.string(),
  parameters: z.array(described.extend({ name: z.string() })).default([]),
  requestBody: z
    .looseObject({
      content: z.record(
        z.string(),
        z.looseObject({
          schema: z.looseObject({ properties: z.record(z.string(), described).default({}) }),
        }),
      ),
    })
    .optional(),
  responses: z.record(z.string(), z.unknown()),
});
const shape = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), operation)) });

describe('docs/api/admin.openapi.json', () => {
  it('is what the list of operations says; npm run -s openapi writes it anew', async () => {
    const form = await resolveConfig(file);
    const text = await format(JSON.stringify(openApiOf(list)), { ...form, filepath: file });
    await expect(text).toMatchFileSnapshot(file);
  });

  it('has every operation, with a sentence for each of its fields and an answer for each refusal', () => {
    const { paths } = shape.parse(JSON.parse(readFileSync(file, 'utf8')));
    const found = Object.values(paths).flatMap((methods) => Object.values(methods));
    expect(found.map(({ operationId }) => operationId).toSorted()).toEqual(
      [
        ...list.flatMap((one) =>
          routesOf(one).map(({ again }) => (again ? `${one.name}_by_body` : one.name)),
        ),
        'me',
      ].toSorted(),
    );
    for (const { operationId, summary, parameters, requestBody, responses } of found) {
      expect(summary, operationId).toMatch(/^[A-Z].{5,}[^.]$/);
      const inBody = requestBody?.content['application/json']?.schema.properties ?? {};
      const fields = [...parameters.map((one) => [one.name, one] as const), ...Object.entries(inBody)];
      for (const [name, { description }] of fields)
        expect(description, `${operationId} ${name}`).toMatch(/\S{2,}/);
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '401', '429', '503']));
    }
  });
});
