import type { FastifyError } from 'fastify';
import { errorTrace } from '../domain/errorTrace.ts';
import { Fault } from '../domain/fault.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { HttpProblem, type Problem } from './problem.ts';

/** Fastify's own refusals, in our words. */
export const unreadable = {
  FST_ERR_BAD_URL: { status: 400, code: 'invalid_url', detail: 'The path is not a valid URL.' },
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    code: 'body_too_large',
    detail: 'The body is larger than allowed.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    code: 'unsupported_media_type',
    detail: 'This content type is not accepted here.',
    remedy: 'Send application/json.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, code: 'invalid_json', detail: 'The body is empty.' },
  FST_ERR_CTP_INVALID_JSON_BODY: { status: 400, code: 'invalid_json', detail: 'The body is not valid JSON.' },
} as const satisfies Record<string, Problem>;
const refusals: Record<string, Problem> = unreadable;

export const unavailable: Problem = {
  status: 503,
  code: 'unavailable',
  detail: 'Something this answer needs cannot be reached right now.',
  remedy: 'Try again in a few seconds.',
  retryAfterSeconds: 5,
};

export const unexpected: Problem = {
  status: 500,
  code: 'unexpected_error',
  detail: 'The service failed at this request, and knows it.',
  remedy: 'Try again; if it stays, tell support the requestId.',
};

/** Whether waiting helps. */
export function isPassing(error: unknown): error is Fault {
  return error instanceof Fault && (error.kind === 'transient' || error.kind === 'rate_limited');
}

/** The answer to whatever was thrown. Nothing of an unknown error's text goes out. */
export function problemOf(error: unknown): Problem {
  if (error instanceof HttpProblem) return error.problem;
  if (isPassing(error)) return unavailable;
  if (!(error instanceof Error)) return unexpected;
  const { code, statusCode } = error as FastifyError;
  const refusal = refusals[code];
  if (refusal !== undefined) return refusal;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, code: 'invalid_request', detail: 'The request cannot be read.' };
  }
  return unexpected;
}

/** Tells the log about an error nobody foresaw: its kind and place, not its message, which may quote a buyer. */
export function reportError(telemetry: Telemetry, error: unknown, during: string): void {
  if (isPassing(error)) {
    const name = error.reason === 'database_unavailable' ? 'database.unavailable' : 'unexpected.error';
    telemetry.emit({ name, during, error: error.reason });
    return;
  }
  telemetry.emit({ name: 'unexpected.error', during, ...errorTrace(error) });
}
