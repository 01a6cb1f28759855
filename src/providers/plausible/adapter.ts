import { Fault } from '../../domain/fault.ts';
import type { Analytics, AnalyticsEvent } from '../../ports/analytics.ts';
import { createOutboundFetch, OutboundError, retryAfterMs, underDeadline } from '../outbound.ts';
import type { Fetch } from '../outbound.ts';
import { plausibleFault } from './faults.ts';

export interface PlausibleAnalyticsOptions {
  /** The events API, for example `https://plausible.io/api/event`. It takes no credentials, so http is allowed. */
  apiUrl: string;
  /** The site as it is called in Plausible. */
  domain: string;
  /** Plausible drops events of agents it takes for robots; see plausible.io/docs/events-api. */
  userAgent: string;
  timeoutMs: number;
  fetch?: Fetch;
}

/** Events to Plausible. It has no key against doubles; the id travels as the property `event_id`. */
export function createPlausibleAnalytics(options: PlausibleAnalyticsOptions): Analytics {
  const url = new URL(options.apiUrl);
  const send = createOutboundFetch({
    answerBytesMax: 64 * 1024,
    origins: [url.origin],
    fetch: options.fetch,
  });

  return {
    name: 'plausible',
    track: async (event, signal) => {
      const request: RequestInit = {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': options.userAgent },
        body: JSON.stringify(bodyOf(event, options.domain)),
      };
      const answer = await underDeadline(signal, options.timeoutMs, (deadline) =>
        send(url, { ...request, signal: deadline }),
      ).catch((thrown: unknown) => {
        const trouble = thrown instanceof OutboundError ? thrown.trouble : 'connection_lost';
        throw new Fault(plausibleFault({ kind: 'outbound', trouble }));
      });
      if (answer.headers.has('x-plausible-dropped')) throw new Fault(plausibleFault({ kind: 'dropped' }));
      if (answer.status === 200 || answer.status === 202) return;
      const waitMs = retryAfterMs(answer.headers.get('retry-after'), Date.now());
      throw new Fault(plausibleFault({ kind: 'answer', status: answer.status, retryAfterMs: waitMs }));
    },
  };
}

function bodyOf({ id, name, properties, revenue }: AnalyticsEvent, domain: string) {
  return {
    name,
    domain,
    url: `https://${domain}/fulfillment/${name}`,
    props: { ...properties, event_id: id },
    ...(revenue && { revenue: { amount: revenue.amount, currency: revenue.currency.toUpperCase() } }),
    // It is our server that speaks, not a visitor on a page.
    interactive: false,
  };
}
