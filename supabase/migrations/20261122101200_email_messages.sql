-- One row per mail that is owed, found by its logical key, and one per attempt to send it. The bytes are rendered
-- once, are the same on every attempt, and are purged as soon as the provider's acceptance is proven.

create table fulfillment.email_messages (
  id uuid primary key default fulfillment.uuid_v7(),
  logical_key text not null unique,
  kind text not null check (kind in ('receipt', 'files_ready')),
  payment_id uuid not null references fulfillment.payments (id),
  message_id text not null unique,
  to_address text not null,
  from_address text not null,
  bytes bytea,
  bytes_sha256 bytea not null,
  state text not null default 'queued' check (state in ('queued', 'unknown', 'accepted', 'refused')),
  ambiguities integer not null default 0,
  provider text,
  reference text,
  created_at timestamptz not null default clock_timestamp(),
  accepted_at timestamptz,
  constraint accepted_has_proof check ((state = 'accepted') = (accepted_at is not null and provider is not null)),
  constraint bytes_until_accepted check (bytes is not null or state = 'accepted')
);
comment on column fulfillment.email_messages.ambiguities is 'How often the mail was sent again after an attempt that had no answer; written with the intent of the repeat.';

create table fulfillment.email_attempts (
  message_id uuid not null references fulfillment.email_messages (id),
  attempt integer not null check (attempt > 0),
  provider text not null,
  lease_token bigint not null,
  intended_at timestamptz not null default clock_timestamp(),
  outcome text check (outcome in ('accepted', 'refused', 'unknown')),
  detail text,
  finished_at timestamptz,
  primary key (message_id, attempt),
  constraint outcome_when_finished check ((outcome is null) = (finished_at is null))
);
comment on table fulfillment.email_attempts is 'The row is committed before the socket opens. No outcome means unknown, never "not sent".';

alter table fulfillment.email_messages enable row level security;
alter table fulfillment.email_messages force row level security;
create policy migrator_all on fulfillment.email_messages to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.email_messages to fulfillment_worker using (true) with check (true);
create policy reader_select on fulfillment.email_messages for select to fulfillment_reader using (true);
grant select, insert, update on fulfillment.email_messages to fulfillment_worker;
grant select (id, logical_key, kind, payment_id, message_id, state, ambiguities, provider, reference, created_at, accepted_at)
  on fulfillment.email_messages to fulfillment_reader;

alter table fulfillment.email_attempts enable row level security;
alter table fulfillment.email_attempts force row level security;
create policy migrator_all on fulfillment.email_attempts to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.email_attempts to fulfillment_worker using (true) with check (true);
create policy reader_select on fulfillment.email_attempts for select to fulfillment_reader using (true);
grant select, insert, update on fulfillment.email_attempts to fulfillment_worker;
grant select on fulfillment.email_attempts to fulfillment_reader;
