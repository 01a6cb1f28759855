-- Requests are kept for 30 days and bulk runs for 13 months; then the service itself removes them, a little at a time.
-- Definer, so that the role that writes them cannot remove a younger one.

revoke delete on fulfillment.ops_requests from fulfillment_operations;

create index ops_bulk_runs_finished on fulfillment.ops_bulk_runs (finished_at) where finished_at is not null;
create index ops_bulk_runs_retry_of on fulfillment.ops_bulk_runs (retry_of) where retry_of is not null;
alter table fulfillment.ops_bulk_runs drop constraint ops_bulk_runs_retry_of_fkey;
alter table fulfillment.ops_bulk_runs add constraint ops_bulk_runs_retry_of_fkey
  foreign key (retry_of) references fulfillment.ops_bulk_runs (id) on delete set null not valid;
alter table fulfillment.ops_bulk_runs validate constraint ops_bulk_runs_retry_of_fkey;

-- Those of a run that has not ended stay: they alone say that an item was carried out which nobody has noted yet.
create function fulfillment.prune_requests(p_limit integer) returns bigint
  language sql security definer
  set search_path = ''
as $$
  with old as (
    select q.actor, q.request_id
      from fulfillment.ops_requests q
     where q.created_at < pg_catalog.clock_timestamp() - interval '30 days'
       and not exists (
         select from fulfillment.ops_bulk_runs r
          where r.finished_at is null and q.request_id like 'bulk:' || r.id || ':%')
     order by q.created_at
     limit p_limit
     for update skip locked
  ), removed as (
    delete from fulfillment.ops_requests q using old
     where q.actor = old.actor and q.request_id = old.request_id
    returning 1
  )
  select count(*) from removed
$$;
comment on function fulfillment.prune_requests(integer) is 'Removes at most so many requests older than 30 days; returns how many.';

-- A run goes as a whole, so that nobody sees a part of one. It has ten thousand items at most.
create function fulfillment.prune_bulk_run() returns bigint
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_run_id uuid;
begin
  select r.id into v_run_id
    from fulfillment.ops_bulk_runs r
   where r.finished_at < pg_catalog.clock_timestamp() - interval '13 months'
   order by r.finished_at
   limit 1
     for update skip locked;
  if not found then
    return 0;
  end if;
  delete from fulfillment.ops_bulk_items i where i.run_id = v_run_id;
  delete from fulfillment.ops_bulk_runs r where r.id = v_run_id;
  return 1;
end
$$;
comment on function fulfillment.prune_bulk_run() is 'Removes one run that ended 13 months ago, with its items; returns how many runs.';

revoke execute on function fulfillment.prune_requests(integer), fulfillment.prune_bulk_run() from public;
grant execute on function fulfillment.prune_requests(integer), fulfillment.prune_bulk_run() to fulfillment_operations;
