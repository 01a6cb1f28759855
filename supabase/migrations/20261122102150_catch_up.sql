-- What no webhook has told: a poller reads Stripe's events, a sweep reads its sales, and a watchdog looks whether events
-- come. One process does it at a time; two would do no harm, for everything goes through the doors that events use.

alter table fulfillment.stripe_events
  add column door text not null default 'webhook' check (door in ('webhook', 'poller', 'success_page', 'sweep')),
  add column webhook_at timestamptz;
comment on column fulfillment.stripe_events.door is 'By which it came first.';
comment on column fulfillment.stripe_events.webhook_at is 'When the webhook brought what the poller had found before.';
grant select (door, webhook_at) on fulfillment.stripe_events to fulfillment_reader;
-- What came by another door first is little, and looked at often.
create index stripe_events_by_other_doors on fulfillment.stripe_events (id) where door <> 'webhook';

-- One row: who is at it, and how far it is.
create table fulfillment.catch_up (
  only_one boolean primary key default true check (only_one),
  worker text check (char_length(worker) between 1 and 300),
  lease_until timestamptz,
  due_at timestamptz not null default clock_timestamp(),
  seen_until timestamptz,
  read_at timestamptz,
  watched_at timestamptz,
  constraint leased_by_somebody check (num_nulls(worker, lease_until) in (0, 2))
) with (fillfactor = 50);
comment on column fulfillment.catch_up.due_at is 'When events are read next.';
comment on column fulfillment.catch_up.seen_until is 'By Stripe''s clock: events created before this have been read. Reading begins somewhat earlier, for they come in the order of whole seconds only.';
comment on column fulfillment.catch_up.read_at is 'When reading last came to the end of what there was.';

-- Sales between two moments, read page by page. What is found again changes nothing, so a page may be read twice.
create table fulfillment.catch_up_sweeps (
  id uuid primary key default fulfillment.uuid_v7(),
  kind text not null check (kind in ('first', 'gap', 'daily', 'asked', 'adopt')),
  since timestamptz not null,
  until timestamptz not null,
  part text not null default 'sessions' check (part in ('sessions', 'intents')),
  cursor text check (char_length(cursor) between 1 and 300),
  pages integer not null default 0 check (pages >= 0),
  known bigint not null default 0 check (known >= 0),
  fulfilled bigint not null default 0 check (fulfilled >= 0),
  adopted bigint not null default 0 check (adopted >= 0),
  settled bigint not null default 0 check (settled >= 0),
  left_out bigint not null default 0 check (left_out >= 0),
  asked_by text check (char_length(asked_by) between 1 and 200),
  created_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  finished_at timestamptz,
  constraint a_range check (since < until)
) with (fillfactor = 70);
create index catch_up_sweeps_waiting on fulfillment.catch_up_sweeps (created_at) where finished_at is null;
create unique index catch_up_sweeps_first on fulfillment.catch_up_sweeps (kind) where kind = 'first';
comment on table fulfillment.catch_up_sweeps is 'One row a day, and those that people ask for; kept.';
comment on column fulfillment.catch_up_sweeps.cursor is 'The last object of the last page, of the part that is being read. The newest come first.';
comment on column fulfillment.catch_up_sweeps.known is 'Sales that we had already, by whichever door; after a page was read twice also those it brought the first time.';
comment on column fulfillment.catch_up_sweeps.left_out is 'Payments of the past that do not say what was sold, and sales that two payments claim.';

do $$
declare
  table_name text;
begin
  foreach table_name in array array['catch_up', 'catch_up_sweeps'] loop
    execute format('alter table fulfillment.%I enable row level security', table_name);
    execute format('alter table fulfillment.%I force row level security', table_name);
    execute format('create policy migrator_all on fulfillment.%I to fulfillment_migrator using (true) with check (true)', table_name);
    execute format('create policy worker_all on fulfillment.%I to fulfillment_worker using (true) with check (true)', table_name);
    execute format('create policy operations_all on fulfillment.%I to fulfillment_operations using (true) with check (true)', table_name);
    execute format('create policy reader_select on fulfillment.%I for select to fulfillment_reader using (true)', table_name);
    execute format('grant select, update on fulfillment.%I to fulfillment_worker', table_name);
    execute format('grant select on fulfillment.%I to fulfillment_operations, fulfillment_reader', table_name);
  end loop;
end
$$;
grant insert on fulfillment.catch_up_sweeps to fulfillment_worker, fulfillment_operations;
grant update (due_at) on fulfillment.catch_up to fulfillment_operations;
insert into fulfillment.catch_up default values;

-- As before, and: it is kept by which door an event came, and that the webhook brought what the poller had found. Stripe
-- writes one event in the API version of each endpoint, and in the account's for whoever asks: two forms of one event are
-- no conflict, and where the first could not be read, the second may be.
create or replace function fulfillment.accept_event(
  p_event jsonb,      -- {event_id, type, api_version, livemode, occurred_at, verdict, reason, door}
  p_body bytea,
  p_content_sha256 bytea,
  p_purchase jsonb    -- null, or what merge_purchase takes
) returns table (outcome text, job_id uuid)
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_event_id text := p_event ->> 'event_id';
  v_door text := p_event ->> 'door';
  v_row_id uuid;
  v_known fulfillment.stripe_events;
begin
  insert into fulfillment.stripe_events as e
    (event_id, type, api_version, livemode, occurred_at, body, content_sha256, verdict, reason, door)
  values (v_event_id, p_event ->> 'type', p_event ->> 'api_version', (p_event ->> 'livemode')::boolean,
          (p_event ->> 'occurred_at')::timestamptz, p_body, p_content_sha256, p_event ->> 'verdict', p_event ->> 'reason', v_door)
  on conflict do nothing
  returning e.id into v_row_id;

  if v_row_id is null then
    select * into v_known from fulfillment.stripe_events e where e.event_id = v_event_id and e.verdict <> 'conflict';
    if v_door = 'webhook' and v_known.door <> 'webhook' and v_known.webhook_at is null then
      update fulfillment.stripe_events e set webhook_at = pg_catalog.clock_timestamp() where e.id = v_known.id;
    end if;
    if v_known.id is null or v_known.content_sha256 = p_content_sha256 then
      return query select 'duplicate'::text, null::uuid;
      return;
    end if;
    if v_known.api_version is not distinct from p_event ->> 'api_version' then
      -- The first one counts; the second is kept for a human.
      insert into fulfillment.stripe_events
        (event_id, type, api_version, livemode, occurred_at, body, content_sha256, verdict, reason, door)
      values (v_event_id, p_event ->> 'type', p_event ->> 'api_version', (p_event ->> 'livemode')::boolean,
              (p_event ->> 'occurred_at')::timestamptz, p_body, p_content_sha256, 'conflict', 'same_id_other_content', v_door)
      on conflict do nothing;
      return query select 'conflict'::text, null::uuid;
      return;
    end if;
    update fulfillment.stripe_events e
       set type = p_event ->> 'type', api_version = p_event ->> 'api_version', livemode = (p_event ->> 'livemode')::boolean,
           occurred_at = (p_event ->> 'occurred_at')::timestamptz, body = p_body, content_sha256 = p_content_sha256,
           verdict = p_event ->> 'verdict', reason = p_event ->> 'reason'
     where e.id = v_known.id and e.verdict = 'quarantined' and p_event ->> 'verdict' <> 'quarantined'
    returning e.id into v_row_id;
    if v_row_id is null then
      return query select 'duplicate'::text, null::uuid;
      return;
    end if;
  end if;

  if p_purchase is null then
    return query select p_event ->> 'verdict', null::uuid;
    return;
  end if;

  return query select m.outcome, m.job_id
    from fulfillment.merge_purchase(v_row_id, v_event_id, p_event ->> 'type', p_purchase, 'door:' || v_door) m;
end
$$;

-- The poller's own door: the worker's role can say of nothing that a webhook brought it.
create function fulfillment.accept_fetched(
  p_event jsonb, p_body bytea, p_content_sha256 bytea, p_purchase jsonb  -- as for accept_event
) returns table (outcome text, job_id uuid)
  language sql security definer
  set search_path = ''
as $$
  select a.outcome, a.job_id
    from fulfillment.accept_event(p_event || '{"door": "poller"}', p_body, p_content_sha256, p_purchase) a
$$;
revoke execute on function fulfillment.accept_fetched(jsonb, bytea, bytea, jsonb) from public;
grant execute on function fulfillment.accept_fetched(jsonb, bytea, bytea, jsonb) to fulfillment_worker;

-- Of these events, those that are kept already and need not be read again.
create function fulfillment.known_events(p_event_ids text[]) returns table (event_id text)
  language sql stable security definer
  set search_path = ''
as $$
  select e.event_id from fulfillment.stripe_events e
   where e.event_id = any (p_event_ids) and e.verdict <> 'conflict' and e.verdict <> 'quarantined'
$$;
revoke execute on function fulfillment.known_events(text[]) from public;
grant execute on function fulfillment.known_events(text[]) to fulfillment_worker;

-- A sale that was read from Stripe's API, with the news that money of it went back: in one transaction, so that nothing
-- is granted of which nobody looks whether it stands.
create function fulfillment.accept_found(
  p_purchase jsonb,   -- null, or as for accept_purchase
  p_settlement jsonb, -- null, or the same of kind settlement
  p_door text
) returns table (outcome text, job_id uuid)
  language plpgsql security definer
  set search_path = ''
as $$
begin
  perform fulfillment.lock_payment_work(coalesce(p_purchase, p_settlement) ->> 'payment_key');
  if p_settlement is not null then
    perform fulfillment.accept_purchase(p_settlement, p_door);
  end if;
  if p_purchase is not null then
    return query select a.outcome, a.job_id from fulfillment.accept_purchase(p_purchase, p_door) a;
  else
    return query select 'duplicate'::text, null::uuid;
  end if;
end
$$;
revoke execute on function fulfillment.accept_found(jsonb, jsonb, text) from public;
grant execute on function fulfillment.accept_found(jsonb, jsonb, text) to fulfillment_worker;

-- Whether events come at all. `unheard`: sales of the last two hours that the poller found and that no webhook has told of
-- within the grace; `heard_at`: when a webhook last came in that time.
create function fulfillment.webhook_silence(p_grace interval)
  returns table (unheard bigint, unheard_since timestamptz, heard_at timestamptz)
  language sql stable security definer
  set search_path = ''
as $$
  with since as (
    select fulfillment.uuid_v7_floor(pg_catalog.clock_timestamp() - interval '2 hours') as id
  ), silent as (
    select e.received_at from fulfillment.stripe_events e
     where e.id >= (select since.id from since)
       and e.door = 'poller' and e.webhook_at is null and e.payment_id is not null
       and e.received_at < pg_catalog.clock_timestamp() - p_grace
  )
  select (select count(*) from silent), (select min(received_at) from silent),
         greatest(
           (select e.received_at from fulfillment.stripe_events e
             where e.id >= (select since.id from since) and e.door = 'webhook' order by e.id desc limit 1),
           (select max(e.webhook_at) from fulfillment.stripe_events e
             where e.id >= (select since.id from since) and e.door <> 'webhook' and e.webhook_at is not null))
$$;
revoke execute on function fulfillment.webhook_silence(interval) from public;
grant execute on function fulfillment.webhook_silence(interval) to fulfillment_worker;
