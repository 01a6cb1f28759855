-- One row per step that has been tried; a step without a row waits. No foreign keys: rows are written only beside a
-- locked dispatch row, and a key check would dirty the job's row with every step.

create table fulfillment.fulfillment_job_steps (
  job_id uuid not null,
  step text not null,
  state text not null check (state in ('waiting', 'blocked', 'failed', 'done', 'skipped')),
  attempts integer not null default 0 check (attempts >= 0),
  due_at timestamptz,
  reason text,
  output jsonb,
  lease_token bigint not null,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (job_id, step),
  constraint stopped_has_a_reason check (state not in ('blocked', 'failed') or reason is not null)
) with (fillfactor = 85);

-- What a step does once per line or file. The intent is committed before the socket opens.
create table fulfillment.fulfillment_job_effects (
  job_id uuid not null,
  step text not null,
  effect_key text not null,
  state text not null check (state in ('waiting', 'intended', 'unknown', 'blocked', 'failed', 'done')),
  attempts integer not null default 0 check (attempts >= 0),
  due_at timestamptz,
  reason text,
  evidence jsonb,
  lease_token bigint not null,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (job_id, step, effect_key),
  constraint done_has_evidence check (state <> 'done' or evidence is not null),
  constraint stopped_has_a_reason check (state not in ('blocked', 'failed') or reason is not null)
) with (fillfactor = 70);
comment on column fulfillment.fulfillment_job_effects.state is 'intended without a result means: it may have happened.';

alter table fulfillment.fulfillment_job_steps enable row level security;
alter table fulfillment.fulfillment_job_steps force row level security;
create policy migrator_all on fulfillment.fulfillment_job_steps to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.fulfillment_job_steps to fulfillment_worker using (true) with check (true);
create policy reader_select on fulfillment.fulfillment_job_steps for select to fulfillment_reader using (true);
grant select, insert, update on fulfillment.fulfillment_job_steps to fulfillment_worker;
grant select (job_id, step, state, attempts, due_at, reason, updated_at) on fulfillment.fulfillment_job_steps to fulfillment_reader;

alter table fulfillment.fulfillment_job_effects enable row level security;
alter table fulfillment.fulfillment_job_effects force row level security;
create policy migrator_all on fulfillment.fulfillment_job_effects to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.fulfillment_job_effects to fulfillment_worker using (true) with check (true);
create policy reader_select on fulfillment.fulfillment_job_effects for select to fulfillment_reader using (true);
grant select, insert, update on fulfillment.fulfillment_job_effects to fulfillment_worker;
grant select on fulfillment.fulfillment_job_effects to fulfillment_reader;
