import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { Fault } from '../../domain/fault.ts';
import { OutboundError, outboundTrouble, retryAfterMs } from '../outbound.ts';
import { supabaseFault } from './faults.ts';
import { receiveStream, responseOf, sendStream } from './streams.ts';

export interface CallOptions {
  /** Of the stream that is sent, where one is. */
  sizeBytes?: number | undefined;
  /** The one origin that is asked. */
  origin: string;
}

/** A `fetch` for one call: no redirects, one origin, and every answer that is no success thrown as a `Fault`. */
export function callingFetch({ origin, sizeBytes = 0 }: CallOptions, signal: AbortSignal) {
  return async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    const { body, method = 'GET' } = init as { body?: unknown; method?: string };
    const headers = Object.fromEntries(new Headers(init.headers));
    const response = await answered(url, origin, signal, () =>
      body instanceof Readable
        ? sendStream(url, { method, headers, body, sizeBytes, signal })
        : fetch(url, { ...init, signal, redirect: 'manual' }),
    );
    if (response.ok) return response;
    throw new Fault(supabaseFault(await failureOf(response)));
  };
}

/** The same for a file that is read as it comes. @throws Fault */
export async function openAnswer(
  url: URL,
  { origin, headers }: CallOptions & { headers: Record<string, string> },
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return answered(url, origin, signal, async () => {
    const answer = await receiveStream(url, { headers, signal });
    const { statusCode = 500 } = answer;
    if (statusCode >= 200 && statusCode < 300) return answer;
    throw new Fault(supabaseFault(await failureOf(await responseOf(answer))));
  });
}

async function answered<Answer>(
  url: URL,
  origin: string,
  signal: AbortSignal,
  send: () => Promise<Answer>,
): Promise<Answer> {
  try {
    if (url.origin !== origin) throw new OutboundError('forbidden_host');
    return await send();
  } catch (thrown) {
    // What a body of ours throws is its own fault.
    if (thrown instanceof Fault) throw thrown;
    throw new Fault(supabaseFault({ trouble: outboundTrouble(thrown, signal) }));
  }
}

async function failureOf(response: Response) {
  const redirected = response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400);
  // The status says enough where the rest does not come.
  const text = await response.text().catch(() => '');
  if (redirected) return { trouble: 'redirected' as const };
  const { statusCode, code, error } = membersOf(text);
  const named = Number(statusCode);
  return {
    status: Number.isInteger(named) && named >= 400 && named < 600 ? named : response.status,
    code: [code, error].find((one): one is string => typeof one === 'string'),
    retryAfterMs: retryAfterMs(response.headers.get('retry-after'), Date.now()),
  };
}

function membersOf(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
