-- Whose copy a mark names, and how far checks of all that is stored have come.

create index stored_files_mark on fulfillment.stored_files ((made -> 'mark' ->> 'code'))
  where made -> 'mark' ->> 'code' is not null;

create table fulfillment.storage_scrubs (
  id uuid primary key default fulfillment.uuid_v7(),
  by text not null check (char_length(by) between 1 and 300),
  part text not null check (part in ('all', 'catalogue')),
  since timestamptz,
  repair boolean not null,
  holder uuid not null,
  held_until timestamptz not null,
  stage text not null default 'catalogue' check (stage in ('catalogue', 'orders')),
  after text check (char_length(after) <= 600),
  checked bigint not null default 0 check (checked >= 0),
  checked_bytes bigint not null default 0 check (checked_bytes >= 0),
  repaired bigint not null default 0 check (repaired >= 0),
  broken bigint not null default 0 check (broken >= 0),
  findings jsonb not null default '[]' check (jsonb_typeof(findings) = 'array'),
  started_at timestamptz not null default clock_timestamp(),
  told_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz
);
comment on table fulfillment.storage_scrubs is
  'Checks of all that is stored. One that was cut off goes on where it stood. No buyer''s data. Retention: 13 months.';
comment on column fulfillment.storage_scrubs.holder is 'Who works on it, until held_until; then somebody else may go on.';
comment on column fulfillment.storage_scrubs.after is 'The last file that was dealt with in this stage: a storage key, or the id of a stored file.';
comment on column fulfillment.storage_scrubs.findings is 'What was repaired or stays broken, with what to do; the first 500.';
create index storage_scrubs_started on fulfillment.storage_scrubs (started_at);

alter table fulfillment.storage_scrubs enable row level security;
alter table fulfillment.storage_scrubs force row level security;
create policy migrator_all on fulfillment.storage_scrubs to fulfillment_migrator using (true) with check (true);
create policy operations_select on fulfillment.storage_scrubs for select to fulfillment_operations using (true);
create policy operations_insert on fulfillment.storage_scrubs for insert to fulfillment_operations with check (true);
-- What came of a finished one stays as it is.
create policy operations_update on fulfillment.storage_scrubs for update to fulfillment_operations
  using (finished_at is null) with check (true);
create policy reader_select on fulfillment.storage_scrubs for select to fulfillment_reader using (true);
grant select on fulfillment.storage_scrubs to fulfillment_operations, fulfillment_reader;
grant insert (by, part, since, repair, holder, held_until) on fulfillment.storage_scrubs to fulfillment_operations;
grant update (holder, held_until, stage, after, checked, checked_bytes, repaired, broken, findings, told_at, finished_at)
  on fulfillment.storage_scrubs to fulfillment_operations;

-- Definer, so that the role that writes them cannot remove a younger one.
create function fulfillment.prune_storage_scrubs(p_limit integer) returns bigint
  language sql security definer
  set search_path = ''
as $$
  with old as (
    select s.id from fulfillment.storage_scrubs s
     where s.started_at < pg_catalog.clock_timestamp() - interval '13 months'
     order by s.started_at
     limit p_limit
       for update skip locked
  ), removed as (
    delete from fulfillment.storage_scrubs s using old where s.id = old.id returning 1
  )
  select count(*) from removed
$$;
comment on function fulfillment.prune_storage_scrubs(integer) is
  'Removes at most so many scrubs older than 13 months; returns how many.';
revoke execute on function fulfillment.prune_storage_scrubs(integer) from public;
grant execute on function fulfillment.prune_storage_scrubs(integer) to fulfillment_operations;
