import { z } from 'zod';
import { callJson, type JsonAnswer } from '../jsonCall.ts';
import { createOutboundFetch, type Fetch, parseSecureUrl } from '../outbound.ts';

export interface ListmonkConnectionOptions {
  /** Where Listmonk stands, with its path where it has one; http on loopback only. */
  baseUrl: string;
  /** An API user (Admin → Users) and its token. */
  user: string;
  token: string;
  /** From the call to the end of the answer. Listmonk itself waits up to three seconds for a place in its queue. */
  timeoutMs: number;
  /** Only for tests. */
  fetch?: Fetch | undefined;
}

export interface ListmonkQuestion<Data> {
  /** Without a slash in front. */
  path: string;
  query?: Readonly<Record<string, string>>;
  /** Makes it a POST. */
  content?: { type: string; body: string | Uint8Array<ArrayBuffer> };
  /** Of what stands under `data` in a good answer. */
  data: z.ZodType<Data>;
  signal: AbortSignal;
}

export interface ListmonkApi {
  /** Never throws; Listmonk's envelope `{"data": …}` is taken off. */
  ask<Data>(question: ListmonkQuestion<Data>): Promise<JsonAnswer<{ data: Data }>>;
}

/** A template or a page of bounces; each bounce carries what its source reported. */
const answerBytesMax = 4 * 1024 * 1024;

/**
 * Listmonk's API with the login of an API user (listmonk.app/docs/apis/apis, "Auth"). No cookies: with a session's
 * cookie Listmonk ignores the token.
 *
 * @throws TypeError when an option cannot be used
 */
export function connectListmonk(options: ListmonkConnectionOptions): ListmonkApi {
  const { user, token, timeoutMs } = options;
  const base = parseSecureUrl(options.baseUrl, 'The address of Listmonk');
  if (!/^[\x21-\x39\x3b-\x7e]+$/.test(user)) throw new TypeError('The API user of Listmonk is not a name.');
  if (!/^[\x21-\x7e]+$/.test(token)) throw new TypeError('The token of Listmonk is empty or not one line.');
  const send = createOutboundFetch({ answerBytesMax, origins: [base.origin], fetch: options.fetch });
  const authorization = `token ${user}:${token}`;

  return {
    ask: ({ path, query, content, data, signal }) => {
      const url = new URL(path, base.href.endsWith('/') ? base : `${base.href}/`);
      for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
      return callJson(send, {
        url,
        method: content ? 'POST' : 'GET',
        headers: { authorization, ...(content && { 'content-type': content.type }) },
        ...(content && { body: content.body }),
        timeoutMs,
        shape: z.object({ data }),
        signal,
      });
    },
  };
}
