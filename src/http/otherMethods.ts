import type { FastifyContextConfig, FastifyInstance, HTTPMethods } from 'fastify';
import { sendProblem } from './problem.ts';

const known: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

/** Answers 405 with `Allow` to every method of this path that has no route. The body is not even read. */
export function refuseOtherMethods(
  server: FastifyInstance,
  url: string,
  allowed: HTTPMethods[],
  config: FastifyContextConfig = {},
): void {
  server.route({
    method: known.filter((method) => !allowed.includes(method)),
    url,
    config,
    exposeHeadRoute: false,
    onRequest: async (_request, reply) =>
      sendProblem(reply.header('allow', allowed.join(', ')), {
        status: 405,
        code: 'method_not_allowed',
        detail: `This address answers ${allowed.join(' and ')} only.`,
      }),
    handler: async () => undefined,
  });
}
