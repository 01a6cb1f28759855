-- Who owns a shelf: while nobody has claimed a profile, whoever signs in with its verified address; afterwards the subject that
-- claimed it, and nobody else. A mailbox that changes hands takes no books along, and neither does a second sign-in.

create table fulfillment.profile_claims (
  id uuid primary key default fulfillment.uuid_v7(),
  profile_id uuid not null references fulfillment.profiles (id),
  subject text not null check (char_length(subject) between 1 and 255),
  way text not null check (way in ('verified_email')),
  outcome text not null check (outcome in ('claimed', 'claimed_by_another', 'other_profile_linked')),
  at timestamptz not null default clock_timestamp()
);
create index profile_claims_profile on fulfillment.profile_claims (profile_id, id);
comment on table fulfillment.profile_claims is 'Who claimed a profile, and who was refused; never changed. Kept as long as the profile.';

alter table fulfillment.profile_claims enable row level security;
alter table fulfillment.profile_claims force row level security;
create policy migrator_all on fulfillment.profile_claims to fulfillment_migrator using (true) with check (true);
create policy operations_select on fulfillment.profile_claims for select to fulfillment_operations using (true);
grant select on fulfillment.profile_claims to fulfillment_operations;
create trigger immutable before update on fulfillment.profile_claims
  for each row execute function fulfillment.refuse_change();

-- Links a subject to the profile of an address that the caller has verified to be its own. Definer: whoever serves buyers may
-- change neither profiles nor rights.
--
-- Payments are locked first, for whoever moves a right holds its payment; then the profile, which every grant holds shared until
-- its rights are written. A right that was granted in between belongs to a payment that is not locked: then it is begun anew.
create function fulfillment.claim_profile(p_subject text, p_canonical_email text, p_way text)
  returns table (outcome text, profile_id uuid, ebooks integer)
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_profile fulfillment.profiles;
  v_payments uuid[];
begin
  select array(
    select p.id from fulfillment.payments p
     where p.id in (select e.payment_id from fulfillment.ebook_entitlements e
                      join fulfillment.profiles o on o.id = e.profile_id
                     where o.canonical_email = p_canonical_email)
     order by p.id for no key update of p) into v_payments;
  select * into v_profile from fulfillment.profiles o where o.canonical_email = p_canonical_email for update;
  profile_id := v_profile.id;
  if v_profile.id is null then
    outcome := 'nothing_to_claim';
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
revoke execute on function fulfillment.claim_profile(text, text, text) from public;
grant execute on function fulfillment.claim_profile(text, text, text) to fulfillment_shelf;

do $$
begin
  if exists (select from pg_catalog.pg_roles where rolname = 'authenticated') then
    grant select (state) on fulfillment.profiles to authenticated;
    drop policy buyer_select on fulfillment.profiles;
    create policy buyer_select on fulfillment.profiles for select to authenticated
      using (subject = (select fulfillment.current_buyer_subject())
        or (state = 'pending_claim' and canonical_email = (select fulfillment.current_buyer_email())));
  end if;
end
$$;
