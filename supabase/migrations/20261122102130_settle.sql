-- What Stripe says of money that went back. Events only say that something has changed; the payment's one `settle` job
-- reads what holds now (docs/decisions/0007-what-stripe-says-now.md).

alter table fulfillment.payments add column facts_wanted bigint not null default 0 check (facts_wanted >= 0);
comment on column fulfillment.payments.facts_wanted is
  'Grows whenever somebody says that Stripe has news of refunds or disputes; what was read before counts for nothing then.';
comment on column fulfillment.payments.facts is
  'Truth as last read from Stripe, beyond the columns: refunds, disputes, received, refunded, taken_back, taken_lines. And what people have decided: revoked_lines, the numbers of lines that were taken away, and refund_lines, the lines that a refund is for. Whoever writes one key leaves the others.';

-- A refund that stands has a credit; if it fails afterwards, a reversal takes that back. Numbers as receipts have them,
-- from the same counters. Kept as long as receipts.
create table fulfillment.credit_notes (
  id uuid primary key default fulfillment.uuid_v7(),
  payment_id uuid not null references fulfillment.payments (id),
  receipt_id uuid not null references fulfillment.receipts (id),
  refund_id text not null check (refund_id ~ '^[a-z]{2,4}_[A-Za-z0-9_]{1,250}$'),
  kind text not null check (kind in ('credit', 'reversal')),
  amount bigint not null check (amount > 0),
  series text not null references fulfillment.receipt_series (series),
  number bigint not null check (number > 0),
  document jsonb not null,
  issued_at timestamptz not null,
  unique (series, number),
  unique (refund_id, kind)
);
create index credit_notes_payment on fulfillment.credit_notes (payment_id, issued_at);
comment on column fulfillment.credit_notes.amount is 'Minor units of the receipt''s currency. Credits less reversals are what was refunded.';
comment on column fulfillment.credit_notes.document is 'Everything the credit note says; HTML and PDF are rendered from it alone.';

create trigger immutable before update or delete on fulfillment.credit_notes
  for each row execute function fulfillment.refuse_change();
create trigger immutable_truncate before truncate on fulfillment.credit_notes
  for each statement execute function fulfillment.refuse_change();

alter table fulfillment.credit_notes enable row level security;
alter table fulfillment.credit_notes force row level security;
create policy migrator_all on fulfillment.credit_notes to fulfillment_migrator using (true) with check (true);
create policy worker_select on fulfillment.credit_notes for select to fulfillment_worker using (true);
create policy worker_insert on fulfillment.credit_notes for insert to fulfillment_worker with check (true);
create policy shelf_select on fulfillment.credit_notes for select to fulfillment_shelf using (true);
create policy operations_select on fulfillment.credit_notes for select to fulfillment_operations using (true);
create policy reader_select on fulfillment.credit_notes for select to fulfillment_reader using (true);
grant select, insert on fulfillment.credit_notes to fulfillment_worker;
grant select on fulfillment.credit_notes to fulfillment_shelf, fulfillment_operations;
grant select (id, payment_id, receipt_id, refund_id, kind, amount, series, number, issued_at)
  on fulfillment.credit_notes to fulfillment_reader;

-- What the buyer is told of a change, written with the change; the mail about it is a row of email_messages. Kept as long
-- as the payment.
create table fulfillment.payment_notices (
  id uuid primary key default fulfillment.uuid_v7(),
  payment_id uuid not null references fulfillment.payments (id),
  key text not null check (key ~ '^[a-z_]{1,20}:[A-Za-z0-9_]{1,255}$'),
  kind text not null check (kind in ('refund', 'refund_failed', 'access_ended', 'access_restored')),
  data jsonb not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  unique (payment_id, key)
);
comment on column fulfillment.payment_notices.data is 'Ids, amounts and line numbers; never a buyer''s data.';

create trigger immutable before update or delete on fulfillment.payment_notices
  for each row execute function fulfillment.refuse_change();
create trigger immutable_truncate before truncate on fulfillment.payment_notices
  for each statement execute function fulfillment.refuse_change();

alter table fulfillment.payment_notices enable row level security;
alter table fulfillment.payment_notices force row level security;
create policy migrator_all on fulfillment.payment_notices to fulfillment_migrator using (true) with check (true);
create policy worker_select on fulfillment.payment_notices for select to fulfillment_worker using (true);
create policy worker_insert on fulfillment.payment_notices for insert to fulfillment_worker with check (true);
create policy operations_select on fulfillment.payment_notices for select to fulfillment_operations using (true);
create policy reader_select on fulfillment.payment_notices for select to fulfillment_reader using (true);
grant select, insert on fulfillment.payment_notices to fulfillment_worker;
grant select on fulfillment.payment_notices to fulfillment_operations, fulfillment_reader;

alter table fulfillment.email_messages
  drop constraint email_messages_kind_check,
  add constraint email_messages_kind_check check (kind in
    ('receipt', 'files_ready', 'new_links', 'address_changed', 'refund', 'refund_failed', 'access_ended', 'access_restored'))
    not valid;
alter table fulfillment.email_messages validate constraint email_messages_kind_check;

-- Has a payment's facts read again: its settle job begins anew, whatever it is at. The caller holds the payment, and the
-- job's dispatch row if there is one. What was done outside stays done; what failed there is asked about first.
create function fulfillment.reopen_settle(p_job_id uuid, p_sla_seconds double precision) returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  v_open boolean;
begin
  update fulfillment.fulfillment_dispatch d
     set control_seq = d.control_seq + 1,
         due_at = case when d.worker is null then least(d.due_at, pg_catalog.clock_timestamp()) else d.due_at end
   where d.job_id = p_job_id;
  v_open := found;
  if not v_open then
    insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at, lease_token)
    select j.id, p.definition ->> 'name' || '@' || (p.definition ->> 'version'), pg_catalog.clock_timestamp(),
           -- Above any count of claims, so that whoever held it before stays refused.
           greatest(pg_catalog.floor(extract(epoch from pg_catalog.clock_timestamp()) * 1000)::bigint,
             1 + (select max(s.lease_token) from fulfillment.fulfillment_job_steps s where s.job_id = j.id))
      from fulfillment.fulfillment_jobs j
      join fulfillment.fulfillment_plans p on p.id = j.plan_id
     where j.id = p_job_id;
    update fulfillment.fulfillment_jobs j
       set state = 'open', reason = null, failed_step = null, finished_at = null,
           sla_deadline = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => p_sla_seconds)
     where j.id = p_job_id;
  end if;
  update fulfillment.fulfillment_job_steps s
     set state = 'waiting', attempts = 0, due_at = null, reason = null
   where s.job_id = p_job_id;
  update fulfillment.fulfillment_job_effects e
     set state = 'intended', attempts = 0, due_at = null, reason = null
   where e.job_id = p_job_id and e.state = 'failed';
  return not v_open;
end
$$;
comment on function fulfillment.reopen_settle(uuid, double precision) is 'Returns whether the job was over.';
revoke execute on function fulfillment.reopen_settle(uuid, double precision) from public;

-- News of a refund or a dispute, of which it counts only that there are some. Called by merge_purchase alone.
create function fulfillment.merge_settlement(
  p_row_id uuid,      -- of stripe_events; null where no event has told it
  p_event_id text,
  p_event_type text,
  p_settlement jsonb, -- {kind: settlement, payment_key, payment_intent_id, order_id, livemode, plan, plan_key,
                      --  sla_seconds, trace_context}
  p_actor text
) returns table (outcome text, job_id uuid)
  language plpgsql
  set search_path = ''
as $$
declare
  v_payment_id uuid;
  v_job_id uuid;
  v_kind text := 'job.accepted';
begin
  -- A refund may overtake its payment.
  insert into fulfillment.payments (payment_key, payment_intent_id, order_id, livemode)
  values (p_settlement ->> 'payment_key', p_settlement ->> 'payment_intent_id', p_settlement ->> 'order_id',
          (p_settlement ->> 'livemode')::boolean)
  on conflict do nothing;

  perform fulfillment.lock_payment_work(p_settlement ->> 'payment_key');
  update fulfillment.payments p
     set facts_wanted = p.facts_wanted + 1, updated_at = pg_catalog.clock_timestamp()
   where p.payment_key = p_settlement ->> 'payment_key'
  returning p.id into strict v_payment_id;
  update fulfillment.stripe_events e set payment_id = v_payment_id where e.id = p_row_id;

  insert into fulfillment.fulfillment_jobs as j (kind, payment_id, plan_id, trace_context, sla_deadline)
  values ('settle', v_payment_id, fulfillment.plan_id(p_settlement -> 'plan'), p_settlement ->> 'trace_context',
          pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => (p_settlement ->> 'sla_seconds')::double precision))
  on conflict do nothing
  returning j.id into v_job_id;
  if v_job_id is not null then
    insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at)
    values (v_job_id, p_settlement ->> 'plan_key', pg_catalog.clock_timestamp());
  else
    select j.id into strict v_job_id
      from fulfillment.fulfillment_jobs j where j.payment_id = v_payment_id and j.kind = 'settle' for no key update;
    v_kind := case when fulfillment.reopen_settle(v_job_id, (p_settlement ->> 'sla_seconds')::double precision)
                   then 'job.reopened' else 'facts.wanted' end;
  end if;
  perform fulfillment.append_job_event(v_job_id, v_kind, p_actor,
    pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('event', p_event_id, 'type', p_event_type)));
  return query select case when v_kind = 'job.accepted' then 'accepted' else 'merged' end, v_job_id;
end
$$;
revoke execute on function fulfillment.merge_settlement(uuid, text, text, jsonb, text) from public;

-- Dispatch rows of a payment's own jobs by id, then the payment: as workers lock them. The payment's lock makes different
-- events of it take turns.
create function fulfillment.lock_payment_work(p_payment_key text) returns void
  language plpgsql
  set search_path = ''
as $$
begin
  perform from fulfillment.fulfillment_dispatch d
     join fulfillment.fulfillment_jobs j on j.id = d.job_id and j.kind in ('fulfil', 'settle')
     join fulfillment.payments p on p.id = j.payment_id
    where p.payment_key = p_payment_key
    order by d.job_id
      for update of d;
  perform from fulfillment.payments p where p.payment_key = p_payment_key for update;
end
$$;
revoke execute on function fulfillment.lock_payment_work(text) from public;

-- What an event that is kept makes of its purchase: one way for those that come and those that are read again. What is
-- new: news of money that went back come this way too (kind: settlement), and a payment whose refund came first has that
-- looked at again as soon as there is something to take back.
create or replace function fulfillment.merge_purchase(
  p_row_id uuid,      -- of stripe_events; null where no event has told it
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
  v_settle_id uuid;
  v_created boolean;
begin
  if p_purchase ->> 'kind' = 'settlement' then
    return query select m.outcome, m.job_id
      from fulfillment.merge_settlement(p_row_id, p_event_id, p_event_type, p_purchase, p_actor) m;
    return;
  end if;

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

  perform fulfillment.lock_payment_work(p_purchase ->> 'payment_key');
  select * into strict v_payment from fulfillment.payments p where p.payment_key = p_purchase ->> 'payment_key';
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
    if v_payment.facts_wanted > 0 then
      select j.id into v_settle_id
        from fulfillment.fulfillment_jobs j where j.payment_id = v_payment.id and j.kind = 'settle' for no key update;
      if found then
        update fulfillment.payments p set facts_wanted = p.facts_wanted + 1 where p.id = v_payment.id;
        perform fulfillment.append_job_event(v_settle_id,
          case when fulfillment.reopen_settle(v_settle_id, (p_purchase ->> 'sla_seconds')::double precision)
               then 'job.reopened' else 'facts.wanted' end,
          p_actor, pg_catalog.jsonb_build_object('because', 'paid'));
      end if;
    end if;
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
    pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('event', p_event_id, 'type', p_event_type)));
  return query select case when v_created then 'accepted' else 'merged' end, v_job_id;
end
$$;

-- Those of staff who decide what a refund is for have the facts read again, too.
grant execute on function fulfillment.reopen_settle(uuid, double precision) to fulfillment_operations;
