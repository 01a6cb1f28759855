import type { FastifyInstance } from 'fastify';

/**
 * Lets pages of these origins call the routes of this plugin from a browser. Without origins, browsers of other
 * sites get no answer they may read. No cookies are involved, so credentials are not allowed either.
 *
 * @param origins exact, for example `https://shop.example`
 * @param paths of the routes of this plugin, for the questions that browsers ask beforehand
 */
export function allowOrigins(server: FastifyInstance, origins: string[], paths = '/v1/*'): void {
  if (origins.length === 0) return;
  server.addHook('onRequest', async (request, reply) => {
    reply.header('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !origins.includes(origin)) return;
    reply
      .header('access-control-allow-origin', origin)
      .header('access-control-expose-headers', 'Retry-After, WWW-Authenticate, X-Request-Id');
  });

  server.options(paths, async (_request, reply) =>
    reply
      .code(204)
      .header('access-control-allow-methods', 'GET, POST')
      .header('access-control-allow-headers', 'Authorization, Content-Type')
      .header('access-control-max-age', '600')
      .send(),
  );
}
