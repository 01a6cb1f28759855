import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import type { Analytics, AnalyticsEvent } from '../../ports/analytics.ts';
import { callJson } from '../jsonCall.ts';
import { createOutboundFetch, type Fetch, parseSecureUrl } from '../outbound.ts';
import { eventUuidOf } from './eventUuid.ts';
import { postHogFault } from './faults.ts';

export interface PostHogAnalyticsOptions {
  /** The ingestion host: `https://eu.i.posthog.com`, `https://us.i.posthog.com` or one's own. http on loopback only. */
  host: string;
  /** The project's key, `phc_…`. It is public and may only send events. */
  projectKey: string;
  timeoutMs: number;
  /** Only for tests. */
  fetch?: Fetch | undefined;
}

/** `{"status":1}`, or `{"status":"Ok"}` from newer releases. */
const taken = z.object({
  status: z.union([z.literal(1), z.literal('Ok')]),
  quota_limited: z.array(z.string()).nullish(),
});

/**
 * Events to PostHog (posthog.com/docs/api/capture), about no person: the order's id stands for one, and no profile is
 * made. Event name, id, time and distinct id are the same on every repeat, so PostHog keeps one of them; it does so when
 * it merges its tables, hence a double may be seen for a while (posthog.com/docs/data/ingestion-warnings).
 *
 * @throws TypeError when an option cannot be used
 */
export function createPostHogAnalytics(options: PostHogAnalyticsOptions): Analytics {
  const { projectKey, timeoutMs } = options;
  const base = parseSecureUrl(options.host, 'The host of PostHog');
  if (!/^[\w-]{1,200}$/.test(projectKey)) throw new TypeError('The project key of PostHog is none.');
  const url = new URL('i/v0/e/', base.href.endsWith('/') ? base : `${base.href}/`);
  const send = createOutboundFetch({
    answerBytesMax: 64 * 1024,
    origins: [url.origin],
    fetch: options.fetch,
  });

  return {
    name: 'posthog',
    track: async (event, signal) => {
      const answer = await callJson(send, {
        url,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'fulfillment-orchestrator' },
        body: JSON.stringify(bodyOf(event, projectKey)),
        timeoutMs,
        shape: taken,
        signal,
      });
      if (answer.kind !== 'ok') throw new Fault(postHogFault(answer));
      if (answer.body.quota_limited?.includes('events'))
        throw new Fault(postHogFault({ kind: 'quota_limited' }));
    },
  };
}

function bodyOf({ id, name, occurredAt, properties, revenue }: AnalyticsEvent, projectKey: string) {
  return {
    api_key: projectKey,
    event: name,
    distinct_id: properties['order_id'] ?? id,
    uuid: eventUuidOf(id),
    timestamp: occurredAt.toISOString(),
    properties: {
      ...properties,
      event_id: id,
      ...(revenue && { revenue: Number(revenue.amount), currency: revenue.currency.toUpperCase() }),
      $process_person_profile: false,
      // The address that asks is our server's, so a place would be ours as well.
      $geoip_disable: true,
    },
  };
}
