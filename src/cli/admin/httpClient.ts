import { type AdminAnswer, type AdminClient, AdminProblem, type OperationRow } from './adminClient.ts';
import { answerOf, problemOf } from './httpAnswer.ts';
import { requestFor } from './httpRequest.ts';
import type { Call, HttpTrouble, Input, SendHttp } from './httpTransport.ts';

export interface HttpClientOptions {
  /** Origin of the API: https, or http on this machine. */
  apiUrl: string;
  operations: readonly OperationRow[];
  send: SendHttp;
  /** The access token of whoever is signed in; asked for each call, for it may have been renewed. */
  accessToken(): Promise<string>;
  newId(): string;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  timeoutMs: number;
}

/** No operation, but asked for like one. */
const me: OperationRow = { name: 'me', kind: 'read', audited: false, reason: 'none', path: '/me' };

/** How often a call is sent at most, and the longest pause between that a person should sit through. */
const triesMax = 3;
const pauseMaxMs = 10_000;

/**
 * Asks over the API. Too much asked (429) and away for a moment (503) are waited for once or twice; an answer that was
 * lost is asked for once more, which changes nothing twice: a change carries its request id.
 */
export function createHttpClient(options: HttpClientOptions): AdminClient {
  const { operations, send, sleep, timeoutMs } = options;
  const rows = new Map(operations.map((row) => [row.name, row]));

  async function once(row: OperationRow, input: Input, call: Call): Promise<AdminAnswer> {
    const request = requestFor({ ...options, row, input, call, token: await options.accessToken() });
    const answer = await send({
      ...request,
      timeoutMs,
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    if ('trouble' in answer) throw withoutAnswer(answer.trouble, row, call.requestId, options.apiUrl);
    if (answer.status >= 200 && answer.status < 300) return answerOf(answer);
    throw problemOf(answer);
  }

  return {
    async me(signal) {
      const call = { requestId: '', ...(signal === undefined ? {} : { signal }) };
      return (await once(me, {}, call)).output;
    },
    async call(name, input, given = {}) {
      const row = rows.get(name);
      if (!row) throw unknownOperation(name);
      const call: Call = { ...given, requestId: given.requestId ?? options.newId() };
      for (let tries = 1; ; tries += 1) {
        try {
          return await once(row, input, call);
        } catch (error) {
          const pauseMs = pauseBefore(error, tries);
          if (pauseMs === undefined) throw error;
          await sleep(pauseMs, call.signal);
        }
      }
    },
  };
}

/** How long to wait before the next try; undefined when there is none. */
function pauseBefore(error: unknown, tries: number): number | undefined {
  if (!(error instanceof AdminProblem) || tries >= triesMax) return undefined;
  if (error.code === 'answer_lost') return tries === 1 ? 500 : undefined;
  if (error.kind !== 'too_many' && error.kind !== 'unavailable') return undefined;
  if (error.retryAfterSeconds === undefined) return undefined;
  const pauseMs = Math.max(error.retryAfterSeconds, 0.1) * 1_000;
  return pauseMs <= pauseMaxMs ? pauseMs : undefined;
}

function withoutAnswer(
  trouble: HttpTrouble,
  row: OperationRow,
  requestId: string,
  apiUrl: string,
): AdminProblem {
  const lost = row.kind === 'change' && (trouble === 'timeout' || trouble === 'connection_lost');
  if (lost || trouble === 'connection_lost')
    return new AdminProblem({
      kind: 'unavailable',
      code: 'answer_lost',
      detail: lost
        ? 'The answer was lost: it may have been done, or not.'
        : 'The connection was lost before the answer was there.',
      remedy: lost
        ? `Ask the same again with --request-id ${requestId}: it is done once.`
        : 'Try again in a moment.',
      requestId,
    });
  const { detail, remedy } = troubles[trouble];
  return new AdminProblem({
    kind: trouble === 'redirected' || trouble === 'too_large' ? 'unexpected' : 'unavailable',
    code: trouble === 'aborted' ? 'interrupted' : `api_${trouble}`,
    detail: detail.replace('{api}', apiUrl),
    remedy,
  });
}

const troubles: Record<
  Exclude<HttpTrouble, 'connection_lost'>,
  { detail: string; remedy: string | undefined }
> = {
  aborted: { detail: 'Interrupted.', remedy: undefined },
  timeout: {
    detail: 'The API at {api} did not answer in time.',
    remedy: 'Try again, wait longer with --timeout, or go past the API with --direct.',
  },
  unreachable: {
    detail: 'The API at {api} cannot be reached.',
    remedy: 'Check --api or FULFILLMENT_API_URL. When the API is down: --direct.',
  },
  redirected: {
    detail:
      'The API at {api} sends elsewhere, and a redirect is not followed: it would take the token along.',
    remedy: 'Give the final address with --api or FULFILLMENT_API_URL.',
  },
  too_large: {
    detail: 'The answer is larger than what is read.',
    remedy: 'Ask for less at a time, with --limit.',
  },
};

const unknownOperation = (name: string) =>
  new AdminProblem({
    kind: 'unexpected',
    code: 'unknown_operation',
    detail: `This version of the command line knows no operation ${name}.`,
    remedy: 'Use the version of the service.',
  });
