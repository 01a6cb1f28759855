-- The doors without an event: success page, poller and sweep have read from Stripe's API what webhooks are told. They come
-- in by the same merge, so that any number of them at the same instant make one job.

create function fulfillment.accept_purchase(
  p_purchase jsonb,   -- as for accept_event
  p_door text         -- success_page, poller or sweep
) returns table (outcome text, job_id uuid)
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_job_id uuid;
begin
  if p_door is null or p_door not in ('success_page', 'poller', 'sweep') then
    raise exception 'There is no door %', p_door using errcode = 'invalid_parameter_value';
  end if;

  -- Pages are loaded again, and sweeps come by the same sale many times: what is known already leaves no line.
  if p_purchase ->> 'kind' is distinct from 'settlement' then
    select j.id into v_job_id
      from fulfillment.payments p
      join fulfillment.fulfillment_jobs j on j.payment_id = p.id and j.kind = 'fulfil'
     where p.payment_key = p_purchase ->> 'payment_key' and p.paid
       and (p.checkout_session_id is not null or p_purchase ->> 'checkout_session_id' is null);
    if found then
      return query select 'duplicate'::text, v_job_id;
      return;
    end if;
  end if;

  select m.outcome, m.job_id into outcome, job_id
    from fulfillment.merge_purchase(null, null, null, p_purchase, 'door:' || p_door) m;
  if outcome = 'quarantined' then
    -- No event has told it, so that a person would see nothing of it: it is kept as what it is, once.
    insert into fulfillment.stripe_events (livemode, body, content_sha256, verdict, reason, door)
    select (p_purchase ->> 'livemode')::boolean, says.body, pg_catalog.sha256(says.body), 'quarantined',
           'session_of_other_payment', p_door
      from (select pg_catalog.convert_to(pg_catalog.jsonb_build_object(
                     'payment_intent', p_purchase ->> 'payment_intent_id',
                     'checkout_session', p_purchase ->> 'checkout_session_id')::text, 'UTF8') as body) says
    on conflict do nothing;
  end if;
  return next;
end
$$;
comment on function fulfillment.accept_purchase(jsonb, text) is
  'Outcomes as of accept_event; duplicate: nothing was new, and the job is the one that is there.';
revoke execute on function fulfillment.accept_purchase(jsonb, text) from public;
grant execute on function fulfillment.accept_purchase(jsonb, text) to fulfillment_intake;
