import type { Pool } from 'pg';

/**
 * The tables of the stand-in. `belongs_to` is the id an object is looked up by: the payment intent of a session or a
 * charge, the session of a line item, the product of a price. `body` is the object as the API shows it.
 */
const tables = `
create schema if not exists stripe_sandbox;

create table if not exists stripe_sandbox.objects (
  id text primary key,
  type text not null,
  created bigint not null,
  seq bigserial,
  belongs_to text,
  body jsonb not null
);
create index if not exists objects_by_time on stripe_sandbox.objects (type, created desc, seq desc);
create index if not exists objects_by_owner on stripe_sandbox.objects (belongs_to, type, seq) where belongs_to is not null;

create table if not exists stripe_sandbox.deliveries (
  id bigserial primary key,
  event_id text not null,
  endpoint_id text not null default 'we_1SandboxEndpoint00000000',
  state text not null check (state in ('pending', 'delivered', 'dropped')),
  attempts integer not null default 0,
  due_at timestamptz not null,
  delivered_at timestamptz,
  last_status integer,
  last_error text,
  last_answer_ms double precision
);
alter table stripe_sandbox.deliveries
  add column if not exists endpoint_id text not null default 'we_1SandboxEndpoint00000000';
create index if not exists deliveries_pending on stripe_sandbox.deliveries (due_at, id) where state = 'pending';
create index if not exists deliveries_by_event on stripe_sandbox.deliveries (event_id);

create table if not exists stripe_sandbox.settlements (
  session_id text primary key,
  outcome text not null check (outcome in ('succeeded', 'failed')),
  due_at timestamptz not null
);

create table if not exists stripe_sandbox.idempotency_keys (
  key text primary key,
  fingerprint text not null,
  request_id text not null,
  status integer not null,
  body text not null,
  created_at timestamptz not null default clock_timestamp()
);
`;

/** Makes what is missing and leaves the rest as it is. */
export async function createTables(pool: Pool): Promise<void> {
  await pool.query(tables);
}
