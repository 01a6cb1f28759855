-- Alerts reach people. What is to be told is written in the transaction that opens or ends an alert, whoever does that, and
-- taken from here by any sentinel until it is told.

create table fulfillment.alert_channels (
  channel text primary key check (channel in ('pagerduty', 'slack')),
  severities text[] not null check (severities <@ array['page', 'ticket']),
  enabled boolean not null,
  updated_at timestamptz not null default clock_timestamp()
);
comment on table fulfillment.alert_channels is
  'Where the sentinel that started last can tell people. A row a channel, kept for good.';

create table fulfillment.alert_deliveries (
  id uuid primary key default fulfillment.uuid_v7(),
  alert_id uuid references fulfillment.alerts (id) on delete cascade,
  channel text not null references fulfillment.alert_channels (channel),
  kind text not null check (kind in ('opened', 'acknowledged', 'resolved', 'daily_test', 'test')),
  created_at timestamptz not null default clock_timestamp(),
  due_at timestamptz not null default clock_timestamp(),
  attempts integer not null default 0 check (attempts >= 0),
  delivered_at timestamptz,
  left_out text check (left_out in ('alertmanager', 'never_told', 'channel_off')),
  reference text check (char_length(reference) <= 200),
  last_reason text check (char_length(last_reason) <= 100),
  constraint ended_one_way check (num_nonnulls(delivered_at, left_out) <= 1),
  constraint tests_are_of_no_alert check ((kind in ('daily_test', 'test')) = (alert_id is null))
) with (fillfactor = 70);
create unique index alert_deliveries_one_of_each on fulfillment.alert_deliveries (alert_id, channel, kind) where alert_id is not null;
create index alert_deliveries_pending on fulfillment.alert_deliveries (due_at) where delivered_at is null and left_out is null;
comment on table fulfillment.alert_deliveries is
  'What is to be told of alerts, by channel. Goes with its alert; tests after 30 days, removed by fulfillment.want_daily_test().';
comment on column fulfillment.alert_deliveries.left_out is
  'Why it is not told: Alertmanager has told the same; its alert was never told; the channel was turned off.';
comment on column fulfillment.alert_deliveries.reference is 'What the channel calls the message, so that it can be changed.';

create table fulfillment.alert_confirmations (
  rule text primary key check (char_length(rule) between 1 and 100),
  firing boolean not null,
  changed_at timestamptz not null default clock_timestamp(),
  heard_at timestamptz not null default clock_timestamp()
);
comment on table fulfillment.alert_confirmations is
  'What Alertmanager says that it has told people of. A row a rule, kept for good.';

create table fulfillment.sentinel_state (
  only_one boolean primary key default true check (only_one),
  evaluated_at timestamptz,
  watchdog_at timestamptz
) with (fillfactor = 50);
insert into fulfillment.sentinel_state default values;
comment on table fulfillment.sentinel_state is
  'When any sentinel last looked at every rule, and when Alertmanager last said that it is there. One row.';

create table fulfillment.alert_channel_tests (
  channel text primary key references fulfillment.alert_channels (channel),
  succeeded_at timestamptz
) with (fillfactor = 50);
comment on table fulfillment.alert_channel_tests is 'When a test last reached its channel. A row a channel, kept for good.';

do $$
declare
  table_name text;
begin
  foreach table_name in array
    array['alert_channels', 'alert_deliveries', 'alert_confirmations', 'sentinel_state', 'alert_channel_tests'] loop
    execute format('alter table fulfillment.%I enable row level security', table_name);
    execute format('alter table fulfillment.%I force row level security', table_name);
    execute format('create policy migrator_all on fulfillment.%I to fulfillment_migrator using (true) with check (true)', table_name);
    execute format('create policy worker_all on fulfillment.%I to fulfillment_worker using (true) with check (true)', table_name);
    execute format('create policy operations_all on fulfillment.%I to fulfillment_operations using (true) with check (true)', table_name);
    execute format('create policy reader_select on fulfillment.%I for select to fulfillment_reader using (true)', table_name);
    execute format('grant select, insert, update on fulfillment.%I to fulfillment_worker', table_name);
    execute format('grant select on fulfillment.%I to fulfillment_operations, fulfillment_reader', table_name);
  end loop;
end
$$;
-- Staff try a channel out.
grant insert on fulfillment.alert_deliveries to fulfillment_operations;

create function fulfillment.queue_alert() returns trigger
  language plpgsql security definer
  set search_path = ''
as $$
begin
  insert into fulfillment.alert_deliveries (alert_id, channel, kind)
  select new.id, c.channel,
         case new.state when 'acknowledged' then 'acknowledged' when 'resolved' then 'resolved' else 'opened' end
    from fulfillment.alert_channels c
   where c.enabled and new.severity = any (c.severities)
     and (new.state = 'open'
          or exists (select from fulfillment.alert_deliveries d
                      where d.alert_id = new.id and d.channel = c.channel and d.kind = 'opened'))
  on conflict do nothing;
  return null;
end
$$;
revoke execute on function fulfillment.queue_alert() from public;
create trigger queue_opened after insert on fulfillment.alerts for each row execute function fulfillment.queue_alert();
create trigger queue_change after update of state on fulfillment.alerts for each row
  when (new.state <> old.state) execute function fulfillment.queue_alert();

-- What the sentinel that starts can tell whom. What is not over and was never queued for a channel is, now.
create function fulfillment.set_alert_channels(p_channels jsonb) returns void
  language plpgsql security definer
  set search_path = ''
as $$
begin
  insert into fulfillment.alert_channels as c (channel, severities, enabled)
  select x.channel, x.severities, true from pg_catalog.jsonb_to_recordset(p_channels) x(channel text, severities text[])
  on conflict (channel) do update
     set severities = excluded.severities, enabled = true, updated_at = pg_catalog.clock_timestamp();
  update fulfillment.alert_channels c set enabled = false, updated_at = pg_catalog.clock_timestamp()
   where c.enabled and not exists (select from pg_catalog.jsonb_array_elements(p_channels) x where x ->> 'channel' = c.channel);
  update fulfillment.alert_deliveries d set left_out = 'channel_off'
    from fulfillment.alert_channels c
   where c.channel = d.channel and not c.enabled and d.delivered_at is null and d.left_out is null;
  insert into fulfillment.alert_deliveries (alert_id, channel, kind)
  select a.id, c.channel, 'opened'
    from fulfillment.alerts a cross join fulfillment.alert_channels c
   where a.resolved_at is null and c.enabled and a.severity = any (c.severities)
  on conflict do nothing;
end
$$;
revoke execute on function fulfillment.set_alert_channels(jsonb) from public;
grant execute on function fulfillment.set_alert_channels(jsonb) to fulfillment_worker;

-- Each channel is tried out once a day: an alarm that cannot ring is found before it is needed.
create function fulfillment.want_daily_test() returns integer
  language sql security definer
  set search_path = ''
as $$
  delete from fulfillment.alert_deliveries d
   where d.alert_id is null and d.id < fulfillment.uuid_v7_floor(pg_catalog.clock_timestamp() - interval '30 days');
  with wanted as (
    insert into fulfillment.alert_deliveries (channel, kind)
    select c.channel, 'daily_test' from fulfillment.alert_channels c
     where c.enabled
       and not exists (select from fulfillment.alert_deliveries d
                        where d.channel = c.channel and d.kind = 'daily_test'
                          and d.id >= fulfillment.uuid_v7_floor(pg_catalog.clock_timestamp() - interval '24 hours'))
    returning 1
  )
  select pg_catalog.count(*)::integer from wanted
$$;
revoke execute on function fulfillment.want_daily_test() from public;
grant execute on function fulfillment.want_daily_test() to fulfillment_worker;

-- What Alertmanager tells: which rules fire, and that it is there. By the role of the door through which it comes.
create function fulfillment.confirm_alerts(p_alerts jsonb, p_watchdog boolean) returns void
  language sql security definer
  set search_path = ''
as $$
  insert into fulfillment.alert_confirmations as c (rule, firing)
  select x.rule, pg_catalog.bool_or(x.firing)
    from pg_catalog.jsonb_to_recordset(p_alerts) x(rule text, firing boolean)
   group by x.rule
  on conflict (rule) do update
     set firing = excluded.firing, heard_at = pg_catalog.clock_timestamp(),
         changed_at = case when c.firing <> excluded.firing then pg_catalog.clock_timestamp() else c.changed_at end;
  update fulfillment.sentinel_state s set watchdog_at = pg_catalog.clock_timestamp() where p_watchdog;
$$;
revoke execute on function fulfillment.confirm_alerts(jsonb, boolean) from public;
grant execute on function fulfillment.confirm_alerts(jsonb, boolean) to fulfillment_intake;
