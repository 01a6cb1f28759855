import { Fault } from '../../domain/fault.ts';
import type { ShopWebhook } from '../../ports/shopWebhook.ts';
import {
  createOutboundFetch,
  type Fetch,
  OutboundError,
  parseSecureUrl,
  retryAfterMs,
  underDeadline,
} from '../outbound.ts';
import { shopFault } from './faults.ts';
import { shopKeyOf, signedHeaders } from './signature.ts';

export interface ShopWebhookOptions {
  /** https; http on loopback only. */
  url: string;
  /** `whsec_…`, newest first; every message is signed with each. */
  secrets: readonly string[];
  /** From the call to the end of the answer. */
  timeoutMs: number;
  userAgent: string;
  now(): Date;
  /** Only for tests. */
  fetch?: Fetch | undefined;
}

/** Nothing of the answer but its status means anything. */
const answerBytesMax = 64 * 1024;

/**
 * Messages to the shop's endpoint, as Standard Webhooks has them. Follows no redirect.
 *
 * @throws TypeError when an option cannot be used; the message repeats no secret
 */
export function createShopWebhook(options: ShopWebhookOptions): ShopWebhook {
  const url = parseSecureUrl(options.url, 'The address of the shop’s webhook');
  const keys = options.secrets.map(shopKeyOf);
  if (keys.length === 0) throw new TypeError('The shop’s webhook needs a signing secret.');
  const fetch = createOutboundFetch({ answerBytesMax, origins: [url.origin], fetch: options.fetch });

  return {
    name: 'shop',
    async send({ id, body }, signal) {
      const headers = {
        'content-type': 'application/json',
        'user-agent': options.userAgent,
        ...signedHeaders({ id, sentAt: options.now(), body }, keys),
      };
      const answer = await underDeadline(signal, options.timeoutMs, (deadline) =>
        fetch(url, { method: 'POST', headers, body, signal: deadline }),
      ).catch((thrown: unknown) => {
        const trouble = thrown instanceof OutboundError ? thrown.trouble : 'connection_lost';
        throw new Fault(shopFault({ kind: 'outbound', trouble }));
      });
      const { status } = answer;
      if (answer.ok) return { status };
      const waitMs = retryAfterMs(answer.headers.get('retry-after'), options.now().getTime());
      throw new Fault(shopFault({ kind: 'answer', status, retryAfterMs: waitMs }));
    },
  };
}
