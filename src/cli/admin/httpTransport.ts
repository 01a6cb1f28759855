import type { PlainJson } from '../../domain/canonicalJson.ts';
import type { CallOptions } from './adminClient.ts';

export type Input = Readonly<Record<string, PlainJson>>;
export type Call = CallOptions & { requestId: string };

export interface HttpRequest {
  method: 'GET' | 'POST';
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  /** By its name in lower case. */
  header(name: string): string | null;
  /** Of the header Retry-After. */
  retryAfterMs: number | undefined;
  body: string;
}

/** How a request can end without an answer. Redirects are not followed: they would carry the token elsewhere. */
export type HttpTrouble =
  'aborted' | 'timeout' | 'unreachable' | 'connection_lost' | 'redirected' | 'too_large';

export type SendHttp = (request: HttpRequest) => Promise<HttpAnswer | { trouble: HttpTrouble }>;
