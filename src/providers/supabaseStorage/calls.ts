import { Readable } from 'node:stream';
import { Fault } from '../../domain/fault.ts';
import { type Fetch, OutboundError, outboundTrouble, retryAfterMs } from '../outbound.ts';
import { supabaseFault } from './faults.ts';
import { sendStream } from './sendStream.ts';

export interface CallOptions {
  /** Of the stream that is sent, where one is. */
  sizeBytes?: number | undefined;
  /** The one origin that is asked. */
  origin: string;
  /** Only for tests; the default is the runtime's own. */
  fetch?: Fetch | undefined;
}

const errorMaxBytes = 64 * 1024;

/**
 * A `fetch` for one call: no redirects, one origin, and every answer that is no success thrown as a `Fault`. Bodies of
 * successes are not read here, for they may be books.
 */
export function callingFetch(
  { origin, sizeBytes = 0, fetch: send = globalThis.fetch }: CallOptions,
  signal: AbortSignal,
) {
  return async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    let response;
    try {
      if (url.origin !== origin) throw new OutboundError('forbidden_host');
      const { body, method = 'GET' } = init as { body?: unknown; method?: string };
      const headers = Object.fromEntries(new Headers(init.headers));
      response =
        body instanceof Readable
          ? await sendStream(url, { method, headers, body, sizeBytes, signal })
          : await send(url, { ...init, signal, redirect: 'manual' });
    } catch (thrown) {
      // What a body of ours throws is its own fault.
      if (thrown instanceof Fault) throw thrown;
      throw new Fault(supabaseFault({ trouble: outboundTrouble(thrown, signal) }));
    }
    if (response.ok) return response;
    throw new Fault(supabaseFault(await failureOf(response)));
  };
}

async function failureOf(response: Response) {
  const redirected = response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400);
  const text = await readSome(response);
  if (redirected) return { trouble: 'redirected' as const };
  const { statusCode, code, error } = membersOf(text);
  const named = Number(statusCode);
  return {
    status: Number.isInteger(named) && named >= 400 && named < 600 ? named : response.status,
    code: [code, error].find((one): one is string => typeof one === 'string'),
    retryAfterMs: retryAfterMs(response.headers.get('retry-after'), Date.now()),
  };
}

async function readSome(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > errorMaxBytes) break;
      chunks.push(chunk);
    }
  } catch {
    // The status says enough.
  }
  return Buffer.concat(chunks).toString();
}

function membersOf(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
