import type { FastifyInstance } from 'fastify';
import { buyersOpenApi } from './openApi.ts';

export const buyersDocumentUrl = '/v1/openapi.json';

/** `GET /v1/openapi.json`: what the buyers' API can do, for whoever builds a shop's pages. It names nobody. */
export async function buyersDocumentRoute(server: FastifyInstance): Promise<void> {
  const document = JSON.stringify(buyersOpenApi());
  server.get(buyersDocumentUrl, async (_request, reply) =>
    reply
      .header('content-type', 'application/json; charset=utf-8')
      .header('cache-control', 'public, max-age=3600')
      .send(document),
  );
}
