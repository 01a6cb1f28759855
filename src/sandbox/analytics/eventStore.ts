import type { Pool } from 'pg';
import type { AnalyticsEvent } from './eventBody.ts';

export type StoredEvent = AnalyticsEvent & { id: number; userAgent: string; receivedAt: Date };

export type EventStore = {
  add(event: AnalyticsEvent, userAgent: string): Promise<void>;
  /** Oldest first; `name` null means all. `count` is of all that match, `events` at most `limit` of the latest. */
  list(query: { name: string | null; limit: number }): Promise<{ count: number; events: StoredEvent[] }>;
};

// json, not jsonb: it keeps an escaped NUL as it came.
const tables = `
select pg_advisory_xact_lock(hashtext('analytics_sandbox'));
create schema if not exists analytics_sandbox;
create table if not exists analytics_sandbox.events (
  id bigint generated always as identity primary key,
  name text not null,
  url text not null,
  domain text not null,
  props json not null,
  revenue json,
  user_agent text not null,
  received_at timestamptz not null default now()
);
create index if not exists events_name on analytics_sandbox.events (name, id);
`;

/** The events the sandbox was sent, in schema `analytics_sandbox`. Plausible knows no duplicates, so none are merged. */
export async function createEventStore(pool: Pool): Promise<EventStore> {
  await pool.query(tables);
  return {
    add: async (event, userAgent) => {
      await pool.query(
        `insert into analytics_sandbox.events (name, url, domain, props, revenue, user_agent)
         values ($1, $2, $3, $4, $5, $6)`,
        [
          event.name,
          event.url,
          event.domain,
          JSON.stringify(event.props),
          event.revenue && JSON.stringify(event.revenue),
          userAgent,
        ],
      );
    },
    list: async ({ name, limit }) => {
      const counted = await pool.query<{ count: number }>(
        'select count(*)::int4 as count from analytics_sandbox.events where $1::text is null or name = $1',
        [name],
      );
      const latest = await pool.query<StoredEvent>(
        `select id::float8 as id, name, url, domain, props, revenue, user_agent as "userAgent", received_at as "receivedAt"
         from analytics_sandbox.events where $1::text is null or name = $1 order by events.id desc limit $2`,
        [name, limit],
      );
      return { count: counted.rows[0]?.count ?? 0, events: latest.rows.toReversed() };
    },
  };
}
