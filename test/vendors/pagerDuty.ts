import { z } from 'zod';
import { type HttpBehaviour, startFaultHttp } from './faultHttp.ts';

/**
 * PagerDuty's Events API v2 and change events, by their documentation
 * (developer.pagerduty.com/docs/events-api-v2): what it demands of a payload, one incident a key, 202 and 400.
 */
const link = z.strictObject({ href: z.url(), text: z.string().optional() });
const payload = z.strictObject({
  summary: z.string().min(1).max(1024),
  source: z.string().min(1),
  severity: z.enum(['critical', 'error', 'warning', 'info']),
  timestamp: z.iso.datetime().optional(),
  component: z.string().optional(),
  group: z.string().optional(),
  class: z.string().optional(),
  custom_details: z.record(z.string(), z.unknown()).optional(),
});
const key = { routing_key: z.string().length(32), dedup_key: z.string().max(255) };
const event = z.discriminatedUnion('event_action', [
  z.strictObject({
    ...key,
    event_action: z.literal('trigger'),
    payload,
    client: z.string().optional(),
    client_url: z.url().optional(),
    links: z.array(link).optional(),
  }),
  z.strictObject({ ...key, event_action: z.literal('acknowledge') }),
  z.strictObject({ ...key, event_action: z.literal('resolve') }),
]);
const change = z.strictObject({
  routing_key: z.string().length(32),
  payload: z.strictObject({
    summary: z.string().min(1),
    timestamp: z.iso.datetime().optional(),
    source: z.string().optional(),
    custom_details: z.record(z.string(), z.unknown()).optional(),
  }),
  links: z.array(link).optional(),
});

export interface Incident {
  key: string;
  status: 'triggered' | 'acknowledged' | 'resolved';
  summary: string;
  severity: string;
  /** How often it was triggered; PagerDuty calls people once. */
  triggers: number;
  payload: z.infer<typeof payload>;
  links: Array<z.infer<typeof link>>;
}

export const routingKey = 'R0123456789abcdef0123456789abcde';

const json = (status: number, body: unknown): HttpBehaviour => ({ mode: 'answer', status, json: body });

export async function startPagerDuty() {
  const http = await startFaultHttp();
  const state = {
    incidents: [] as Incident[],
    changes: [] as string[],
    down: undefined as HttpBehaviour | undefined,
  };

  function enqueue(body: unknown): HttpBehaviour {
    const read = event.safeParse(body);
    if (!read.success || read.data.routing_key !== routingKey)
      return json(400, { status: 'invalid event', message: 'Event object is invalid', errors: ['invalid'] });
    const { data } = read;
    const open = state.incidents.find((one) => one.key === data.dedup_key && one.status !== 'resolved');
    if (data.event_action === 'trigger') {
      if (open) open.triggers += 1;
      else
        state.incidents.push({
          key: data.dedup_key,
          status: 'triggered',
          summary: data.payload.summary,
          severity: data.payload.severity,
          triggers: 1,
          payload: data.payload,
          links: data.links ?? [],
        });
    } else if (open) open.status = data.event_action === 'acknowledge' ? 'acknowledged' : 'resolved';
    return json(202, { status: 'success', message: 'Event processed', dedup_key: data.dedup_key });
  }

  function behave({ method, path, body }: { method: string; path: string; body: string }): HttpBehaviour {
    if (state.down) return state.down;
    if (method !== 'POST') return json(405, {});
    const read = JSON.parse(body) as unknown;
    if (path === '/v2/enqueue') return enqueue(read);
    if (path !== '/v2/change/enqueue') return json(404, {});
    const told = change.safeParse(read);
    if (!told.success || told.data.routing_key !== routingKey) return json(400, { status: 'invalid event' });
    state.changes.push(told.data.payload.summary);
    return json(202, { status: 'success', message: 'Change event processed' });
  }
  http.otherwise(behave);

  return {
    url: http.url,
    get incidents() {
      return state.incidents;
    },
    /** Summaries of change events, which call nobody. */
    get changes() {
      return state.changes;
    },
    get requests() {
      return http.requests;
    },
    /** What it does with everything from now on; undefined: it works again. */
    be(down: HttpBehaviour | undefined): void {
      state.down = down;
    },
    reset(): void {
      http.reset();
      http.otherwise(behave);
      Object.assign(state, { incidents: [], changes: [], down: undefined });
    },
    stop: () => http.stop(),
  };
}
