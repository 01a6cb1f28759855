-- Whoever is signed in under another address takes what a guest bought by a code that is mailed to the guest's address and typed.
-- The code itself is stored nowhere: it is made of the id of its row and a key.

create table fulfillment.claim_codes (
  id uuid primary key default fulfillment.uuid_v7(),
  profile_id uuid references fulfillment.profiles (id),
  subject text not null check (char_length(subject) between 1 and 255),
  asked_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null default clock_timestamp() + interval '15 minutes',
  tries integer not null default 0 check (tries between 0 and 5),
  ended_at timestamptz,
  ended_as text check (ended_as in ('used', 'newer')),
  constraint ended_as_something check ((ended_at is null) = (ended_as is null))
);
create index claim_codes_subject on fulfillment.claim_codes (subject, asked_at);
create index claim_codes_profile on fulfillment.claim_codes (profile_id, asked_at) where profile_id is not null;
comment on table fulfillment.claim_codes is
  'Codes that were asked for, by which sign-in, and how each ended. Retention: as long as profile_claims.';
comment on column fulfillment.claim_codes.profile_id is
  'Null: there was nothing to claim with the address that was typed. Written all the same, so that the answer takes no shorter.';
comment on column fulfillment.claim_codes.tries is 'How often a code was typed for it; after five it is over.';

alter table fulfillment.claim_codes enable row level security;
alter table fulfillment.claim_codes force row level security;
create policy migrator_all on fulfillment.claim_codes to fulfillment_migrator using (true) with check (true);
create policy worker_select on fulfillment.claim_codes for select to fulfillment_worker using (true);
create policy operations_select on fulfillment.claim_codes for select to fulfillment_operations using (true);
grant select on fulfillment.claim_codes to fulfillment_worker, fulfillment_operations;

-- One row per reminder of a purchase that nobody has claimed: it counts among a profile's mails of a day.
create table fulfillment.claim_reminders (
  profile_id uuid not null references fulfillment.profiles (id),
  number integer not null check (number in (1, 2)),
  at timestamptz not null default clock_timestamp(),
  primary key (profile_id, number)
);
comment on table fulfillment.claim_reminders is 'Reminders that were made, 24 hours and 7 days after a purchase; at most two in the life of a profile.';

alter table fulfillment.claim_reminders enable row level security;
alter table fulfillment.claim_reminders force row level security;
create policy migrator_all on fulfillment.claim_reminders to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.claim_reminders to fulfillment_worker using (true) with check (true);
create policy operations_select on fulfillment.claim_reminders for select to fulfillment_operations using (true);
grant select, insert on fulfillment.claim_reminders to fulfillment_worker;
grant select on fulfillment.claim_reminders to fulfillment_operations;

alter table fulfillment.profiles add column reminders_stopped_at timestamptz;
comment on column fulfillment.profiles.reminders_stopped_at is 'Its owner wants no reminders of what waits to be claimed.';

-- How far purchases were looked through for reminders; one row, held by whoever looks.
create table fulfillment.claim_reminder_watch (
  one boolean primary key default true check (one),
  seen_until timestamptz not null default clock_timestamp()
);
insert into fulfillment.claim_reminder_watch default values;
comment on table fulfillment.claim_reminder_watch is 'Until when reminders that are due were made. One row.';
alter table fulfillment.claim_reminder_watch enable row level security;
alter table fulfillment.claim_reminder_watch force row level security;
create policy migrator_all on fulfillment.claim_reminder_watch to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.claim_reminder_watch to fulfillment_worker using (true) with check (true);
grant select, update on fulfillment.claim_reminder_watch to fulfillment_worker;

alter table fulfillment.email_messages
  drop constraint email_messages_kind_check,
  add constraint email_messages_kind_check check (kind in
    ('receipt', 'files_ready', 'granted', 'new_links', 'new_version', 'address_changed', 'refund', 'refund_failed',
     'access_ended', 'access_restored', 'claim_invitation', 'claim_reminder', 'profiles_merged'))
    not valid;
alter table fulfillment.email_messages validate constraint email_messages_kind_check;

alter table fulfillment.profile_claims
  drop constraint profile_claims_way_check,
  add constraint profile_claims_way_check check (way in ('verified_email', 'mail_code'));

-- A code is asked for. What comes back depends on who asks alone, never on the address that was typed: nobody learns who has
-- bought something here. Definer: whoever serves buyers may neither read orders nor make jobs.
create function fulfillment.ask_claim_code(p_subject text, p_canonical_email text)
  returns table (outcome text, again_at timestamptz, profile_id uuid)
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_now timestamptz := pg_catalog.clock_timestamp();
  v_named uuid := fulfillment.profile_named(p_canonical_email);
  v_profile fulfillment.profiles;
  v_code fulfillment.claim_codes;
  v_payment_id uuid;
  v_order jsonb;
  v_asked integer;
  v_job_id uuid := fulfillment.uuid_v7();
begin
  -- One sign-in asks one thing at a time, so that its limit holds.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('fulfillment claim code ' || p_subject, 0));
  select case when o.id = v_named then 'already_yours' else 'other_profile_linked' end
    into outcome
    from fulfillment.profiles o where o.subject = p_subject;
  if found then
    return next;
    return;
  end if;
  -- Five in an hour: the fifth from the end frees a place.
  select count(*), min(a.asked_at) + interval '1 hour' into v_asked, again_at
    from (select c.asked_at from fulfillment.claim_codes c
           where c.subject = p_subject and c.asked_at > v_now - interval '1 hour'
           order by c.asked_at desc limit 5) a;
  if v_asked = 5 then
    outcome := 'too_many';
    return next;
    return;
  end if;
  outcome := 'asked';
  again_at := null;

  -- Held, so that its mails are counted one after the other.
  select * into v_profile from fulfillment.profiles o
   where o.id = v_named and o.state = 'pending_claim' for no key update;
  select e.payment_id, j.order_snapshot into v_payment_id, v_order
    from fulfillment.ebook_entitlements e
    join fulfillment.fulfillment_jobs j
      on j.payment_id = e.payment_id and j.kind in ('fulfil', 'adopt', 'grant') and j.order_snapshot is not null
   where e.profile_id = v_profile.id and e.state <> 'revoked'
   order by e.payment_id desc limit 1;
  -- Three mails about claiming in a day, whoever asked for them.
  if v_payment_id is not null and
     (select count(*) from fulfillment.claim_codes c
       where c.profile_id = v_profile.id and c.asked_at > v_now - interval '24 hours')
     + (select count(*) from fulfillment.claim_reminders r
         where r.profile_id = v_profile.id and r.at > v_now - interval '24 hours') < 3 then
    profile_id := v_profile.id;
  end if;

  update fulfillment.claim_codes c set ended_at = v_now, ended_as = 'newer'
   where c.subject = p_subject and c.profile_id = ask_claim_code.profile_id and c.ended_at is null;
  insert into fulfillment.claim_codes (profile_id, subject, asked_at, expires_at)
  values (ask_claim_code.profile_id, p_subject, v_now, v_now + interval '15 minutes')
  returning * into v_code;

  if profile_id is not null then
    insert into fulfillment.fulfillment_jobs (id, kind, subject_key, payment_id, plan_id, order_snapshot, sla_deadline)
    select v_job_id, 'claim_invitation', v_code.id::text, v_payment_id,
           fulfillment.plan_id('{"name": "claim_invitation", "version": 1, "steps": [
             {"name": "claim_invitation", "version": 1, "needs": [], "holds": true}]}'),
           v_order || pg_catalog.jsonb_build_object('claim', pg_catalog.jsonb_build_object(
             'codeId', v_code.id,
             -- The mailbox that was named, also where its profile was merged into another.
             'to', (select o.email from fulfillment.profiles o where o.canonical_email = p_canonical_email))),
           v_now + interval '5 minutes';
    insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at)
    values (v_job_id, 'claim_invitation@1', v_now);
    insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor)
    values (v_job_id, 1, 'job.accepted', 'buyer');
    perform fulfillment.track('entitlement.claim_initiated', v_code.id::text,
                              pg_catalog.jsonb_build_object('language', v_profile.language));
  end if;
  return next;
end
$$;

-- Counts a try before the code is judged, so that five guesses side by side are five. The id of the code that is open for this
-- sign-in and address; null: there is none.
create function fulfillment.try_claim_code(p_subject text, p_canonical_email text) returns uuid
  language sql security definer
  set search_path = ''
as $$
  update fulfillment.claim_codes c set tries = c.tries + 1
   where c.id = (
     select n.id from fulfillment.claim_codes n
      where n.subject = p_subject and n.profile_id = fulfillment.profile_named(p_canonical_email) and n.ended_at is null
      order by n.id desc limit 1)
     and c.ended_at is null and c.tries < 5 and c.expires_at > pg_catalog.clock_timestamp()
  returning c.id
$$;

-- Uses up a code that was typed as it is, and claims the profile that it was made for.
create function fulfillment.claim_by_code(p_code_id uuid, p_subject text)
  returns table (outcome text, profile_id uuid, ebooks integer)
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_email text;
begin
  -- Profile and payments are locked before the code: whoever asks for a code holds the profile when it ends the code before.
  select o.canonical_email into v_email
    from fulfillment.claim_codes c join fulfillment.profiles o on o.id = c.profile_id
   where c.id = p_code_id and c.subject = p_subject and c.ended_at is null;
  if v_email is null then
    outcome := 'code_not_valid';
    ebooks := 0;
    return next;
    return;
  end if;
  begin
    select r.outcome, r.profile_id, r.ebooks into outcome, profile_id, ebooks
      from fulfillment.claim_profile(p_subject, v_email, 'mail_code') r;
    update fulfillment.claim_codes c set ended_at = pg_catalog.clock_timestamp(), ended_as = 'used'
     where c.id = p_code_id and c.ended_at is null;
    if not found then
      raise exception 'somebody else has used this code' using errcode = 'P0C0D';
    end if;
  exception when sqlstate 'P0C0D' then
    outcome := 'code_not_valid';
    profile_id := null;
    ebooks := 0;
  end;
  return next;
end
$$;

-- Its owner wants no more reminders. Definer: whoever serves buyers may not change profiles.
create function fulfillment.stop_claim_reminders(p_profile_id uuid) returns boolean
  language sql security definer
  set search_path = ''
as $$
  with stopped as (
    update fulfillment.profiles o set reminders_stopped_at = coalesce(o.reminders_stopped_at, pg_catalog.clock_timestamp())
     where o.id = p_profile_id
    returning 1)
  select exists (select from stopped)
$$;

revoke execute on function fulfillment.ask_claim_code(text, text), fulfillment.try_claim_code(text, text),
  fulfillment.claim_by_code(uuid, text), fulfillment.stop_claim_reminders(uuid) from public;
grant execute on function fulfillment.ask_claim_code(text, text), fulfillment.try_claim_code(text, text),
  fulfillment.claim_by_code(uuid, text), fulfillment.stop_claim_reminders(uuid) to fulfillment_shelf;
