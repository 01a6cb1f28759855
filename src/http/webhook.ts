import type { FastifyInstance } from 'fastify';
import { refuseOtherMethods } from './otherMethods.ts';
import { HttpProblem } from './problem.ts';
import { traceparentOf } from './traceContext.ts';

/** Takes in one webhook. The body is what was signed, byte for byte. */
export type ReceiveWebhook = (request: {
  body: Buffer;
  signatureHeader: string | string[] | undefined;
  /** W3C trace context of the request, when it carries a well-formed one. */
  traceContext: string | undefined;
}) => Promise<{ status: 200 | 400 | 503; body: object; retryAfterSeconds?: number }>;

const bodyMaxBytes = 512 * 1024;

const unsupported = (detail: string) =>
  new HttpProblem({
    status: 415,
    code: 'unsupported_media_type',
    detail,
    remedy: 'Send application/json, uncompressed.',
  });

/** `POST /webhooks/stripe`. Registered as a plugin of its own, so that only here bodies stay raw bytes. */
export function webhookRoutes(receiveWebhook: ReceiveWebhook) {
  return async (server: FastifyInstance): Promise<void> => {
    server.removeAllContentTypeParsers();
    server.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: bodyMaxBytes },
      (_request, body, done) => done(null, body),
    );
    refuseOtherMethods(server, '/webhooks/stripe', ['POST']);

    server.post('/webhooks/stripe', {
      bodyLimit: bodyMaxBytes,
      // A compressed body is not what was signed, and unpacking one is an invitation.
      onRequest: async (request) => {
        const encoding = request.headers['content-encoding'];
        if (encoding !== undefined && encoding !== 'identity')
          throw unsupported('Compressed bodies are refused.');
      },
      handler: async (request, reply) => {
        if (!Buffer.isBuffer(request.body)) throw unsupported('A body of type application/json is expected.');
        const answer = await receiveWebhook({
          body: request.body,
          signatureHeader: request.headers['stripe-signature'],
          traceContext: traceparentOf(request.headers['traceparent']),
        });
        if (answer.retryAfterSeconds !== undefined) {
          reply.header('retry-after', String(answer.retryAfterSeconds));
        }
        return reply.code(answer.status).header('cache-control', 'no-store').send(answer.body);
      },
    });
  };
}
