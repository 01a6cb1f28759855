-- What people are told to look at: alerts, and the differences that reconciliation found.

create table fulfillment.alerts (
  id uuid primary key default fulfillment.uuid_v7(),
  rule text not null check (char_length(rule) between 1 and 100),
  scope text not null default '' check (char_length(scope) <= 200),
  dedup_key text generated always as ('fulfillment:' || rule || ':' || scope) stored,
  severity text not null check (severity in ('page', 'ticket')),
  state text not null default 'open' check (state in ('open', 'acknowledged', 'resolved')),
  summary text not null check (char_length(summary) between 1 and 500),
  data jsonb not null default '{}',
  job_id uuid,
  version integer not null default 1,
  opened_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp(),
  notified_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text check (char_length(acknowledged_by) between 1 and 200),
  acknowledged_reason text check (char_length(acknowledged_reason) between 1 and 500),
  resolved_at timestamptz,
  constraint acknowledged_by_somebody check (num_nulls(acknowledged_at, acknowledged_by) in (0, 2)),
  constraint acknowledged_when_it_says_so check (state <> 'acknowledged' or acknowledged_at is not null),
  constraint resolved_when_it_says_so check ((state = 'resolved') = (resolved_at is not null))
) with (fillfactor = 70);
create unique index alerts_one_at_a_time on fulfillment.alerts (dedup_key) where resolved_at is null;
create index alerts_of_job on fulfillment.alerts (job_id) where job_id is not null;
comment on table fulfillment.alerts is 'One row per rule and scope from its opening to its end. Retention: 13 months.';
comment on column fulfillment.alerts.summary is 'Ids and counts; it leaves the house.';
comment on column fulfillment.alerts.version is 'Grows with every change; whoever acknowledges says which one they saw.';

create table fulfillment.reconciliation_runs (
  id uuid primary key default fulfillment.uuid_v7(),
  day date not null,
  state text not null default 'running' check (state in ('running', 'finished', 'failed')),
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  checked jsonb not null default '{}',
  failure text,
  constraint ended_when_not_running check ((state = 'running') = (finished_at is null)),
  constraint failed_for_a_reason check ((state = 'failed') = (failure is not null))
);
create index reconciliation_runs_day on fulfillment.reconciliation_runs (day);
comment on column fulfillment.reconciliation_runs.checked is 'How much of each truth was compared: counts by source.';

create table fulfillment.reconciliation_findings (
  id uuid primary key default fulfillment.uuid_v7(),
  run_id uuid not null references fulfillment.reconciliation_runs (id),
  last_run_id uuid not null references fulfillment.reconciliation_runs (id),
  kind text not null check (kind ~ '^[a-z][a-z0-9_]{0,59}$'),
  subject_key text not null check (char_length(subject_key) between 1 and 300),
  payment_id uuid references fulfillment.payments (id),
  state text not null default 'open' check (state in ('open', 'healed', 'fixed', 'accepted')),
  details jsonb not null default '{}',
  version integer not null default 1,
  found_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz,
  closed_by text check (char_length(closed_by) between 1 and 200),
  close_reason text check (char_length(close_reason) between 1 and 500),
  constraint closed_when_not_open check ((state = 'open') = (closed_at is null)),
  constraint people_close_for_a_reason check (state not in ('fixed', 'accepted') or num_nulls(closed_by, close_reason) = 0)
);
create unique index reconciliation_findings_one_open on fulfillment.reconciliation_findings (kind, subject_key) where state = 'open';
create index reconciliation_findings_payment on fulfillment.reconciliation_findings (payment_id) where payment_id is not null;
create index reconciliation_findings_run on fulfillment.reconciliation_findings (last_run_id);
comment on column fulfillment.reconciliation_findings.run_id is 'The run that found it first; last_run_id saw it last.';
comment on column fulfillment.reconciliation_findings.subject_key is 'The payment key, or whatever else the difference is about.';
comment on column fulfillment.reconciliation_findings.details is 'Ids, amounts and states on each side; never a buyer''s data.';

do $$
declare
  table_name text;
begin
  foreach table_name in array array['alerts', 'reconciliation_runs', 'reconciliation_findings'] loop
    execute format('alter table fulfillment.%I enable row level security', table_name);
    execute format('alter table fulfillment.%I force row level security', table_name);
    execute format('create policy migrator_all on fulfillment.%I to fulfillment_migrator using (true) with check (true)', table_name);
    execute format('create policy operations_all on fulfillment.%I to fulfillment_operations using (true) with check (true)', table_name);
    execute format('create policy worker_all on fulfillment.%I to fulfillment_worker using (true) with check (true)', table_name);
    execute format('create policy reader_select on fulfillment.%I for select to fulfillment_reader using (true)', table_name);
    execute format('grant select, insert, update on fulfillment.%I to fulfillment_operations, fulfillment_worker', table_name);
    execute format('grant select on fulfillment.%I to fulfillment_reader', table_name);
  end loop;
end
$$;
