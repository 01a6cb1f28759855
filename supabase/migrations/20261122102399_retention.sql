-- What is as old as the shop keeps it goes, a few rows at a time. How old that is, is the shop's to say, and never less than what
-- is needed to mend a fault: the floors stand here, where no setting passes them.

create function fulfillment.prune_event_bytes(p_days integer, p_limit integer) returns bigint
  language sql security definer
  set search_path = ''
as $$
  with old as (
    select e.id from fulfillment.stripe_events e
     where e.id < fulfillment.uuid_v7_floor(pg_catalog.clock_timestamp() - pg_catalog.make_interval(days => greatest(p_days, 30)))
       and e.body is not null
       -- What a person has still to look at is kept whole.
       and e.verdict not in ('quarantined', 'conflict')
     order by e.id
     limit p_limit
       for update skip locked
  ), emptied as (
    update fulfillment.stripe_events e set body = null from old where e.id = old.id returning 1
  )
  select count(*) from emptied
$$;
comment on function fulfillment.prune_event_bytes(integer, integer) is
  'Empties at most so many raw events older than so many days, 30 at least; that they came stays. Returns how many.';
-- The oldest events whose bytes are still there are found at once, however many are empty.
create index stripe_events_with_bytes on fulfillment.stripe_events (id) where body is not null;

create function fulfillment.prune_downloads(p_days integer, p_limit integer) returns bigint
  language sql security definer
  set search_path = ''
as $$
  with old as (
    select d.id from fulfillment.downloads d
     where d.at < pg_catalog.clock_timestamp() - pg_catalog.make_interval(days => greatest(p_days, 90))
     order by d.at
     limit p_limit
       for update skip locked
  ), removed as (
    delete from fulfillment.downloads d using old where d.id = old.id returning 1
  )
  select count(*) from removed
$$;
comment on function fulfillment.prune_downloads(integer, integer) is
  'Removes at most so many deliveries older than so many days, 90 at least, for a dispute is answered with them. Returns how many.';
create index downloads_at on fulfillment.downloads (at);

create function fulfillment.prune_sessions(p_limit integer) returns bigint
  language sql security definer
  set search_path = ''
as $$
  with old as (
    select s.id from fulfillment.ops_sessions s
     where coalesce(s.ended_at, s.expires_at) < pg_catalog.clock_timestamp() - interval '30 days'
     order by s.expires_at
     limit p_limit
       for update skip locked
  ), removed as (
    delete from fulfillment.ops_sessions s using old where s.id = old.id returning 1
  )
  select count(*) from removed
$$;
comment on function fulfillment.prune_sessions(integer) is 'Removes at most so many sessions of staff that ended 30 days ago. Returns how many.';

create function fulfillment.prune_mail_requests(p_limit integer) returns bigint
  language sql security definer
  set search_path = ''
as $$
  with old as (
    select m.id from fulfillment.mail_requests m
     where m.id < fulfillment.uuid_v7_floor(pg_catalog.clock_timestamp() - interval '90 days')
     order by m.id
     limit p_limit
       for update skip locked
  ), removed as (
    delete from fulfillment.mail_requests m using old where m.id = old.id returning 1
  )
  select count(*) from removed
$$;
comment on function fulfillment.prune_mail_requests(integer) is 'Removes at most so many wishes for a mail older than 90 days. Returns how many.';

revoke execute on function fulfillment.prune_event_bytes(integer, integer), fulfillment.prune_downloads(integer, integer),
  fulfillment.prune_sessions(integer), fulfillment.prune_mail_requests(integer) from public;
grant execute on function fulfillment.prune_event_bytes(integer, integer), fulfillment.prune_downloads(integer, integer),
  fulfillment.prune_sessions(integer), fulfillment.prune_mail_requests(integer) to fulfillment_operations;
