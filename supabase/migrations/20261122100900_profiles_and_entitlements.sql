-- Buyers by canonical e-mail, and what they own. Kept as long as the buyer has an account.

create table fulfillment.profiles (
  id uuid primary key default fulfillment.uuid_v7(),
  canonical_email text not null unique,
  email text not null,
  name text,
  language text not null default 'en' check (language in ('en', 'pl')),
  state text not null default 'pending_claim' check (state in ('pending_claim', 'claimed')),
  subject text unique,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint claimed_by_somebody check ((state = 'claimed') = (subject is not null))
);
comment on column fulfillment.profiles.canonical_email is 'NFC, lower-case, A-label domain: made in one place, domain/emailAddress.ts.';
comment on column fulfillment.profiles.subject is 'The identity provider''s subject that claimed this profile.';

create table fulfillment.ebook_entitlements (
  id uuid primary key default fulfillment.uuid_v7(),
  payment_id uuid not null references fulfillment.payments (id),
  line_no integer not null check (line_no > 0),
  profile_id uuid not null references fulfillment.profiles (id),
  product_id text not null references fulfillment.catalog_products (id),
  product_version text not null,
  formats text[] not null check (cardinality(formats) > 0),
  quantity integer not null check (quantity > 0),
  state text not null check (state in ('processing', 'active', 'pending_claim', 'revoked')),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  unique (payment_id, line_no)
);
create index ebook_entitlements_profile on fulfillment.ebook_entitlements (profile_id);
comment on column fulfillment.ebook_entitlements.state is 'A function of facts, files and claim: domain/entitlement.ts.';

create table fulfillment.ebook_entitlement_changes (
  id uuid primary key default fulfillment.uuid_v7(),
  entitlement_id uuid not null references fulfillment.ebook_entitlements (id),
  at timestamptz not null default clock_timestamp(),
  from_state text,
  to_state text not null,
  reason text not null
);
create index ebook_entitlement_changes_entitlement on fulfillment.ebook_entitlement_changes (entitlement_id, id);
comment on table fulfillment.ebook_entitlement_changes is 'Status history, append-only; written by trigger, so no path can forget it.';

create function fulfillment.note_entitlement_change() returns trigger
  language plpgsql security definer
  set search_path = ''
as $$
begin
  if tg_op = 'INSERT' or new.state is distinct from old.state then
    insert into fulfillment.ebook_entitlement_changes (entitlement_id, from_state, to_state, reason)
    values (new.id, case when tg_op = 'UPDATE' then old.state end, new.state,
            'fulfilment');
  end if;
  return null;
end
$$;
revoke execute on function fulfillment.note_entitlement_change() from public;
create trigger note_change after insert or update of state on fulfillment.ebook_entitlements
  for each row execute function fulfillment.note_entitlement_change();

alter table fulfillment.profiles enable row level security;
alter table fulfillment.profiles force row level security;
create policy migrator_all on fulfillment.profiles to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.profiles to fulfillment_worker using (true) with check (true);
create policy shelf_select on fulfillment.profiles for select to fulfillment_shelf using (true);
grant select, insert, update on fulfillment.profiles to fulfillment_worker;
grant select on fulfillment.profiles to fulfillment_shelf;

alter table fulfillment.ebook_entitlements enable row level security;
alter table fulfillment.ebook_entitlements force row level security;
create policy migrator_all on fulfillment.ebook_entitlements to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.ebook_entitlements to fulfillment_worker using (true) with check (true);
create policy shelf_select on fulfillment.ebook_entitlements for select to fulfillment_shelf using (true);
create policy reader_select on fulfillment.ebook_entitlements for select to fulfillment_reader using (true);
grant select, insert, update on fulfillment.ebook_entitlements to fulfillment_worker;
grant select on fulfillment.ebook_entitlements to fulfillment_shelf, fulfillment_reader;

alter table fulfillment.ebook_entitlement_changes enable row level security;
alter table fulfillment.ebook_entitlement_changes force row level security;
create policy migrator_all on fulfillment.ebook_entitlement_changes to fulfillment_migrator using (true) with check (true);
create policy reader_select on fulfillment.ebook_entitlement_changes for select to fulfillment_reader using (true);
grant select on fulfillment.ebook_entitlement_changes to fulfillment_reader;
