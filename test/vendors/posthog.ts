import { startFaultHttp } from './faultHttp.ts';
import type { SeenRequest } from './faultHttp.ts';

export interface PostHogEvent {
  api_key: string;
  event: string;
  distinct_id: string;
  uuid?: string;
  timestamp?: string;
  properties?: Record<string, unknown>;
}

export interface PostHogVendor {
  url: string;
  /** All that came in, doubles included. */
  readonly received: PostHogEvent[];
  /** What is left when the tables have been merged. */
  merged(): PostHogEvent[];
  /** The next so many events are taken, and the connection is cut. */
  loseAnswers(times: number): void;
  stop(): Promise<void>;
}

/**
 * A stand-in for PostHog's capture API, from its documentation (posthog.com/docs/api/capture,
 * /docs/data/ingestion-warnings): it answers 200 for events that it then drops, refuses keys that are none of a
 * project, and merges doubles of one day, event, person and UUID in its own time
 * (github.com/PostHog/posthog, the events table: ReplacingMergeTree by these).
 */
export async function startPostHogVendor(): Promise<PostHogVendor> {
  const server = await startFaultHttp();
  const received: PostHogEvent[] = [];
  let toLose = 0;
  server.otherwise((request: SeenRequest) => {
    if (`${request.method} ${request.path}` !== 'POST /i/v0/e/') return { mode: 'answer', status: 404 };
    const event = JSON.parse(request.body) as PostHogEvent;
    if (!event.api_key) return { mode: 'answer', status: 401, text: 'event submitted without an api_key' };
    if (event.api_key.startsWith('phx_'))
      return { mode: 'answer', status: 401, text: 'API key is not valid: personal_api_key' };
    const isUuid = event.uuid === undefined || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(event.uuid);
    if (event.event && event.distinct_id && isUuid) received.push(event);
    if (toLose > 0) {
      toLose -= 1;
      return { mode: 'reset' };
    }
    return { mode: 'answer', json: { status: 'Ok' } };
  });

  return {
    url: server.url,
    received,
    merged: () => [...new Map(received.map((event) => [sortingKeyOf(event), event])).values()],
    loseAnswers: (times) => {
      toLose = times;
    },
    stop: () => server.stop(),
  };
}

const sortingKeyOf = ({ api_key: project, timestamp, event, distinct_id: person, uuid }: PostHogEvent) =>
  JSON.stringify([project, timestamp?.slice(0, 10), event, person, uuid]);
