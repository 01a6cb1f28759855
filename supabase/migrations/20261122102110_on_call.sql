-- What people on call do beside jobs: pause a provider for a reason, acknowledge an alert, look at an event that came and
-- let it be read again, and keep the audit.

-- A reason is as long here as in the audit, where the same words stand.
alter table fulfillment.provider_circuits drop constraint provider_circuits_pause_reason_check;
alter table fulfillment.provider_circuits
  add constraint provider_circuits_pause_reason_check check (char_length(pause_reason) between 1 and 1000) not valid;
alter table fulfillment.provider_circuits validate constraint provider_circuits_pause_reason_check;
alter table fulfillment.alerts drop constraint alerts_acknowledged_reason_check;
alter table fulfillment.alerts
  add constraint alerts_acknowledged_reason_check check (char_length(acknowledged_reason) between 1 and 1000) not valid;
alter table fulfillment.alerts validate constraint alerts_acknowledged_reason_check;

create index ops_audit_action on fulfillment.ops_audit (action, seq);

-- What is done once a day, by whichever process comes first. A row a day.
create table fulfillment.ops_duties (
  duty text not null check (duty ~ '^[a-z][a-z0-9_]{0,39}$'),
  day date not null,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  attempts integer not null default 1 check (attempts > 0),
  primary key (duty, day)
);
comment on column fulfillment.ops_duties.started_at is 'Whoever began then and has not finished for long has died, and another begins.';

alter table fulfillment.ops_duties enable row level security;
alter table fulfillment.ops_duties force row level security;
create policy migrator_all on fulfillment.ops_duties to fulfillment_migrator using (true) with check (true);
create policy operations_all on fulfillment.ops_duties to fulfillment_operations using (true) with check (true);
grant select, insert, update on fulfillment.ops_duties to fulfillment_operations;

alter table fulfillment.stripe_events add column reprocessed_at timestamptz;
comment on column fulfillment.stripe_events.reprocessed_at is 'When somebody last had it read again; the audit has who and what it was before.';
grant select (reprocessed_at) on fulfillment.stripe_events to fulfillment_reader;

-- What an event that is kept makes of its purchase: one way for those that come and those that are read again. Called by
-- the two definer functions below only.
create function fulfillment.merge_purchase(
  p_row_id uuid,      -- of stripe_events
  p_event_id text,
  p_event_type text,
  p_purchase jsonb,
  p_actor text
) returns table (outcome text, job_id uuid)
  language plpgsql
  set search_path = ''
as $$
declare
  v_payment fulfillment.payments;
  v_knew_session boolean;
  v_job_id uuid;
  v_created boolean;
begin
  -- A session pays once. One that comes with a second payment is for a human: an error would only bring it back for days.
  if exists (select from fulfillment.payments p
              where p.checkout_session_id = p_purchase ->> 'checkout_session_id'
                and p.payment_key <> p_purchase ->> 'payment_key') then
    update fulfillment.stripe_events e set verdict = 'quarantined', reason = 'session_of_other_payment' where e.id = p_row_id;
    return query select 'quarantined'::text, null::uuid;
    return;
  end if;

  insert into fulfillment.payments (payment_key, payment_intent_id, checkout_session_id, order_id, livemode)
  values (p_purchase ->> 'payment_key', p_purchase ->> 'payment_intent_id', p_purchase ->> 'checkout_session_id',
          p_purchase ->> 'order_id', (p_purchase ->> 'livemode')::boolean)
  -- Without a target: naming one of several unique indexes makes a race on another one an error.
  on conflict do nothing;

  -- Dispatch before payment, as workers lock them. The payment's lock makes different events of it take turns.
  perform from fulfillment.fulfillment_dispatch d
     join fulfillment.fulfillment_jobs j on j.id = d.job_id and j.kind = 'fulfil'
     join fulfillment.payments p on p.id = j.payment_id
    where p.payment_key = p_purchase ->> 'payment_key'
      for update of d;
  select * into strict v_payment from fulfillment.payments p where p.payment_key = p_purchase ->> 'payment_key' for update;
  v_knew_session := v_payment.checkout_session_id is not null;

  update fulfillment.payments p
     set checkout_session_id = coalesce(p.checkout_session_id, p_purchase ->> 'checkout_session_id'),
         paid = p.paid or (p_purchase ->> 'paid')::boolean,
         updated_at = pg_catalog.clock_timestamp()
   where p.id = v_payment.id
     and (p.checkout_session_id is null and p_purchase ->> 'checkout_session_id' is not null
          or not p.paid and (p_purchase ->> 'paid')::boolean)
  returning * into v_payment;
  if not found then
    select * into v_payment from fulfillment.payments p where p.payment_key = p_purchase ->> 'payment_key';
  end if;
  update fulfillment.stripe_events e set payment_id = v_payment.id where e.id = p_row_id;

  if not v_payment.paid then
    return query select 'unpaid'::text, null::uuid;
    return;
  end if;

  insert into fulfillment.fulfillment_jobs as j (kind, payment_id, plan_id, trace_context, sla_deadline)
  values ('fulfil', v_payment.id, fulfillment.plan_id(p_purchase -> 'plan'), p_purchase ->> 'trace_context',
          pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => (p_purchase ->> 'sla_seconds')::double precision))
  on conflict do nothing
  returning j.id into v_job_id;
  v_created := v_job_id is not null;

  if v_created then
    insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at)
    values (v_job_id, p_purchase ->> 'plan_key',
            pg_catalog.clock_timestamp()
            + case when v_payment.checkout_session_id is null
                   then pg_catalog.make_interval(secs => (p_purchase ->> 'wait_ms')::double precision / 1000)
                   else interval '0' end);
  else
    select j.id into v_job_id from fulfillment.fulfillment_jobs j where j.payment_id = v_payment.id and j.kind = 'fulfil';
    perform from fulfillment.fulfillment_dispatch d where d.job_id = v_job_id for update;
    if not found then
      perform from fulfillment.fulfillment_jobs j where j.id = v_job_id for no key update;
    elsif not v_knew_session and v_payment.checkout_session_id is not null then
      -- A job that waits for its session runs at once; one that is being worked on sees the new fact with its next record.
      update fulfillment.fulfillment_dispatch d
         set control_seq = d.control_seq + 1,
             due_at = case when d.worker is null then least(d.due_at, pg_catalog.clock_timestamp()) else d.due_at end
       where d.job_id = v_job_id;
      update fulfillment.fulfillment_job_steps s
         set due_at = pg_catalog.clock_timestamp()
       where s.job_id = v_job_id and s.state in ('waiting', 'blocked') and s.due_at > pg_catalog.clock_timestamp();
    end if;
  end if;

  perform fulfillment.append_job_event(v_job_id, case when v_created then 'job.accepted' else 'payment.merged' end, p_actor,
    pg_catalog.jsonb_build_object('event', p_event_id, 'type', p_event_type));
  return query select case when v_created then 'accepted' else 'merged' end, v_job_id;
end
$$;
revoke execute on function fulfillment.merge_purchase(uuid, text, text, jsonb, text) from public;

create or replace function fulfillment.accept_event(
  p_event jsonb,      -- {event_id, type, api_version, livemode, occurred_at, verdict, reason, door}
  p_body bytea,
  p_content_sha256 bytea,
  p_purchase jsonb    -- null, or {payment_key, payment_intent_id, checkout_session_id, order_id, livemode, paid,
                      --           plan, plan_key, sla_seconds, wait_ms, trace_context}
) returns table (outcome text, job_id uuid)
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_event_id text := p_event ->> 'event_id';
  v_actor text := 'door:' || (p_event ->> 'door');
  v_row_id uuid;
  v_known_content bytea;
begin
  insert into fulfillment.stripe_events as e
    (event_id, type, api_version, livemode, occurred_at, body, content_sha256, verdict, reason)
  values (v_event_id, p_event ->> 'type', p_event ->> 'api_version', (p_event ->> 'livemode')::boolean,
          (p_event ->> 'occurred_at')::timestamptz, p_body, p_content_sha256, p_event ->> 'verdict', p_event ->> 'reason')
  on conflict do nothing
  returning e.id into v_row_id;

  if v_row_id is null then
    select e.content_sha256 into v_known_content
      from fulfillment.stripe_events e where e.event_id = v_event_id and e.verdict <> 'conflict';
    if v_known_content is not null and v_known_content <> p_content_sha256 then
      -- The first one counts; the second is kept for a human.
      insert into fulfillment.stripe_events
        (event_id, type, api_version, livemode, occurred_at, body, content_sha256, verdict, reason)
      values (v_event_id, p_event ->> 'type', p_event ->> 'api_version', (p_event ->> 'livemode')::boolean,
              (p_event ->> 'occurred_at')::timestamptz, p_body, p_content_sha256, 'conflict', 'same_id_other_content')
      on conflict do nothing;
      return query select 'conflict'::text, null::uuid;
    else
      return query select 'duplicate'::text, null::uuid;
    end if;
    return;
  end if;

  if p_purchase is null then
    return query select p_event ->> 'verdict', null::uuid;
    return;
  end if;

  return query select m.outcome, m.job_id
    from fulfillment.merge_purchase(v_row_id, v_event_id, p_event ->> 'type', p_purchase, v_actor) m;
end
$$;

-- An event that is kept, read again: as if it came now. Nothing comes in here that did not come through a door once, for
-- the row must be there, and rows are made by accept_event alone.
create function fulfillment.reprocess_event(
  p_row_id uuid,      -- of stripe_events
  p_event jsonb,      -- as for accept_event, without door
  p_content_sha256 bytea,
  p_purchase jsonb,   -- as for accept_event
  p_actor text
) returns table (outcome text, job_id uuid)
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_event fulfillment.stripe_events;
  v_event_id text;
begin
  select * into v_event from fulfillment.stripe_events e where e.id = p_row_id for update;
  if not found then
    raise exception 'There is no event %', p_row_id using errcode = 'no_data_found';
  end if;
  v_event_id := coalesce(v_event.event_id, p_event ->> 'event_id');
  -- Of an id that came with two contents the first counts; and one that had no id may be known by now.
  if v_event.verdict = 'conflict' or exists (
       select from fulfillment.stripe_events e
        where e.event_id = v_event_id and e.verdict <> 'conflict' and e.id <> p_row_id) then
    return query select 'duplicate'::text, null::uuid;
    return;
  end if;

  -- What was accepted stays so: a purchase is not undone by being read in another way.
  if v_event.verdict = 'accepted' and p_purchase is null then
    return query select p_event ->> 'verdict', null::uuid;
    return;
  end if;

  update fulfillment.stripe_events e
     set event_id = v_event_id, type = p_event ->> 'type', api_version = p_event ->> 'api_version',
         livemode = (p_event ->> 'livemode')::boolean, occurred_at = (p_event ->> 'occurred_at')::timestamptz,
         content_sha256 = p_content_sha256, verdict = p_event ->> 'verdict', reason = p_event ->> 'reason',
         reprocessed_at = pg_catalog.clock_timestamp()
   where e.id = p_row_id;

  if p_purchase is null then
    return query select p_event ->> 'verdict', null::uuid;
    return;
  end if;
  return query select m.outcome, m.job_id
    from fulfillment.merge_purchase(p_row_id, v_event_id, p_event ->> 'type', p_purchase, p_actor) m;
end
$$;
revoke execute on function fulfillment.reprocess_event(uuid, jsonb, bytea, jsonb, text) from public;
grant execute on function fulfillment.reprocess_event(uuid, jsonb, bytea, jsonb, text) to fulfillment_operations;

-- Orders that people make by hand: a book that is given has a payment of nothing, which Stripe knows nothing of.
alter table fulfillment.payments add column source text not null default 'stripe' check (source in ('stripe', 'grant'));
comment on column fulfillment.payments.source is 'grant: made by hand for a book that was given; never compared with Stripe.';
alter table fulfillment.payments drop constraint key_is_intent_or_session;
alter table fulfillment.payments add constraint key_is_intent_or_session check (
  case source
    when 'stripe' then coalesce(payment_key in (payment_intent_id, checkout_session_id), true)
    else payment_key ~ '^grant_' and num_nonnulls(payment_intent_id, checkout_session_id) = 0
      and amount is not distinct from 0
  end) not valid;
alter table fulfillment.payments validate constraint key_is_intent_or_session;
create index payments_granted on fulfillment.payments (created_at) where source = 'grant';
