import { z } from 'zod';
import type { PlainJson } from '../../domain/canonicalJson.ts';
import { type AdminAnswer, AdminProblem, type AdminProblemKind } from './adminClient.ts';
import type { HttpAnswer } from './httpTransport.ts';

const problem = z.looseObject({
  code: z.string(),
  detail: z.string(),
  remedy: z.string().optional(),
  field: z.string().optional(),
  changes: z.array(z.looseObject({ at: z.string(), what: z.string() })).optional(),
  requestId: z.string().optional(),
});

/** The API's answer to what was done: the output, and beside it in headers what became of the request. */
export function answerOf(answer: HttpAnswer): AdminAnswer {
  const output = jsonOf(answer);
  if (output === undefined) throw noApi(answer);
  const auditSeq = Number(answer.header('x-audit-seq') ?? Number.NaN);
  return {
    output: output as PlainJson,
    auditSeq: Number.isSafeInteger(auditSeq) ? auditSeq : null,
    repeated: answer.header('x-repeated') === 'true',
  };
}

/** The API's answer to what was not done, or whatever stands in its place. */
export function problemOf(answer: HttpAnswer): AdminProblem {
  const { status, retryAfterMs } = answer;
  const retryAfterSeconds = retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1_000);
  const read = problem.safeParse(jsonOf(answer));
  if (read.success) {
    const { code, detail, remedy, field, changes, requestId } = read.data;
    const kind = changes === undefined ? kindOf(status, code) : 'changed';
    return new AdminProblem({
      ...{ kind, code, detail, remedy, changes, retryAfterSeconds, requestId },
      field: field === 'Idempotency-Key' ? 'requestId' : field,
    });
  }
  if (status === 429 || status >= 502)
    return new AdminProblem({
      kind: status === 429 ? 'too_many' : 'unavailable',
      code: `http_${status}`,
      detail: `The API cannot answer now (${status}).`,
      remedy: 'Try again in a moment. When the API is down: --direct.',
      retryAfterSeconds,
    });
  if (status === 401)
    return new AdminProblem({
      kind: 'not_signed_in',
      code: 'not_signed_in',
      detail: 'You are not signed in.',
    });
  return noApi(answer);
}

const kinds: Record<number, AdminProblemKind> = {
  400: 'invalid_input',
  401: 'not_signed_in',
  403: 'not_allowed',
  404: 'not_found',
  409: 'wrong_state',
  413: 'invalid_input',
  414: 'invalid_input',
  415: 'invalid_input',
  422: 'request_id_reused',
  429: 'too_many',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

function kindOf(status: number, code: string): AdminProblemKind {
  if (status === 409 && code.endsWith('_changed')) return 'changed';
  return kinds[status] ?? 'unexpected';
}

function jsonOf({ header, body }: HttpAnswer): unknown {
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(header('content-type') ?? '')) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const noApi = ({ status }: HttpAnswer) =>
  new AdminProblem({
    kind: 'unexpected',
    code: 'not_the_api',
    detail: `What answers there is not the admin API (status ${status}).`,
    remedy: 'Check --api or FULFILLMENT_API_URL: the address of the service, without a path.',
  });
