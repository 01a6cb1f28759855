-- The drill of an outage: whether a mail goes through each provider that is configured, were those before it out.
create table fulfillment.provider_drills (
  id uuid primary key default fulfillment.uuid_v7(),
  at timestamptz not null default clock_timestamp(),
  by text not null check (char_length(by) between 1 and 300),
  passed boolean not null,
  results jsonb not null check (jsonb_typeof(results) = 'array')
);
comment on table fulfillment.provider_drills is
  'What became of each drill. Never an address, and no text of a provider. Retention: 13 months.';
comment on column fulfillment.provider_drills.results is
  'One entry a provider: those that were taken for out, what became of its mail, after how many seconds, by what it is known.';
create index provider_drills_at on fulfillment.provider_drills (at);

alter table fulfillment.provider_drills enable row level security;
alter table fulfillment.provider_drills force row level security;
create policy migrator_all on fulfillment.provider_drills to fulfillment_migrator using (true) with check (true);
create policy operations_select on fulfillment.provider_drills for select to fulfillment_operations using (true);
create policy operations_insert on fulfillment.provider_drills for insert to fulfillment_operations with check (true);
create policy reader_select on fulfillment.provider_drills for select to fulfillment_reader using (true);
grant select on fulfillment.provider_drills to fulfillment_operations, fulfillment_reader;
grant insert (by, passed, results) on fulfillment.provider_drills to fulfillment_operations;

-- Definer, so that the role that writes them cannot remove a younger one.
create function fulfillment.prune_provider_drills(p_limit integer) returns bigint
  language sql security definer
  set search_path = ''
as $$
  with old as (
    select d.id from fulfillment.provider_drills d
     where d.at < pg_catalog.clock_timestamp() - interval '13 months'
     order by d.at
     limit p_limit
       for update skip locked
  ), removed as (
    delete from fulfillment.provider_drills d using old where d.id = old.id returning 1
  )
  select count(*) from removed
$$;
comment on function fulfillment.prune_provider_drills(integer) is
  'Removes at most so many drills older than 13 months; returns how many.';
revoke execute on function fulfillment.prune_provider_drills(integer) from public;
grant execute on function fulfillment.prune_provider_drills(integer) to fulfillment_operations;
