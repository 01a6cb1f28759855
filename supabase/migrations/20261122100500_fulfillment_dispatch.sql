-- The hot, narrow table of open jobs: when each is next due and who holds it. A row exists as long as work is owed.
-- Waiting: due_at is when to run. Leased: due_at is when the lease ends. So one claim serves first run, retry,
-- recheck and take-over, and "stuck" cannot be stored.

create table fulfillment.fulfillment_dispatch (
  job_id uuid primary key references fulfillment.fulfillment_jobs (id),
  plan_key text not null,
  due_at timestamptz not null,
  lease_token bigint not null default 0,
  worker text,
  control_seq bigint not null default 0,
  isolation smallint not null default 0 check (isolation between 0 and 2),
  losses_alone smallint not null default 0
) with (
  fillfactor = 60,
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 2000,
  autovacuum_vacuum_cost_delay = 0
);
comment on column fulfillment.fulfillment_dispatch.lease_token is 'Grows by one with every claim; every write for the job carries it.';
comment on column fulfillment.fulfillment_dispatch.worker is 'Who holds the lease; null while the job waits.';
comment on column fulfillment.fulfillment_dispatch.control_seq is 'Raised by people and by new facts; the holder sees it with its next record.';
comment on column fulfillment.fulfillment_dispatch.isolation is
  'After a lost lease a job is claimed in a small group (1), and after another one alone (2); only losses while alone count towards crash_loop.';

-- Index order is claim order.
create index fulfillment_dispatch_due on fulfillment.fulfillment_dispatch (due_at, job_id) where isolation = 0;
create index fulfillment_dispatch_due_isolated on fulfillment.fulfillment_dispatch (due_at, job_id) where isolation > 0;

alter table fulfillment.fulfillment_dispatch enable row level security;
alter table fulfillment.fulfillment_dispatch force row level security;
create policy migrator_all on fulfillment.fulfillment_dispatch to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.fulfillment_dispatch to fulfillment_worker using (true) with check (true);
create policy reader_select on fulfillment.fulfillment_dispatch for select to fulfillment_reader using (true);
grant select, insert, update, delete on fulfillment.fulfillment_dispatch to fulfillment_worker;
grant select on fulfillment.fulfillment_dispatch to fulfillment_reader;
