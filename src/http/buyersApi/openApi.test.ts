import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';
import { buildHttpServer } from '../../../test/builders/httpServer.ts';
import { buyersCalls } from './calls.ts';
import { buyersDocumentUrl } from './documentRoute.ts';
import { buyersOpenApi } from './openApi.ts';

const file = fileURLToPath(new URL('../../../docs/api/buyers.openapi.json', import.meta.url));

it('is kept in docs/api/buyers.openapi.json; npm run -s openapi writes it anew', async () => {
  const form = await resolveConfig(file);
  const text = await format(JSON.stringify(buyersOpenApi()), { ...form, filepath: file });
  await expect(text).toMatchFileSnapshot(file);
});

it('has every route of the shelf and the checkout, and no other', async () => {
  const { server } = buildHttpServer();
  const routes: string[] = [];
  server.addHook('onRoute', ({ method, url }) => {
    if (/^\/v1\/(?:shelf|checkout)/.test(url) && method !== 'HEAD' && method !== 'OPTIONS')
      routes.push(`${String(method).toLowerCase()} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
  });
  await server.ready();
  expect(buyersCalls.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(routes.toSorted());
});

it('is given to anybody who asks', async () => {
  const answer = await buildHttpServer().server.inject({ method: 'GET', url: buyersDocumentUrl });
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual(JSON.parse(JSON.stringify(buyersOpenApi())));
});

it('describes each call in a sentence, with an answer for whoever is not signed in where it needs that', () => {
  for (const { id, summary, signedIn, problems } of buyersCalls) {
    expect(summary, id).toMatch(/^[A-Z].{10,}[^.]$/);
    const statuses = problems.map(({ status }) => status);
    expect(statuses.includes(401), id).toBe(signedIn);
    expect(statuses).toEqual(expect.arrayContaining([500, 503]));
  }
});
