import type { Pool } from 'pg';
import type { EventBody } from '../objects/shapes.ts';

export interface DueDelivery {
  id: string;
  endpointId: string;
  attempts: number;
  event: EventBody;
}

export interface DeliveryOutcome {
  id: string;
  attempts: number;
  status: number | null;
  error: string | null;
  answerMs: number;
  state: 'pending' | 'delivered' | 'dropped';
  /** When to try again, if it is pending. */
  retryInMs: number;
}

/** Deliveries whose time has come, without those that are already on their way. */
export async function dueDeliveries(
  pool: Pool,
  onTheWay: readonly string[],
  limit: number,
): Promise<DueDelivery[]> {
  const { rows } = await pool.query<DueDelivery>(
    `select d.id::text, d.endpoint_id as "endpointId", d.attempts, o.body as event
     from stripe_sandbox.deliveries d join stripe_sandbox.objects o on o.id = d.event_id
     where d.state = 'pending' and d.due_at <= clock_timestamp() and d.id <> all($1::bigint[])
     order by d.due_at, d.id limit $2`,
    [onTheWay, limit],
  );
  return rows;
}

/** In how many milliseconds the next delivery is due, or null when none is pending. */
export async function nextDeliveryInMs(pool: Pool, onTheWay: readonly string[]): Promise<number | null> {
  const { rows } = await pool.query<{ ms: number | null }>(
    `select (extract(epoch from min(due_at) - clock_timestamp()) * 1000)::float8 as ms
     from stripe_sandbox.deliveries where state = 'pending' and id <> all($1::bigint[])`,
    [onTheWay],
  );
  const ms = rows[0]?.ms ?? null;
  return ms === null ? null : Math.max(0, Math.ceil(ms));
}

/** Records what became of several deliveries in one statement. */
export async function recordOutcomes(pool: Pool, outcomes: readonly DeliveryOutcome[]): Promise<void> {
  await pool.query(
    `update stripe_sandbox.deliveries d
     set attempts = o.attempts, last_status = o.status, last_error = o.error, last_answer_ms = o."answerMs",
         state = o.state, delivered_at = case when o.state = 'delivered' then clock_timestamp() end,
         due_at = clock_timestamp() + o."retryInMs" * interval '1 millisecond'
     from jsonb_to_recordset($1::jsonb)
       as o(id bigint, attempts integer, status integer, error text, "answerMs" float8, state text,
            "retryInMs" float8)
     where d.id = o.id`,
    [JSON.stringify(outcomes)],
  );
}

/** Of these events, those that some endpoints have not got yet, with the number of such endpoints. */
export async function pendingWebhooks(
  pool: Pick<Pool, 'query'>,
  eventIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ event_id: string; endpoints: number }>(
    `select event_id, count(distinct endpoint_id)::int as endpoints
     from stripe_sandbox.deliveries where event_id = any($1) and state <> 'delivered' group by event_id`,
    [eventIds],
  );
  return new Map(rows.map((row) => [row.event_id, row.endpoints]));
}

export interface DeliverySummary {
  pending: number;
  delivered: number;
  dropped: number;
  attempts: number;
  lastStatuses: Record<string, number>;
  answerMs: { p50: number | null; p95: number | null; max: number | null };
}

/** What has been sent so far, and how fast it was answered at the last try. */
export async function summarizeDeliveries(pool: Pool): Promise<DeliverySummary> {
  const { rows } = await pool.query<DeliverySummary>(`
    select count(*) filter (where state = 'pending')::int as pending,
           count(*) filter (where state = 'delivered')::int as delivered,
           count(*) filter (where state = 'dropped')::int as dropped,
           coalesce(sum(attempts), 0)::int as attempts,
           (select coalesce(jsonb_object_agg(status, n), '{}') from (
              select coalesce(last_status::text, last_error) as status, count(*) as n
              from stripe_sandbox.deliveries where attempts > 0 group by 1) as by_status) as "lastStatuses",
           jsonb_build_object(
             'p50', percentile_cont(0.5) within group (order by last_answer_ms),
             'p95', percentile_cont(0.95) within group (order by last_answer_ms),
             'max', max(last_answer_ms)) as "answerMs"
    from stripe_sandbox.deliveries`);
  return rows[0] as DeliverySummary;
}
