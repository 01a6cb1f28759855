-- A person is forgotten: what is stored of them is overwritten in one transaction, their files are removed by a job. What tax
-- law asks for stays, without who it was. docs/decisions/0011-forgetting-a-person.md

alter table fulfillment.payments add column erased_at timestamptz;
comment on column fulfillment.payments.erased_at is
  'Its buyer was forgotten. Every door and step that could write of them again asks for this first.';

alter table fulfillment.profiles add column erased_at timestamptz;
comment on column fulfillment.profiles.erased_at is 'Whose it was is forgotten. Nothing of it opens any more.';

create table fulfillment.erasures (
  id uuid primary key default fulfillment.uuid_v7(),
  actor text not null,
  at timestamptz not null default clock_timestamp(),
  profiles integer not null,
  payments integer not null,
  mails integer not null,
  events integer not null,
  files integer not null
);
comment on table fulfillment.erasures is 'That somebody was forgotten: how much, by whom and when, and not who. Retention: unlimited, as proof.';

create table fulfillment.erasure_objects (
  storage_key text primary key,
  erasure_id uuid not null references fulfillment.erasures (id)
);
create index erasure_objects_erasure on fulfillment.erasure_objects (erasure_id);
comment on table fulfillment.erasure_objects is 'Files of forgotten people that are still to be removed. A row goes with its file.';

do $$
declare
  table_name text;
begin
  foreach table_name in array array['erasures', 'erasure_objects'] loop
    execute format('alter table fulfillment.%I enable row level security', table_name);
    execute format('alter table fulfillment.%I force row level security', table_name);
    execute format('create policy migrator_all on fulfillment.%I to fulfillment_migrator using (true) with check (true)', table_name);
    execute format('create policy operations_select on fulfillment.%I for select to fulfillment_operations using (true)', table_name);
    execute format('grant select on fulfillment.%I to fulfillment_operations', table_name);
  end loop;
end
$$;
create policy worker_all on fulfillment.erasure_objects to fulfillment_worker using (true) with check (true);
grant select, delete on fulfillment.erasure_objects to fulfillment_worker;

-- Append-only to everybody, but for the one function that forgets, which says so for its own transaction and is the owner's.
create or replace function fulfillment.refuse_change() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' and pg_catalog.current_setting('fulfillment.forgetting', true) = 'on'
     and current_user = (select pg_catalog.pg_get_userbyid(c.relowner) from pg_catalog.pg_class c where c.oid = tg_relid) then
    return new;
  end if;
  raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end
$$;

-- An order without who bought it. The country stays, for taxes; `buyer` keeps its shape, for those who read old orders.
create function fulfillment.without_buyer(p_order jsonb, p_word text) returns jsonb
  language sql immutable
  set search_path = ''
as $$
  select (p_order - '{formerEmail,claim,shelf}'::text[]) || case when p_order -> 'buyer' is null then '{}'::jsonb else
    pg_catalog.jsonb_build_object('buyer', pg_catalog.jsonb_build_object(
      'email', p_word, 'name', null, 'company', null, 'taxIds', '[]'::jsonb,
      'language', coalesce(p_order #> '{buyer,language}', '"en"'),
      'address', case when p_order #>> '{buyer,address,country}' is not null then pg_catalog.jsonb_build_object(
        'line1', null, 'line2', null, 'city', null, 'postalCode', null, 'state', null,
        'country', p_order #> '{buyer,address,country}') end)) end
$$;
revoke execute on function fulfillment.without_buyer(jsonb, text) from public;

-- Overwrites what is stored of a person: their profiles, the payments that are theirs, and every mail to their own addresses,
-- which are never those that an order of theirs had before it was corrected: such a one may be another buyer's.
-- The caller holds the payments, and has seen that no job of theirs is open.
create function fulfillment.erase_person(p_profiles uuid[], p_payments uuid[], p_addresses text[], p_actor text)
  returns table (erasure_id uuid, mails integer, events integer, files integer)
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_id uuid := fulfillment.uuid_v7();
  -- No address, and never the same: whatever it stands for matches nothing again.
  v_word text := 'forgotten-' || v_id;
  v_now timestamptz := pg_catalog.clock_timestamp();
  v_jobs uuid[];
  v_mails uuid[];
  v_since timestamptz;
  v_marks text[];
  v_subjects text[] := array(select o.subject from fulfillment.profiles o where o.id = any(p_profiles) and o.subject is not null);
begin
  perform pg_catalog.set_config('fulfillment.forgetting', 'on', true);
  perform pg_catalog.set_config('fulfillment.change_reason', 'buyer_forgotten', true);
  v_jobs := array(select j.id from fulfillment.fulfillment_jobs j where j.payment_id = any(p_payments));
  v_mails := array(select m.id from fulfillment.email_messages m
                    where m.payment_id = any(p_payments) or lower(m.to_address) = any(p_addresses));

  -- Every right is a function of the payment's facts: no refund that fails later brings one back.
  update fulfillment.payments p
     set erased_at = v_now, facts_version = p.facts_version + 1, updated_at = v_now,
         facts = p.facts || pg_catalog.jsonb_build_object('revoked_lines', (
           select coalesce(pg_catalog.jsonb_agg(e.line_no order by e.line_no), '[]')
             from fulfillment.ebook_entitlements e where e.payment_id = p.id))
   where p.id = any(p_payments) and p.erased_at is null;

  -- Events of theirs, and such as were kept for a person to look at or left out, in which they are named.
  select coalesce(min(p.created_at), v_now) - interval '90 days' into v_since from fulfillment.payments p where p.id = any(p_payments);
  v_marks := array(
    select lower(mark) from (
      select pg_catalog.unnest(p_addresses)
      union select p.payment_intent_id from fulfillment.payments p where p.id = any(p_payments)
      union select p.checkout_session_id from fulfillment.payments p where p.id = any(p_payments)) m(mark)
     where mark is not null);
  with gone as (
    update fulfillment.stripe_events e set body = null
     where e.body is not null
       and (e.payment_id = any(p_payments)
            or e.payment_id is null and e.received_at >= v_since
               and exists (select from pg_catalog.unnest(v_marks) mark
                            where position(mark in lower(pg_catalog.encode(e.body, 'escape'))) > 0))
    returning 1)
  select count(*)::integer into events from gone;

  update fulfillment.fulfillment_jobs j
     set order_snapshot = fulfillment.without_buyer(j.order_snapshot, v_word), trace_context = null
   where j.id = any(v_jobs);
  -- What told a former address of theirs is about somebody else's order.
  update fulfillment.fulfillment_jobs j set order_snapshot = j.order_snapshot - '{formerEmail}'::text[]
   where j.id in (select m.job_id from fulfillment.email_messages m where m.id = any(v_mails))
     and j.order_snapshot ? 'formerEmail' and lower(j.order_snapshot ->> 'formerEmail') = any(p_addresses);
  update fulfillment.fulfillment_job_steps s set output = null where s.job_id = any(v_jobs) and s.output is not null;
  update fulfillment.fulfillment_job_effects f set evidence = '{}'
   where f.job_id = any(v_jobs) and f.evidence is not null;
  update fulfillment.fulfillment_job_events e set data = '{}' where e.job_id = any(v_jobs) and e.data <> '{}';

  update fulfillment.email_messages m
     set to_address = v_word, bytes = null, bytes_sha256 = '', reference = null,
         state = case when m.state in ('accepted', 'superseded') then m.state else 'dropped' end
   where m.id = any(v_mails);
  mails := pg_catalog.cardinality(v_mails);
  update fulfillment.email_attempts a set detail = null where a.message_id = any(v_mails) and a.detail is not null;
  update fulfillment.email_evidence v
     set status = null, event_id = v.id::text,
         provider_ref = case when v.mail_ref is null then v.id::text end
   where v.message_id = any(v_mails);
  delete from fulfillment.mail_domain_standings d
   where d.domain in (select lower(split_part(address, '@', 2)) from pg_catalog.unnest(p_addresses) address);

  update fulfillment.receipts r
     set document = r.document || '{"buyer": {"name": "", "email": "", "company": null, "taxIds": [], "addressLines": []}}'
   where r.payment_id = any(p_payments);
  update fulfillment.credit_notes c
     set document = c.document || '{"buyer": {"name": "", "email": "", "company": null, "taxIds": [], "addressLines": []}}'
   where c.payment_id = any(p_payments);
  delete from fulfillment.buyer_corrections b
   where b.payment_id = any(p_payments);
  update fulfillment.reconciliation_findings f set details = '{}' where f.payment_id = any(p_payments);

  update fulfillment.ebook_entitlements e set state = 'revoked', updated_at = v_now
   where (e.profile_id = any(p_profiles) or e.payment_id = any(p_payments)) and e.state <> 'revoked';
  update fulfillment.download_links l set ended_at = coalesce(l.ended_at, v_now), expires_at = least(l.expires_at, v_now)
   where l.entitlement_id in (select e.id from fulfillment.ebook_entitlements e where e.payment_id = any(p_payments));
  update fulfillment.downloads d set client_hash = null, storage_key = d.id::text
   where d.entitlement_id in (select e.id from fulfillment.ebook_entitlements e where e.payment_id = any(p_payments));

  insert into fulfillment.erasures (id, actor, profiles, payments, mails, events, files)
  select v_id, p_actor, pg_catalog.cardinality(p_profiles), pg_catalog.cardinality(p_payments), mails, events, count(*)
    from fulfillment.stored_files f where f.payment_id = any(p_payments)
  returning id, erasures.files into erasure_id, files;
  with gone as (
    delete from fulfillment.stored_files f where f.payment_id = any(p_payments) returning f.storage_key)
  insert into fulfillment.erasure_objects (storage_key, erasure_id)
  select storage_key, v_id from gone on conflict do nothing;

  update fulfillment.claim_codes c set subject = v_word
   where c.profile_id = any(p_profiles) or c.subject = any(v_subjects);
  update fulfillment.profile_claims c set subject = v_word
   where c.profile_id = any(p_profiles) or c.subject = any(v_subjects);
  update fulfillment.profile_merges g set given_up_subject = null
   where g.given_up_subject is not null and (g.from_profile_id = any(p_profiles) or g.given_up_subject = any(v_subjects));
  update fulfillment.profiles o
     set canonical_email = v_word || '-' || o.id, email = v_word, name = null, language = 'en', subject = null,
         state = case when o.merged_into is null then 'pending_claim' else 'merged' end,
         reminders_stopped_at = v_now, erased_at = coalesce(o.erased_at, v_now), updated_at = v_now
   where o.id = any(p_profiles);

  perform pg_catalog.set_config('fulfillment.change_reason', '', true);
  perform pg_catalog.set_config('fulfillment.forgetting', '', true);
  return next;
end
$$;
revoke execute on function fulfillment.erase_person(uuid[], uuid[], text[], text) from public;
grant execute on function fulfillment.erase_person(uuid[], uuid[], text[], text) to fulfillment_operations;

-- What comes late tells of a forgotten buyer once more: that it came is kept, and its bytes are not.
create function fulfillment.forget_late_event() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  if new.body is not null
     and exists (select from fulfillment.payments p where p.id = new.payment_id and p.erased_at is not null) then
    new.body := null;
  end if;
  return new;
end
$$;
revoke execute on function fulfillment.forget_late_event() from public;
-- Another content under a known id is kept for a person to look at, unless the first one was of somebody who is forgotten.
create function fulfillment.forget_late_conflict() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  if exists (select from fulfillment.stripe_events k join fulfillment.payments p on p.id = k.payment_id
              where k.event_id = new.event_id and k.verdict <> 'conflict' and p.erased_at is not null) then
    new.body := null;
  end if;
  return new;
end
$$;
revoke execute on function fulfillment.forget_late_conflict() from public;
create trigger forget_late_conflict before insert on fulfillment.stripe_events
  for each row when (new.verdict = 'conflict') execute function fulfillment.forget_late_conflict();
create trigger forget_late before update of payment_id on fulfillment.stripe_events
  for each row when (new.payment_id is not null and old.payment_id is null) execute function fulfillment.forget_late_event();
