-- Two profiles of one person are put together by support. The one that is given up stays as the name of an address: whatever is
-- bought or claimed with it from then on is the other's.

alter table fulfillment.profiles
  add column merged_into uuid references fulfillment.profiles (id),
  drop constraint profiles_state_check,
  add constraint profiles_state_check check (state in ('pending_claim', 'claimed', 'merged')),
  add constraint merged_into_one check ((state = 'merged') = (merged_into is not null)),
  add constraint merged_into_another check (merged_into <> id);
create index profiles_merged_into on fulfillment.profiles (merged_into) where merged_into is not null;
comment on column fulfillment.profiles.merged_into is
  'The profile that has all of this one. Never one that is merged itself: a later merge moves the pointers.';

create table fulfillment.profile_merges (
  id uuid primary key default fulfillment.uuid_v7(),
  from_profile_id uuid not null references fulfillment.profiles (id),
  into_profile_id uuid not null references fulfillment.profiles (id),
  facts text[] not null check (cardinality(facts) >= 2),
  given_up_subject text,
  moved integer not null,
  actor text not null,
  at timestamptz not null default clock_timestamp(),
  check (from_profile_id <> into_profile_id)
);
comment on table fulfillment.profile_merges is
  'Which profiles were put together, by whom, and which facts were checked before: kinds of facts, not the facts. Retention: as long as the profiles.';
comment on column fulfillment.profile_merges.given_up_subject is 'The sign-in that had claimed the profile which was given up.';
alter table fulfillment.profile_merges enable row level security;
alter table fulfillment.profile_merges force row level security;
create policy migrator_all on fulfillment.profile_merges to fulfillment_migrator using (true) with check (true);
create policy operations_select on fulfillment.profile_merges for select to fulfillment_operations using (true);
create policy operations_insert on fulfillment.profile_merges for insert to fulfillment_operations with check (true);
grant select, insert on fulfillment.profile_merges to fulfillment_operations;
create trigger immutable before update on fulfillment.profile_merges
  for each row execute function fulfillment.refuse_change();

-- Whose profile an address names: its own, or the one that this was merged into.
create function fulfillment.profile_named(p_canonical_email text) returns uuid
  language sql stable
  set search_path = ''
as $$
  select coalesce(o.merged_into, o.id) from fulfillment.profiles o where o.canonical_email = p_canonical_email
$$;
revoke execute on function fulfillment.profile_named(text) from public;
grant execute on function fulfillment.profile_named(text)
  to fulfillment_worker, fulfillment_shelf, fulfillment_operations, fulfillment_reader;

-- As before, for the profile that an address names.
create or replace function fulfillment.claim_profile(p_subject text, p_canonical_email text, p_way text)
  returns table (outcome text, profile_id uuid, ebooks integer)
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_named uuid := fulfillment.profile_named(p_canonical_email);
  v_profile fulfillment.profiles;
  v_payments uuid[];
begin
  select array(
    select p.id from fulfillment.payments p
     where p.id in (select e.payment_id from fulfillment.ebook_entitlements e where e.profile_id = v_named)
     order by p.id for no key update of p) into v_payments;
  select * into v_profile from fulfillment.profiles o where o.id = v_named for update;
  profile_id := v_profile.id;
  if v_profile.id is null then
    outcome := 'nothing_to_claim';
  elsif v_profile.state = 'merged' then
    raise exception 'this profile was merged in between' using errcode = 'serialization_failure';
  elsif v_profile.subject = p_subject then
    outcome := 'already_yours';
  elsif v_profile.subject is not null then
    outcome := 'claimed_by_another';
  elsif exists (select from fulfillment.profiles o where o.subject = p_subject) then
    outcome := 'other_profile_linked';
  elsif exists (select from fulfillment.ebook_entitlements e
                 where e.profile_id = v_profile.id and e.payment_id <> all (v_payments)) then
    raise exception 'a purchase of this profile came in between' using errcode = 'serialization_failure';
  else
    begin
      update fulfillment.profiles o set state = 'claimed', subject = p_subject, updated_at = pg_catalog.clock_timestamp()
       where o.id = v_profile.id;
      outcome := 'claimed';
    exception when unique_violation then
      -- The same subject has claimed another profile at the same moment.
      outcome := 'other_profile_linked';
    end;
  end if;

  if outcome = 'claimed' then
    perform pg_catalog.set_config('fulfillment.change_reason', 'claim', true);
    -- What is being prepared becomes active when its files are there, and what was taken back stays so: domain/entitlement.ts.
    update fulfillment.ebook_entitlements e set state = 'active', updated_at = pg_catalog.clock_timestamp()
     where e.profile_id = v_profile.id and e.state = 'pending_claim';
    perform pg_catalog.set_config('fulfillment.change_reason', '', true);
  end if;
  if outcome in ('claimed', 'claimed_by_another', 'other_profile_linked') then
    insert into fulfillment.profile_claims (profile_id, subject, way, outcome)
    values (v_profile.id, p_subject, p_way, outcome);
  end if;
  select count(*)::integer into ebooks from fulfillment.ebook_entitlements e
   where e.profile_id = v_profile.id and e.state <> 'revoked' and outcome in ('claimed', 'already_yours');
  return next;
end
$$;
