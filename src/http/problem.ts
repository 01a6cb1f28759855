import type { FastifyReply } from 'fastify';

/** What went wrong, for a program and for its reader (RFC 9457). Never our internals, never another buyer's data. */
export interface Problem {
  status: number;
  /** Stable snake_case word from a closed vocabulary. */
  code: string;
  /** One sentence. */
  detail: string;
  /** What the caller can do about it. */
  remedy?: string;
  /** Which input is meant. */
  field?: string;
  /** What has happened since it was looked at. */
  changes?: readonly { at: string; what: string }[];
  retryAfterSeconds?: number;
}

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Thrown by routes; the error handler answers it. */
export class HttpProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'HttpProblem';
    this.problem = problem;
  }
}

/** Answers with `application/problem+json`. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const { status, retryAfterSeconds, ...members } = problem;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  return reply
    .code(status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title: titles[status] ?? 'Error',
        status,
        ...members,
        requestId: reply.request.id,
      }),
    );
}
