-- The durable duty. Two or three HOT updates per life; never partitioned, so that its keys stay globally unique.

create table fulfillment.fulfillment_jobs (
  id uuid primary key default fulfillment.uuid_v7(),
  kind text not null check (kind ~ '^[a-z][a-z0-9_]{0,39}$'),
  payment_id uuid references fulfillment.payments (id),
  subject_key text,
  state text not null default 'open'
    check (state in ('open', 'blocked', 'held', 'failed', 'completed', 'cancelled')),
  attention text generated always as (case when state in ('blocked', 'failed', 'held') then state end) stored,
  reason text,
  failed_step text,
  plan_id integer not null,
  order_snapshot jsonb,
  trace_context text,
  mail_unproven boolean not null default false,
  sla_deadline timestamptz not null,
  created_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  constraint subject_by_kind check (
    (kind in ('fulfil', 'settle') and payment_id is not null and subject_key is null)
    or (kind not in ('fulfil', 'settle') and subject_key is not null)),
  constraint finished_when_final check ((finished_at is not null) = (state in ('failed', 'completed', 'cancelled'))),
  constraint attention_has_a_reason check (state not in ('blocked', 'failed') or reason is not null)
) with (fillfactor = 50);
comment on column fulfillment.fulfillment_jobs.kind is 'fulfil and settle belong to a payment; every other kind (notify, or a plan of your own) to a subject key.';
comment on column fulfillment.fulfillment_jobs.plan_id is
  'Of fulfillment_plans: steps with their versions, frozen when the job was created. Without a foreign key, whose check would have every new job lock the same row; plans are never removed.';
comment on column fulfillment.fulfillment_jobs.attention is
  'A column of its own, because an index predicate on state would cost every job its HOT update on completion.';

create unique index fulfillment_jobs_one_fulfil on fulfillment.fulfillment_jobs (payment_id) where kind = 'fulfil';
create unique index fulfillment_jobs_one_settle on fulfillment.fulfillment_jobs (payment_id) where kind = 'settle';
create unique index fulfillment_jobs_one_subject on fulfillment.fulfillment_jobs (kind, subject_key) where subject_key is not null;
create index fulfillment_jobs_attention on fulfillment.fulfillment_jobs (attention, id) where attention is not null;

alter table fulfillment.fulfillment_jobs enable row level security;
alter table fulfillment.fulfillment_jobs force row level security;
create policy migrator_all on fulfillment.fulfillment_jobs to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.fulfillment_jobs to fulfillment_worker using (true) with check (true);
create policy reader_select on fulfillment.fulfillment_jobs for select to fulfillment_reader using (true);
grant select, insert, update on fulfillment.fulfillment_jobs to fulfillment_worker;
grant select (id, kind, payment_id, subject_key, state, attention, reason, failed_step, plan_id, mail_unproven,
    sla_deadline, created_at, finished_at)
  on fulfillment.fulfillment_jobs to fulfillment_reader;
