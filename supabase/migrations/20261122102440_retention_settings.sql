-- How long mails, sessions, timelines and the audit are kept is the shop's to say as well; the floors stand here.

-- Beside the one before, for workers of an older build: whoever calls that keeps mails for 14 days.
create function fulfillment.prune_mail_bytes(p_days integer, p_limit integer) returns bigint
  language sql security definer
  set search_path = ''
as $$
  with old as (
    select m.id from fulfillment.email_messages m
     where m.accepted_at is not null and m.proven_at is null and m.bytes is not null
       and m.accepted_at < pg_catalog.clock_timestamp() - pg_catalog.make_interval(days => greatest(p_days, 3))
     order by m.accepted_at limit p_limit for update skip locked
  ), dropped as (
    update fulfillment.email_messages m set bytes = null from old where m.id = old.id returning 1
  )
  select count(*) from dropped
$$;
comment on function fulfillment.prune_mail_bytes(integer, integer) is
  'Drops the bytes of at most so many mails that were taken so many days ago and never proven, 3 at least, for a bounce may take as long. Returns how many.';

create function fulfillment.prune_sessions(p_days integer, p_limit integer) returns bigint
  language sql security definer
  set search_path = ''
as $$
  with old as (
    select s.id from fulfillment.ops_sessions s
     where coalesce(s.ended_at, s.expires_at) < pg_catalog.clock_timestamp() - pg_catalog.make_interval(days => greatest(p_days, 1))
     order by s.expires_at
     limit p_limit
       for update skip locked
  ), removed as (
    delete from fulfillment.ops_sessions s using old where s.id = old.id returning 1
  )
  select count(*) from removed
$$;
comment on function fulfillment.prune_sessions(integer, integer) is
  'Removes at most so many sessions of staff that ended so many days ago, 1 at least. Returns how many.';

create function fulfillment.prune_audit(p_days integer) returns bigint
  language plpgsql security definer
  set search_path = ''
as $$
declare
  last_seq bigint;
  removed bigint;
begin
  select max(c.seq) into last_seq
    from fulfillment.ops_audit_checkpoints c
    join fulfillment.ops_audit a on a.seq = c.seq and a.hash = c.hash
   where a.at < pg_catalog.clock_timestamp() - greatest(pg_catalog.make_interval(days => p_days), interval '1 year');
  delete from fulfillment.ops_audit a where a.seq <= last_seq;
  get diagnostics removed = row_count;
  return removed;
end
$$;
comment on function fulfillment.prune_audit(integer) is
  'Removes the audit as far as the latest checkpoint that is so many days old, a year at least. Returns how many rows.';

-- A month of timelines is emptied whole. The month itself stays: an order of then may have news at any time, a refund say, and
-- its line needs a place. A month in which anything is still open, or waits for a person, is left alone.
create function fulfillment.prune_timeline(p_days integer) returns integer
  language plpgsql security definer
  set search_path = ''
  set lock_timeout = '2s'
as $$
declare
  v_month record;
  v_written boolean;
begin
  for v_month in
    select c.relname as name, fulfillment.uuid_v7_floor(m.starts) as first_id,
           fulfillment.uuid_v7_floor(m.starts + interval '1 month') as end_id
      from pg_catalog.pg_inherits i
      join pg_catalog.pg_class c on c.oid = i.inhrelid
     cross join lateral (
       select pg_catalog.to_date(pg_catalog.right(c.relname, 7), 'YYYY_MM')::timestamp at time zone 'UTC' as starts) m
     where i.inhparent = 'fulfillment.fulfillment_job_events'::pg_catalog.regclass
       and c.relname operator(pg_catalog.~) '^fulfillment_job_events_\d{4}_\d{2}$'
       and m.starts + interval '1 month'
           < pg_catalog.clock_timestamp() - pg_catalog.make_interval(days => greatest(p_days, 90))
     order by m.starts
  loop
    -- What was written of late is told as long as all else: a line of an old order may be young.
    execute pg_catalog.format(
      'select max(e.at) < pg_catalog.clock_timestamp() - pg_catalog.make_interval(days => greatest($1, 90)) from fulfillment.%I e',
      v_month.name) into v_written using p_days;
    continue when v_written is not true
      or exists (select from fulfillment.fulfillment_dispatch d
                  where d.job_id >= v_month.first_id and d.job_id < v_month.end_id)
      or exists (select from fulfillment.fulfillment_jobs j
                  where j.attention is not null and j.id >= v_month.first_id and j.id < v_month.end_id);
    begin
      execute pg_catalog.format('truncate table fulfillment.%I', v_month.name);
      return 1;
    exception when lock_not_available then
      -- Somebody reads it just now: there is another day.
      continue;
    end;
  end loop;
  return 0;
end
$$;
comment on function fulfillment.prune_timeline(integer) is
  'Empties the oldest month of timelines whose last line is so many days old, 90 at least, and of which nothing is open or waits for a person. Returns 1, or 0.';

revoke execute on function fulfillment.prune_mail_bytes(integer, integer), fulfillment.prune_sessions(integer, integer),
  fulfillment.prune_audit(integer), fulfillment.prune_timeline(integer) from public;
grant execute on function fulfillment.prune_mail_bytes(integer, integer) to fulfillment_worker;
grant execute on function fulfillment.prune_sessions(integer, integer), fulfillment.prune_audit(integer),
  fulfillment.prune_timeline(integer) to fulfillment_operations;
drop function fulfillment.prune_sessions(integer);
drop function fulfillment.prune_audit();
