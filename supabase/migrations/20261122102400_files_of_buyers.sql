-- What buyers may know of their files, and whether a mail may be asked for. One function says it to the shelf's API, another to
-- Supabase clients about their own books alone.

-- A copy that is not there is on its way as long as somebody works on it; else it takes a person to bring it. Definer: the
-- role of the buyers' side has no right on jobs.
create function fulfillment.files_of(p_entitlement_ids uuid[])
  returns table (entitlement_id uuid, no bigint, format text, status text, size_bytes bigint, last_download_at timestamptz)
  language sql stable security definer
  set search_path = ''
as $$
  select e.id, f.no, f.format,
         case when s.id is not null then case e.state when 'processing' then 'processing' else 'ready' end
              when exists (
                select from fulfillment.fulfillment_jobs j
                 where j.payment_id = e.payment_id and j.kind in ('fulfil', 'adopt', 'grant')
                   and j.state in ('open', 'blocked', 'held')
                   and not exists (select from fulfillment.fulfillment_job_effects x
                                    where x.job_id = j.id and x.effect_key = 'copy:' || e.line_no || ':' || f.format
                                      and x.state in ('blocked', 'failed'))
                   and not exists (select from fulfillment.fulfillment_job_steps t
                                    where t.job_id = j.id and t.step in ('storage', 'copies')
                                      and t.state in ('failed', 'done', 'skipped'))) then 'processing'
              else 'unavailable' end,
         s.size_bytes,
         (select max(d.at) from fulfillment.downloads d
           where d.entitlement_id = e.id and d.format = f.format and not d.program)
    from fulfillment.ebook_entitlements e
   cross join lateral pg_catalog.unnest(e.formats) with ordinality f(format, no)
    left join fulfillment.stored_files s
      on s.payment_id = e.payment_id and s.kind = 'copy' and s.line_no = e.line_no and s.format = f.format
   where e.id = any (p_entitlement_ids)
$$;
revoke execute on function fulfillment.files_of(uuid[]) from public;
grant execute on function fulfillment.files_of(uuid[]) to fulfillment_shelf;

-- Whether a mail with fresh links is owed to the buyer of a payment. Definer for the same reason.
create function fulfillment.fresh_mail_verdict(p_payment_id uuid)
  returns table (outcome text, again_at timestamptz)
  language plpgsql stable security definer
  set search_path = ''
as $$
declare
  v_now timestamptz := pg_catalog.clock_timestamp();
  v_own_job uuid;
begin
  select j.id into v_own_job
    from fulfillment.payments p
    join fulfillment.fulfillment_jobs j on j.payment_id = p.id
   where p.id = p_payment_id and p.paid and p.erased_at is null
     and not coalesce((p.facts ->> 'taken_back')::boolean, false)
     and j.kind in ('fulfil', 'adopt', 'grant') and j.order_snapshot is not null and j.state <> 'cancelled'
   limit 1;
  if v_own_job is null or not exists (select from fulfillment.ebook_entitlements e
                                       where e.payment_id = p_payment_id and e.state <> 'revoked') then
    outcome := 'not_owed';
  elsif exists (select from fulfillment.fulfillment_job_steps s
                 where s.job_id = v_own_job and s.step in ('email', 'granted_email') and s.state not in ('done', 'skipped'))
     or exists (select from fulfillment.fulfillment_jobs j
                 where j.payment_id = p_payment_id and j.kind in ('send_links', 'resend_receipt')
                   and j.subject_key is not null and j.state = 'open') then
    outcome := 'on_its_way';
  else
    -- One in ten minutes, three in a day.
    select greatest(max(r.at) + interval '10 minutes',
                    case when count(*) >= 3 then min(r.at) + interval '24 hours' end) into again_at
      from (select m.at from fulfillment.mail_requests m
             where m.payment_id = p_payment_id and m.at > v_now - interval '24 hours'
             order by m.at desc limit 3) r;
    if again_at > v_now then
      outcome := 'too_soon';
    else
      outcome := 'owed';
      again_at := null;
    end if;
  end if;
  return next;
end
$$;
revoke execute on function fulfillment.fresh_mail_verdict(uuid) from public;
grant execute on function fulfillment.fresh_mail_verdict(uuid) to fulfillment_shelf;

-- As before, by that verdict.
create or replace function fulfillment.ask_fresh_mail(p_entitlement_id uuid)
  returns table (outcome text, again_at timestamptz)
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_now timestamptz := pg_catalog.clock_timestamp();
  v_payment fulfillment.payments;
  v_job_id uuid := fulfillment.uuid_v7();
begin
  -- Whoever decides about a payment's mails holds it: two who ask at once are one after the other.
  select p.* into v_payment from fulfillment.payments p
   where p.id = (select e.payment_id from fulfillment.ebook_entitlements e where e.id = p_entitlement_id)
     for no key update of p;
  select v.outcome, v.again_at into outcome, again_at from fulfillment.fresh_mail_verdict(v_payment.id) v;
  if outcome <> 'owed' then
    return next;
    return;
  end if;

  outcome := 'asked';
  insert into fulfillment.mail_requests (payment_id, at) values (v_payment.id, v_now);
  insert into fulfillment.fulfillment_jobs (id, kind, subject_key, payment_id, plan_id, order_snapshot, sla_deadline)
  select v_job_id, 'send_links', v_payment.order_id || '/' || (1 + (
           select count(*) from fulfillment.fulfillment_jobs j
            where j.payment_id = v_payment.id and j.kind = 'send_links')),
         v_payment.id,
         fulfillment.plan_id('{"name": "send_links", "version": 1, "steps": [
           {"name": "send_links", "version": 1, "needs": [], "holds": true}]}'),
         j.order_snapshot, v_now + interval '5 minutes'
    from fulfillment.fulfillment_jobs j
   where j.payment_id = v_payment.id and j.kind in ('fulfil', 'adopt', 'grant') and j.order_snapshot is not null
     and j.state <> 'cancelled'
   limit 1;
  insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at) values (v_job_id, 'send_links@1', v_now);
  insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor) values (v_job_id, 1, 'job.accepted', 'buyer');
  return next;
end
$$;

-- The profiles of the request's token, in the words of the policy on profiles. For definers alone.
create function fulfillment.my_profile_ids() returns setof uuid
  language sql stable
  set search_path = ''
as $$
  select o.id from fulfillment.profiles o
   where o.subject = (select fulfillment.current_buyer_subject())
      or (o.state = 'pending_claim' and o.canonical_email = (select fulfillment.current_buyer_email()))
$$;
revoke execute on function fulfillment.my_profile_ids() from public;

-- Definers without arguments: whoever calls them can ask about nobody else.
create function fulfillment.my_ebook_files()
  returns table (ebook_id uuid, format text, status text, size_bytes bigint, last_download_at timestamptz)
  language sql stable security definer
  set search_path = ''
as $$
  select f.entitlement_id, f.format, f.status, f.size_bytes, f.last_download_at
    from fulfillment.files_of(array(
      select e.id from fulfillment.ebook_entitlements e
       where e.profile_id = any (array(select fulfillment.my_profile_ids())) and e.state <> 'revoked')) f
   order by f.entitlement_id, f.no
$$;
revoke execute on function fulfillment.my_ebook_files() from public;

-- Also of what was taken back: a buyer's papers stay theirs.
create function fulfillment.my_papers()
  returns table (order_id text, kind text, number text, issued_at timestamptz)
  language sql stable security definer
  set search_path = ''
as $$
  select p.order_id, paper.kind,
         paper.series || '/' || pg_catalog.lpad(paper.number::text, greatest(6, pg_catalog.length(paper.number::text)), '0'),
         paper.issued_at
    from fulfillment.payments p
    join (select r.payment_id, 'receipt' as kind, r.series, r.number, r.issued_at from fulfillment.receipts r
          union all
          select c.payment_id, case c.kind when 'credit' then 'credit_note' else c.kind end, c.series, c.number, c.issued_at
            from fulfillment.credit_notes c) paper on paper.payment_id = p.id
   where p.id = any (array(
           select e.payment_id from fulfillment.ebook_entitlements e
            where e.profile_id = any (array(select fulfillment.my_profile_ids()))))
   order by paper.issued_at, paper.number
$$;
revoke execute on function fulfillment.my_papers() from public;

create view public.my_ebook_files with (security_invoker = true) as select * from fulfillment.my_ebook_files();
comment on view public.my_ebook_files is
  'Formats of what is in my_ebooks. status: ready, processing, or unavailable until the shop has mended it.';
create view public.my_papers with (security_invoker = true) as select * from fulfillment.my_papers();
comment on view public.my_papers is 'Receipts, credit notes and reversals of the signed-in buyer. The papers themselves come by the shelf''s API.';
revoke all on public.my_ebook_files, public.my_papers from public;

do $$
begin
  if exists (select from pg_catalog.pg_roles where rolname = 'anon') then
    revoke all on public.my_ebook_files, public.my_papers from anon;
  end if;
  if exists (select from pg_catalog.pg_roles where rolname = 'service_role') then
    revoke all on public.my_ebook_files, public.my_papers from service_role;
  end if;
  if exists (select from pg_catalog.pg_roles where rolname = 'authenticated') then
    revoke all on public.my_ebook_files, public.my_papers from authenticated;
    grant execute on function fulfillment.my_ebook_files(), fulfillment.my_papers() to authenticated;
    grant select on public.my_ebook_files, public.my_papers to authenticated;
  end if;
end
$$;
