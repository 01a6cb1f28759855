import type { Refusal, RefusalKind } from '../../operations/frame/refusal.ts';
import { HttpProblem } from '../problem.ts';

const statuses: Record<RefusalKind, number> = {
  invalid_input: 400,
  not_signed_in: 401,
  not_allowed: 403,
  not_found: 404,
  wrong_state: 409,
  changed: 409,
  request_id_reused: 422,
  too_many: 429,
};

/** By its name: faces know only the types of duties. */
const isRefusal = (error: unknown): error is Refusal =>
  error instanceof Error &&
  error.name === 'Refusal' &&
  Object.hasOwn(statuses, (error as Refusal).kind ?? '');

/** A refusal as an HTTP problem; everything else that was thrown as it is. */
export function asProblem(error: unknown): unknown {
  if (!isRefusal(error)) return error;
  const { kind, code, message, remedy, field, changes, retryAfterSeconds } = error;
  return new HttpProblem({
    status: statuses[kind],
    code,
    detail: message,
    ...(remedy === undefined ? {} : { remedy }),
    // Over HTTP the request id is a header.
    ...(field === undefined ? {} : { field: field === 'requestId' ? 'Idempotency-Key' : field }),
    ...(changes === undefined ? {} : { changes }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
