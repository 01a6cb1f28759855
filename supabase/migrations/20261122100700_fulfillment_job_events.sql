-- The append-only timeline: who, what, when, outcome. Partitioned by the month in the job's own key, so a timeline
-- reads one partition, and old months are dropped, not deleted. No default partition: it would block detaching.
-- Retention: 24 months.

create table fulfillment.fulfillment_job_events (
  job_id uuid not null,
  seq integer not null check (seq > 0),
  at timestamptz not null default clock_timestamp(),
  kind text not null,
  step text,
  actor text not null,
  data jsonb not null default '{}',
  primary key (job_id, seq)
) partition by range (job_id);
comment on column fulfillment.fulfillment_job_events.actor is 'worker:<name>, door:<webhook|poller|success_page>, or staff:<subject>.';
comment on column fulfillment.fulfillment_job_events.data is 'Ids, counts, codes and durations; never a buyer''s data.';

alter table fulfillment.fulfillment_job_events enable row level security;
alter table fulfillment.fulfillment_job_events force row level security;
create policy migrator_all on fulfillment.fulfillment_job_events to fulfillment_migrator using (true) with check (true);
create policy worker_select on fulfillment.fulfillment_job_events for select to fulfillment_worker using (true);
create policy worker_insert on fulfillment.fulfillment_job_events for insert to fulfillment_worker with check (true);
create policy reader_select on fulfillment.fulfillment_job_events for select to fulfillment_reader using (true);
grant select, insert on fulfillment.fulfillment_job_events to fulfillment_worker;
grant select on fulfillment.fulfillment_job_events to fulfillment_reader;

-- Makes the partitions from last month to `months_ahead` months from now; returns how many it made.
-- Definer, because workers may not create tables.
create function fulfillment.ensure_event_partitions(months_ahead integer default 3) returns integer
  language plpgsql security definer
  set search_path = ''
  set lock_timeout = '2s'
as $$
declare
  month_start timestamptz;
  partition_name text;
  made integer := 0;
begin
  if months_ahead not between 1 and 24 then
    raise exception 'months_ahead must be between 1 and 24, not %', months_ahead;
  end if;
  for month_offset in -1 .. months_ahead loop
    month_start := pg_catalog.date_trunc('month', pg_catalog.clock_timestamp(), 'UTC')
      + pg_catalog.make_interval(months => month_offset);
    partition_name := 'fulfillment_job_events_' || pg_catalog.to_char(month_start at time zone 'UTC', 'YYYY_MM');
    if pg_catalog.to_regclass('fulfillment.' || partition_name) is null then
      -- Made aside and attached: creating it in place would lock the whole timeline against all writers.
      execute pg_catalog.format(
        'create table fulfillment.%I (like fulfillment.fulfillment_job_events including defaults including constraints)',
        partition_name);
      execute pg_catalog.format('alter table fulfillment.%I enable row level security', partition_name);
      execute pg_catalog.format('alter table fulfillment.%I force row level security', partition_name);
      execute pg_catalog.format(
        'alter table fulfillment.fulfillment_job_events attach partition fulfillment.%I for values from (%L) to (%L)',
        partition_name,
        fulfillment.uuid_v7_floor(month_start),
        fulfillment.uuid_v7_floor(month_start + pg_catalog.make_interval(months => 1)));
      made := made + 1;
    end if;
  end loop;
  return made;
end
$$;
revoke execute on function fulfillment.ensure_event_partitions(integer) from public;
grant execute on function fulfillment.ensure_event_partitions(integer) to fulfillment_worker;

select fulfillment.ensure_event_partitions(3);

-- Appends one event to a job's timeline. The caller holds the job's dispatch row, or the job's row once that is gone.
create function fulfillment.append_job_event(p_job_id uuid, p_kind text, p_actor text, p_data jsonb) returns void
  language sql volatile
  set search_path = ''
as $$
  insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor, data)
  select p_job_id,
         coalesce((select max(e.seq) from fulfillment.fulfillment_job_events e where e.job_id = p_job_id), 0) + 1,
         p_kind, p_actor, p_data
$$;
revoke execute on function fulfillment.append_job_event(uuid, text, text, jsonb) from public;
