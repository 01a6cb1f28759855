-- Every signed webhook, as the bytes that were signed, before anything is made of it.
-- Retention: bytes 90 days, then reduced to the columns.

create table fulfillment.stripe_events (
  id uuid primary key default fulfillment.uuid_v7(),
  event_id text,
  type text,
  api_version text,
  livemode boolean,
  occurred_at timestamptz,
  received_at timestamptz not null default clock_timestamp(),
  body bytea,
  content_sha256 bytea not null,
  verdict text not null check (verdict in ('accepted', 'ignored', 'quarantined', 'conflict')),
  reason text,
  payment_id uuid,
  constraint quarantine_has_a_reason check (verdict = 'accepted' or reason is not null),
  constraint only_quarantined_without_id check (event_id is not null or verdict = 'quarantined')
);
comment on column fulfillment.stripe_events.body is 'Raw bytes as signed. bytea, because jsonb refuses NUL and lone surrogates.';
comment on column fulfillment.stripe_events.content_sha256 is 'Of type and data, not of the whole body: Stripe changes pending_webhooks between deliveries of one event.';
comment on column fulfillment.stripe_events.verdict is 'conflict: the same id came with other content; the first one counts.';

create unique index stripe_events_event_id on fulfillment.stripe_events (event_id) where verdict <> 'conflict';
create unique index stripe_events_conflicts on fulfillment.stripe_events (event_id, content_sha256) where verdict = 'conflict';
create unique index stripe_events_nameless on fulfillment.stripe_events (content_sha256) where event_id is null;
create index stripe_events_quarantined on fulfillment.stripe_events (received_at) where verdict in ('quarantined', 'conflict');

alter table fulfillment.stripe_events enable row level security;
alter table fulfillment.stripe_events force row level security;
create policy migrator_all on fulfillment.stripe_events to fulfillment_migrator using (true) with check (true);
create policy reader_select on fulfillment.stripe_events for select to fulfillment_reader using (true);
grant select (id, event_id, type, api_version, livemode, occurred_at, received_at, verdict, reason, payment_id)
  on fulfillment.stripe_events to fulfillment_reader;
