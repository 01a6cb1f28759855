import type { z } from 'zod';
import { type Fetch, OutboundError, type OutboundTrouble, retryAfterMs, underDeadline } from './outbound.ts';

export interface JsonCall<Body> {
  url: URL;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  /** Sent as it is: what was made once is the same on every attempt. */
  body?: string | FormData | Uint8Array<ArrayBuffer>;
  /** From the call to the end of the answer. */
  timeoutMs: number;
  /** What a good answer must look like; what is not of this shape is no good answer, whatever its status. */
  shape: z.ZodType<Body>;
  signal: AbortSignal;
}

/** What became of a call, for a fault table to judge. */
export type JsonFailure =
  | { kind: 'outbound'; trouble: OutboundTrouble }
  /** An answer with a status that is no success. */
  | { kind: 'answer'; status: number; json: unknown; retryAfterMs?: number | undefined }
  /** A success that is none: HTML, nothing, half of something, or JSON of another shape. */
  | { kind: 'malformed'; status: number };

export type JsonAnswer<Body> = { kind: 'ok'; status: number; body: Body } | JsonFailure;

/** Asks for JSON under a deadline. Never throws; `send` has the byte cap, the origins and follows no redirect. */
export async function callJson<Body>(send: Fetch, call: JsonCall<Body>): Promise<JsonAnswer<Body>> {
  const { url, method, headers, body, timeoutMs, shape, signal } = call;
  try {
    const answer = await underDeadline(signal, timeoutMs, (deadline) =>
      send(url, { method, headers, ...(body === undefined ? {} : { body }), signal: deadline }),
    );
    const json = jsonOf(await answer.text());
    const { status } = answer;
    if (status < 200 || status > 299) {
      const waitMs = retryAfterMs(answer.headers.get('retry-after'), Date.now());
      return { kind: 'answer', status, json, retryAfterMs: waitMs };
    }
    const read = shape.safeParse(json);
    return read.success ? { kind: 'ok', status, body: read.data } : { kind: 'malformed', status };
  } catch (thrown) {
    return {
      kind: 'outbound',
      trouble: thrown instanceof OutboundError ? thrown.trouble : 'connection_lost',
    };
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
