-- Staff: what we know of them beside their token, their sessions in the browser, and the requests they made.

create table fulfillment.ops_users (
  subject text primary key check (char_length(subject) between 1 and 200),
  name text check (char_length(name) <= 200),
  email text check (char_length(email) <= 254),
  withheld_roles text[] not null default '{}'
    check (withheld_roles <@ array['ops_viewer', 'ops_editor', 'ops_admin', 'ops_finance']),
  disabled_at timestamptz,
  disabled_by text check (char_length(disabled_by) between 1 and 200),
  disabled_reason text check (char_length(disabled_reason) between 1 and 500),
  first_seen_at timestamptz not null default clock_timestamp(),
  last_seen_at timestamptz not null default clock_timestamp(),
  constraint disabled_by_somebody_for_a_reason check (num_nulls(disabled_at, disabled_by, disabled_reason) in (0, 3))
);
comment on table fulfillment.ops_users is 'Roles come from the token. A row can only take some or all of them away. Kept as long as the audit.';

create table fulfillment.ops_sessions (
  token_sha256 bytea primary key check (octet_length(token_sha256) = 32),
  id uuid not null unique default fulfillment.uuid_v7(),
  subject text not null references fulfillment.ops_users (subject),
  roles text[] not null,
  methods text[] not null default '{}',
  signed_in_at timestamptz not null,
  created_at timestamptz not null default clock_timestamp(),
  used_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  ended_by text,
  constraint ends_within_eight_hours check (expires_at > created_at and expires_at <= created_at + interval '8 hours'),
  constraint ended_by_somebody check ((ended_at is null) = (ended_by is null))
) with (fillfactor = 70);
create index ops_sessions_subject on fulfillment.ops_sessions (subject) where ended_at is null;
comment on table fulfillment.ops_sessions is 'The browser holds the token, we hold its hash. Idle after 30 minutes without use. Retention: 30 days after their end.';
comment on column fulfillment.ops_sessions.id is 'What a session is called where people see it; it opens nothing.';
comment on column fulfillment.ops_sessions.methods is 'How they signed in: the token''s amr.';

-- The same request again gets the same answer, and does nothing a second time.
create table fulfillment.ops_requests (
  actor text not null check (char_length(actor) between 1 and 200),
  request_id text not null check (char_length(request_id) between 1 and 200),
  operation text not null,
  input_sha256 bytea not null check (octet_length(input_sha256) = 32),
  outcome jsonb,
  audit_seq bigint,
  created_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  primary key (actor, request_id),
  constraint finished_with_an_outcome check ((outcome is null) = (finished_at is null))
);
create index ops_requests_created on fulfillment.ops_requests (created_at);
comment on table fulfillment.ops_requests is 'Retention: 30 days.';
comment on column fulfillment.ops_requests.input_sha256 is 'The same request id with other input is a mistake, and refused.';
comment on column fulfillment.ops_requests.outcome is 'Ids, codes and counts; never a buyer''s data.';

do $$
declare
  table_name text;
begin
  foreach table_name in array array['ops_users', 'ops_sessions', 'ops_requests'] loop
    execute format('alter table fulfillment.%I enable row level security', table_name);
    execute format('alter table fulfillment.%I force row level security', table_name);
    execute format('create policy migrator_all on fulfillment.%I to fulfillment_migrator using (true) with check (true)', table_name);
    execute format('create policy operations_all on fulfillment.%I to fulfillment_operations using (true) with check (true)', table_name);
    execute format('grant select, insert, update on fulfillment.%I to fulfillment_operations', table_name);
  end loop;
end
$$;
grant delete on fulfillment.ops_sessions, fulfillment.ops_requests to fulfillment_operations;
