-- Actions on many orders: planned with the ids pinned, approved where many are touched, run item by item, and stopped
-- or taken up again at any item. Retention: 13 months.

create table fulfillment.ops_bulk_runs (
  id uuid primary key default fulfillment.uuid_v7(),
  action text not null check (char_length(action) between 1 and 100),
  params jsonb not null default '{}',
  query text not null check (char_length(query) <= 4000),
  digest bytea not null check (octet_length(digest) = 32),
  state text not null default 'planned'
    check (state in ('planned', 'running', 'paused', 'finished', 'aborted', 'expired')),
  version integer not null default 1,
  items integer not null check (items >= 0),
  eligible integer not null check (eligible between 0 and items),
  ineligible_reasons jsonb not null default '{}',
  summary jsonb not null default '{}',
  approval_needed boolean not null,
  planned_by text not null check (char_length(planned_by) between 1 and 200),
  planned_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  approved_by text check (char_length(approved_by) between 1 and 200),
  approved_at timestamptz,
  started_by text check (char_length(started_by) between 1 and 200),
  started_at timestamptz,
  reason text check (char_length(reason) between 1 and 1000),
  rate_per_second double precision check (rate_per_second > 0 and rate_per_second <= 1000),
  worker text check (char_length(worker) between 1 and 200),
  lease_until timestamptz,
  finished_at timestamptz,
  constraint approved_by_somebody check (num_nulls(approved_by, approved_at) in (0, 2)),
  constraint approved_by_a_second_person check (approved_by is distinct from planned_by or approved_by is null),
  constraint not_started_by_its_approver check (approved_by is distinct from started_by or approved_by is null),
  constraint started_for_a_reason check (num_nulls(started_by, started_at, reason, rate_per_second) in (0, 4)),
  constraint runs_once_started check (state in ('planned', 'expired', 'aborted') or started_at is not null),
  constraint runs_only_approved check (not approval_needed or started_at is null or approved_at is not null),
  constraint ended_when_final check ((state in ('finished', 'aborted', 'expired')) = (finished_at is not null)),
  constraint held_until_a_time check (num_nulls(worker, lease_until) in (0, 2))
) with (fillfactor = 70);
create index ops_bulk_runs_unfinished on fulfillment.ops_bulk_runs (id) where finished_at is null;
comment on column fulfillment.ops_bulk_runs.query is 'The search that chose the items, canonical. Never run again: the items are pinned.';
comment on column fulfillment.ops_bulk_runs.digest is 'Over action, parameters, ids and versions: who starts or approves names it, so nobody starts what they did not see.';
comment on column fulfillment.ops_bulk_runs.summary is 'What will come of it: amounts by currency, buyers, mails; counts only.';

create table fulfillment.ops_bulk_items (
  run_id uuid not null references fulfillment.ops_bulk_runs (id),
  ordinal integer not null check (ordinal > 0),
  job_id uuid not null,
  decided_on text not null,
  eligible boolean not null,
  ineligible_reason text,
  state text not null default 'waiting' check (state in ('waiting', 'done', 'refused', 'failed', 'left_out')),
  outcome text check (char_length(outcome) <= 300),
  audit_seq bigint,
  finished_at timestamptz,
  primary key (run_id, ordinal),
  unique (run_id, job_id),
  constraint ineligible_for_a_reason check (eligible = (ineligible_reason is null)),
  constraint ineligible_are_left_out check (eligible or state = 'left_out'),
  constraint ended_when_not_waiting check ((state in ('waiting', 'left_out')) = (finished_at is null))
) with (fillfactor = 80);
create index ops_bulk_items_waiting on fulfillment.ops_bulk_items (run_id, ordinal) where state = 'waiting';
comment on column fulfillment.ops_bulk_items.decided_on is 'The version of the job when the plan was made; one that has moved since is refused by itself.';

do $$
declare
  table_name text;
begin
  foreach table_name in array array['ops_bulk_runs', 'ops_bulk_items'] loop
    execute format('alter table fulfillment.%I enable row level security', table_name);
    execute format('alter table fulfillment.%I force row level security', table_name);
    execute format('create policy migrator_all on fulfillment.%I to fulfillment_migrator using (true) with check (true)', table_name);
    execute format('create policy operations_all on fulfillment.%I to fulfillment_operations using (true) with check (true)', table_name);
    execute format('grant select, insert, update on fulfillment.%I to fulfillment_operations', table_name);
  end loop;
end
$$;
