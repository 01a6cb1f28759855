-- The one door behind all doors (webhook, poller, success page): event, payment, job and dispatch row in one
-- transaction. Definer, so that the intake's role needs no right on any table.

create function fulfillment.accept_event(
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
  v_payment fulfillment.payments;
  v_knew_session boolean;
  v_job_id uuid;
  v_created boolean;
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

  -- A session pays once. One that comes with a second payment is for a human: an error would only bring it back for days.
  if exists (select from fulfillment.payments p
              where p.checkout_session_id = p_purchase ->> 'checkout_session_id'
                and p.payment_key <> p_purchase ->> 'payment_key') then
    update fulfillment.stripe_events e set verdict = 'quarantined', reason = 'session_of_other_payment' where e.id = v_row_id;
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
  update fulfillment.stripe_events e set payment_id = v_payment.id where e.id = v_row_id;

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

  perform fulfillment.append_job_event(v_job_id, case when v_created then 'job.accepted' else 'payment.merged' end, v_actor,
    pg_catalog.jsonb_build_object('event', v_event_id, 'type', p_event ->> 'type'));
  return query select case when v_created then 'accepted' else 'merged' end, v_job_id;
end
$$;
revoke execute on function fulfillment.accept_event(jsonb, bytea, bytea, jsonb) from public;
grant execute on function fulfillment.accept_event(jsonb, bytea, bytea, jsonb) to fulfillment_intake;
