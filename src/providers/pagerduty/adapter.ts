import { z } from 'zod';
import type { AlertNotice, AlertSender } from '../../ports/alertDelivery.ts';
import { alertFault } from '../alertFault.ts';
import { callJson } from '../jsonCall.ts';
import { createOutboundFetch, type Fetch, parseSecureUrl } from '../outbound.ts';

export interface PagerDutyOptions {
  /** Of an integration "Events API v2", 32 characters. */
  routingKey: string;
  /** `https://events.pagerduty.com`, or the one of the service region; http on loopback only. */
  eventsUrl: string;
  /** Where this service is, shown as the source. */
  source: string;
  timeoutMs?: number;
  fetch?: Fetch;
}

const accepted = z.object({ status: z.literal('success') });
const severities = { page: 'critical', ticket: 'warning', info: 'info' } as const;
const actions = { opened: 'trigger', acknowledged: 'acknowledge', resolved: 'resolve' } as const;
const summaryMax = 1_024;

/**
 * Alerts as incidents of PagerDuty, by its Events API v2: the key makes what is told twice one incident. The daily test is
 * a change event, which proves the key and wakes nobody; a test that somebody asks for opens an incident and ends it.
 */
export function createPagerDuty(options: PagerDutyOptions): AlertSender {
  const { routingKey, source, timeoutMs = 10_000 } = options;
  const base = parseSecureUrl(options.eventsUrl, 'eventsUrl');
  const send = createOutboundFetch({
    answerBytesMax: 64 * 1024,
    origins: [base.origin],
    fetch: options.fetch,
  });

  async function call(path: string, body: object, signal: AbortSignal): Promise<void> {
    const answer = await callJson(send, {
      url: new URL(path, base),
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ routing_key: routingKey, ...body }),
      timeoutMs,
      shape: accepted,
      signal,
    });
    if (answer.kind !== 'ok') throw alertFault('pagerduty', answer);
  }

  const event = (notice: AlertNotice, action: 'trigger' | 'acknowledge' | 'resolve') => ({
    event_action: action,
    dedup_key: notice.key.slice(0, 255),
    ...(action === 'trigger' ? contentOf(notice, source) : {}),
  });

  return {
    channel: 'pagerduty',
    async send(notice, signal) {
      const { kind } = notice;
      if (kind === 'daily_test') {
        const payload = { summary: notice.summary, timestamp: notice.at.toISOString(), source };
        await call('/v2/change/enqueue', { payload }, signal);
      } else if (kind === 'test') {
        await call('/v2/enqueue', event(notice, 'trigger'), signal);
        await call('/v2/enqueue', event(notice, 'resolve'), signal);
      } else await call('/v2/enqueue', event(notice, actions[kind]), signal);
      return null;
    },
  };
}

function contentOf({ rule, severity, summary, at, details, links }: AlertNotice, source: string) {
  return {
    client: 'fulfillment-orchestrator',
    links,
    payload: {
      summary: summary.slice(0, summaryMax),
      source,
      severity: severities[severity],
      timestamp: at.toISOString(),
      component: 'fulfillment',
      class: rule,
      custom_details: details,
    },
  };
}
