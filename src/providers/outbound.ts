import { isLoopback } from '../domain/loopback.ts';

export { isLoopback };

/** How a request to the outside can go wrong before an answer is in hand. */
export const outboundTroubles = [
  'aborted',
  'timeout',
  'unreachable',
  'connection_lost',
  'redirected',
  'too_large',
  'forbidden_host',
] as const;
export type OutboundTrouble = (typeof outboundTroubles)[number];

export class OutboundError extends Error {
  readonly trouble: OutboundTrouble;

  constructor(trouble: OutboundTrouble) {
    super(`The request ended without an answer: ${trouble}.`);
    this.name = 'OutboundError';
    this.trouble = trouble;
  }
}

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

export interface OutboundOptions {
  /** Answers longer than this are dropped unread. */
  answerBytesMax: number;
  /**
   * The only origins that may be asked, as `https://api.example`: those of the configured addresses. `as_named` where
   * the address itself is the caller's word, as with an issuer that says where its keys are; who calls checks it.
   */
  origins: readonly string[] | 'as_named';
  /** Only for tests and stand-ins; the default is the runtime's own. */
  fetch?: Fetch | undefined;
}

/**
 * Does work under a signal that fires with the caller's, or after a total deadline with a `TimeoutError`. Not
 * `AbortSignal.any` with `AbortSignal.timeout`: in Node 20 their sources are held weakly, so the deadline can be
 * collected as garbage and never come.
 *
 * @param isTooLate asked when the time is up; false: the work may go on
 */
export async function underDeadline<Result>(
  signal: AbortSignal,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<Result>,
  isTooLate: () => boolean = () => true,
): Promise<Result> {
  const deadline = new AbortController();
  const follow = () => deadline.abort(signal.reason);
  const timer = setTimeout(() => {
    if (isTooLate()) deadline.abort(new DOMException('Too late.', 'TimeoutError'));
  }, timeoutMs);
  if (signal.aborted) follow();
  else signal.addEventListener('abort', follow, { once: true });
  try {
    return await work(deadline.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', follow);
  }
}

/**
 * A `fetch` that reads the whole answer under a byte cap and a signal, and follows no redirect: a redirect would carry
 * the credentials to wherever the answer says. Throws `OutboundError` alone.
 */
export function createOutboundFetch({
  answerBytesMax,
  origins,
  fetch: send = globalThis.fetch,
}: OutboundOptions): Fetch {
  return async (url, init = {}) => {
    try {
      if (origins !== 'as_named' && !origins.includes(new URL(url).origin))
        throw new OutboundError('forbidden_host');
      const response = await send(url, { ...init, redirect: 'manual' });
      if (isRedirect(response)) throw new OutboundError('redirected');
      const body = await readCapped(response, answerBytesMax);
      const headers = new Headers(response.headers);
      // The body below is decoded already; these two spoke of the encoded one.
      headers.delete('content-encoding');
      headers.delete('content-length');
      const bodiless = [204, 205, 304].includes(response.status);
      return new Response(bodiless ? null : body, { status: response.status, headers });
    } catch (thrown) {
      throw new OutboundError(outboundTrouble(thrown, init.signal ?? undefined));
    }
  };
}

function isRedirect(response: Response): boolean {
  return (
    response.type === 'opaqueredirect' ||
    (response.status >= 300 && response.status < 400 && response.status !== 304)
  );
}

async function readCapped(response: Response, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.byteLength;
    // Leaving the loop cancels the body, which closes the connection.
    if (sizeBytes > bytesMax) throw new OutboundError('too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Codes of failures in which not a byte of the request can have reached the other side. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Names what was thrown by a fetch. Pure. */
export function outboundTrouble(thrown: unknown, signal?: AbortSignal): OutboundTrouble {
  if (thrown instanceof OutboundError) return thrown.trouble;
  if (signal?.aborted) return nameOf(signal.reason) === 'TimeoutError' ? 'timeout' : 'aborted';
  if (nameOf(thrown) === 'TimeoutError') return 'timeout';
  const code = codeOf(thrown) ?? codeOf((thrown as { cause?: unknown } | null)?.cause);
  if (code === undefined) return 'connection_lost';
  return neverSent.has(code) || /CERT|ERR_TLS|ERR_SSL/.test(code) ? 'unreachable' : 'connection_lost';
}

function nameOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined;
}

function codeOf(value: unknown): string | undefined {
  const code = typeof value === 'object' && value !== null && 'code' in value ? value.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

const retryAfterMaxMs = 60 * 60_000;

/**
 * Reads a Retry-After header (RFC 9110 §10.2.3: seconds or an HTTP date), clamped to an hour.
 *
 * @returns milliseconds; undefined when there is none or it says nothing
 */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  const waitMs = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  if (Number.isNaN(waitMs)) return undefined;
  return Math.min(Math.max(Math.ceil(waitMs), 0), retryAfterMaxMs);
}

/** Accepts https anywhere and http on loopback only. Throws a `TypeError` that names the option, not its value. */
export function parseSecureUrl(text: string, option: string): URL {
  if (!URL.canParse(text)) throw new TypeError(`${option} is not a URL.`);
  const url = new URL(text);
  if (url.username || url.password) throw new TypeError(`${option} must not carry credentials.`);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return url;
  throw new TypeError(`${option} must use https (http is allowed on loopback only).`);
}
