-- What went wrong is written down when it happens: a job that failed and was retried since has failed all the same, and an
-- order's time is over once, whichever process looks first. Both are few; alarms and reports count them here and never
-- among the finished jobs.

create table fulfillment.job_failures (
  id uuid primary key default fulfillment.uuid_v7(),
  job_id uuid not null,
  kind text not null,
  step text,
  reason text not null,
  failed_at timestamptz not null default clock_timestamp()
);
create index job_failures_job on fulfillment.job_failures (job_id);
comment on table fulfillment.job_failures is
  'One row each time a job fails, also when it is retried later. Retention: 400 days, removed by fulfillment.note_breaches().';

create table fulfillment.sla_breaches (
  job_id uuid primary key,
  breached_at timestamptz not null default clock_timestamp(),
  counted_at timestamptz
) with (fillfactor = 90);
create index sla_breaches_uncounted on fulfillment.sla_breaches (job_id) where counted_at is null;
comment on table fulfillment.sla_breaches is
  'Orders that failed, or were not done when their time was over. Retention: 400 days, removed by fulfillment.note_breaches().';
comment on column fulfillment.sla_breaches.counted_at is 'When a process counted it in its metrics; null before.';

do $$
declare
  table_name text;
begin
  foreach table_name in array array['job_failures', 'sla_breaches'] loop
    execute format('alter table fulfillment.%I enable row level security', table_name);
    execute format('alter table fulfillment.%I force row level security', table_name);
    execute format('create policy migrator_all on fulfillment.%I to fulfillment_migrator using (true) with check (true)', table_name);
    execute format('create policy operations_select on fulfillment.%I for select to fulfillment_operations using (true)', table_name);
    execute format('create policy worker_select on fulfillment.%I for select to fulfillment_worker using (true)', table_name);
    execute format('create policy reader_select on fulfillment.%I for select to fulfillment_reader using (true)', table_name);
    execute format('grant select on fulfillment.%I to fulfillment_operations, fulfillment_worker, fulfillment_reader', table_name);
  end loop;
end
$$;

-- Definer, because whoever ends a job, worker or staff, may write nothing else here.
create function fulfillment.note_failure() returns trigger
  language plpgsql security definer
  set search_path = ''
as $$
begin
  if new.state = 'failed' then
    insert into fulfillment.job_failures (job_id, kind, step, reason, failed_at)
    values (new.id, new.kind, new.failed_step, new.reason, new.finished_at);
  end if;
  if new.kind = 'fulfil' then
    insert into fulfillment.sla_breaches (job_id, breached_at)
    values (new.id, new.finished_at) on conflict do nothing;
  end if;
  return null;
end
$$;
revoke execute on function fulfillment.note_failure() from public;

-- Hardly any job meets the condition, which costs what a comparison costs.
create trigger note_failure after update on fulfillment.fulfillment_jobs
  for each row
  when (new.state is distinct from old.state
        and (new.state = 'failed' or new.state = 'completed' and new.kind = 'fulfil' and new.finished_at > new.sla_deadline))
  execute function fulfillment.note_failure();

create function fulfillment.note_breaches() returns setof uuid
  language sql security definer
  set search_path = ''
as $$
  delete from fulfillment.sla_breaches b
   where b.job_id < fulfillment.uuid_v7_floor(pg_catalog.clock_timestamp() - interval '400 days');
  delete from fulfillment.job_failures f
   where f.id < fulfillment.uuid_v7_floor(pg_catalog.clock_timestamp() - interval '400 days');

  insert into fulfillment.sla_breaches (job_id, breached_at)
  select j.id, j.sla_deadline
    from fulfillment.fulfillment_dispatch d join fulfillment.fulfillment_jobs j on j.id = d.job_id
   where j.kind = 'fulfil' and j.state in ('open', 'blocked') and j.sla_deadline < pg_catalog.clock_timestamp()
     and not exists (select from fulfillment.sla_breaches b where b.job_id = j.id)
  on conflict do nothing;

  update fulfillment.sla_breaches b set counted_at = pg_catalog.clock_timestamp()
    from (select u.job_id from fulfillment.sla_breaches u where u.counted_at is null
           order by u.job_id for update skip locked) uncounted
   where b.job_id = uncounted.job_id
  returning b.job_id;
$$;
comment on function fulfillment.note_breaches() is
  'Writes down which orders'' time is over, and returns those that no process has counted yet: each is returned once.';
revoke execute on function fulfillment.note_breaches() from public;
grant execute on function fulfillment.note_breaches() to fulfillment_worker;

-- How far daily duties are is shown beside the rest.
create policy reader_select on fulfillment.ops_duties for select to fulfillment_reader using (true);
grant select on fulfillment.ops_duties to fulfillment_reader;
create policy worker_select on fulfillment.ops_duties for select to fulfillment_worker using (true);
grant select on fulfillment.ops_duties to fulfillment_worker;

-- Where many orders are open at once, the lines of their plans are read here and not out of JSON for each of them.
create function fulfillment.holding_steps(p_plan jsonb) returns table (place bigint, step text)
  language sql immutable strict parallel safe
  set search_path = ''
as $$
  select s.ordinality, s.value ->> 'name'
    from pg_catalog.jsonb_array_elements(p_plan -> 'steps') with ordinality s
   where (s.value ->> 'holds')::boolean
$$;
revoke execute on function fulfillment.holding_steps(jsonb) from public;
grant execute on function fulfillment.holding_steps(jsonb) to fulfillment_reader;
