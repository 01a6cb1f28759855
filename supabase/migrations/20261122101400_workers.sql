-- Who works: one row per worker process, refreshed with its leases. Rows older than a day are removed by the next start.

create table fulfillment.workers (
  name text primary key,
  version text not null,
  plan_keys text[] not null,
  started_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp()
) with (fillfactor = 50);

alter table fulfillment.workers enable row level security;
alter table fulfillment.workers force row level security;
create policy migrator_all on fulfillment.workers to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.workers to fulfillment_worker using (true) with check (true);
create policy reader_select on fulfillment.workers for select to fulfillment_reader using (true);
grant select, insert, update, delete on fulfillment.workers to fulfillment_worker;
grant select on fulfillment.workers to fulfillment_reader;
