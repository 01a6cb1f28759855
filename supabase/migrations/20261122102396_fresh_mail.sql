-- Buyers ask for a fresh mail with links themselves: from the page of a link that has expired, or from their shelf. It goes to
-- the address of the order, which whoever asks is not shown.

create table fulfillment.mail_requests (
  id uuid primary key default fulfillment.uuid_v7(),
  payment_id uuid not null references fulfillment.payments (id),
  at timestamptz not null default clock_timestamp()
);
create index mail_requests_payment on fulfillment.mail_requests (payment_id, at);
comment on table fulfillment.mail_requests is 'Mails that buyers have asked for, to count them. Retention: 90 days.';
alter table fulfillment.mail_requests enable row level security;
alter table fulfillment.mail_requests force row level security;
create policy migrator_all on fulfillment.mail_requests to fulfillment_migrator using (true) with check (true);

-- Asks for the mail, if it is owed: paid, not taken back, something owned, no other mail with links on its way. One in ten
-- minutes, three in a day. Definer: whoever serves buyers may neither read orders nor make jobs.
create function fulfillment.ask_fresh_mail(p_entitlement_id uuid)
  returns table (outcome text, again_at timestamptz)
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_now timestamptz := pg_catalog.clock_timestamp();
  v_payment fulfillment.payments;
  v_order jsonb;
  v_own_job uuid;
  v_job_id uuid := fulfillment.uuid_v7();
begin
  -- Whoever decides about a payment's mails holds it: two who ask at once are one after the other.
  select p.* into v_payment from fulfillment.payments p
   where p.id = (select e.payment_id from fulfillment.ebook_entitlements e where e.id = p_entitlement_id)
     for no key update of p;
  select j.id, j.order_snapshot into v_own_job, v_order from fulfillment.fulfillment_jobs j
   where j.payment_id = v_payment.id and j.kind in ('fulfil', 'adopt', 'grant') and j.order_snapshot is not null
     and j.state <> 'cancelled'
   limit 1;
  if v_own_job is null or not v_payment.paid or v_payment.erased_at is not null
     or coalesce((v_payment.facts ->> 'taken_back')::boolean, false)
     or not exists (select from fulfillment.ebook_entitlements e
                     where e.payment_id = v_payment.id and e.state <> 'revoked') then
    outcome := 'not_owed';
    return next;
    return;
  end if;

  if exists (select from fulfillment.fulfillment_job_steps s
              where s.job_id = v_own_job and s.step in ('email', 'granted_email') and s.state not in ('done', 'skipped'))
     or exists (select from fulfillment.fulfillment_jobs j
                 where j.payment_id = v_payment.id and j.kind in ('send_links', 'resend_receipt')
                   and j.subject_key is not null and j.state = 'open') then
    outcome := 'on_its_way';
    return next;
    return;
  end if;

  select greatest(max(r.at) + interval '10 minutes',
                  case when count(*) >= 3 then min(r.at) + interval '24 hours' end) into again_at
    from (select m.at from fulfillment.mail_requests m
           where m.payment_id = v_payment.id and m.at > v_now - interval '24 hours'
           order by m.at desc limit 3) r;
  if again_at > v_now then
    outcome := 'too_soon';
    return next;
    return;
  end if;

  again_at := null;
  outcome := 'asked';
  insert into fulfillment.mail_requests (payment_id, at) values (v_payment.id, v_now);
  insert into fulfillment.fulfillment_jobs (id, kind, subject_key, payment_id, plan_id, order_snapshot, sla_deadline)
  select v_job_id, 'send_links', v_payment.order_id || '/' || (1 + (
           select count(*) from fulfillment.fulfillment_jobs j
            where j.payment_id = v_payment.id and j.kind = 'send_links')),
         v_payment.id,
         fulfillment.plan_id('{"name": "send_links", "version": 1, "steps": [
           {"name": "send_links", "version": 1, "needs": [], "holds": true}]}'),
         v_order, v_now + interval '5 minutes';
  insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at) values (v_job_id, 'send_links@1', v_now);
  insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor) values (v_job_id, 1, 'job.accepted', 'buyer');
  return next;
end
$$;
revoke execute on function fulfillment.ask_fresh_mail(uuid) from public;
grant execute on function fulfillment.ask_fresh_mail(uuid) to fulfillment_shelf;
