import type { FastifyInstance } from 'fastify';
import { refuseOtherMethods } from './otherMethods.ts';
import { HttpProblem, type Problem } from './problem.ts';

/** Takes in one delivery report of a mail provider. The body is what was signed, byte for byte. */
export type ReceiveReport = (
  provider: string,
  report: { headers: Readonly<Record<string, string | string[] | undefined>>; body: Buffer },
) => Promise<'taken' | 'refused' | 'unreadable' | 'unknown'>;

const bodyMaxBytes = 256 * 1024;

const unsupported = (detail: string) =>
  new HttpProblem({
    status: 415,
    code: 'unsupported_media_type',
    detail,
    remedy: 'Send application/json, uncompressed.',
  });

/** What is wrong with a report is told in our log, not to whoever has sent it. */
const problems: Record<'refused' | 'unreadable' | 'unknown', Problem> = {
  unknown: { status: 404, code: 'unknown_provider', detail: 'No reports of this provider are taken here.' },
  refused: { status: 401, code: 'report_refused', detail: 'The report is not signed as it must be.' },
  unreadable: { status: 422, code: 'report_unreadable', detail: 'The report is of a shape we do not know.' },
};

/** `POST /webhooks/mail/:provider`. Registered as a plugin of its own, so that only here bodies stay raw bytes. */
export function mailReportRoutes(receiveReport: ReceiveReport) {
  return async (server: FastifyInstance): Promise<void> => {
    const url = '/webhooks/mail/:provider';
    server.removeAllContentTypeParsers();
    server.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: bodyMaxBytes },
      (_request, body, done) => done(null, body),
    );
    refuseOtherMethods(server, url, ['POST']);

    server.post<{ Params: { provider: string } }>(url, {
      bodyLimit: bodyMaxBytes,
      // A compressed body is not what was signed, and unpacking one is an invitation.
      onRequest: async (request) => {
        const encoding = request.headers['content-encoding'];
        if (encoding !== undefined && encoding !== 'identity')
          throw unsupported('Compressed bodies are refused.');
      },
      handler: async (request, reply) => {
        if (!Buffer.isBuffer(request.body)) throw unsupported('A body of type application/json is expected.');
        const { headers, body, params } = request;
        const outcome = await receiveReport(params.provider, { headers, body });
        if (outcome !== 'taken') throw new HttpProblem(problems[outcome]);
        return reply.header('cache-control', 'no-store').send({ received: true });
      },
    });
  };
}
