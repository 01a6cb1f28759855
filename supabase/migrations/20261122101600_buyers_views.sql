-- What Supabase clients may read: their own shelf. Views run with the reader's rights over base tables on which the
-- role `authenticated` has column grants and a policy that demands a verified e-mail or the linked subject.

-- Called once per statement, as scalar sub-selects: a function per row would read every profile of the shop.
create function fulfillment.current_buyer_email() returns text
  language sql stable
  set search_path = ''
as $$
  -- Collation C lowers ASCII only: by Unicode rules the Kelvin sign would become a plain k, and a stranger's shelf.
  select case when c.claims -> 'email_verified' = 'true'::jsonb then pg_catalog.lower((c.claims ->> 'email') collate "C") end
  from (select nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb as claims) c
$$;
comment on function fulfillment.current_buyer_email() is
  'Canonical e-mail of the request''s token, if verified: email_verified must be the JSON value true. Auth0''s tokens carry it by an action, Supabase''s own by an access token hook.';

create function fulfillment.current_buyer_subject() returns text
  language sql stable
  set search_path = ''
as $$
  select nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
$$;
comment on function fulfillment.current_buyer_subject() is 'Subject of the request''s token.';
revoke execute on function fulfillment.current_buyer_email(), fulfillment.current_buyer_subject() from public;

create view public.my_ebooks with (security_invoker = true) as
select e.id,
       e.product_id,
       p.title,
       p.language,
       e.formats,
       case when e.state = 'pending_claim' then 'active' else e.state end as status,
       e.created_at as purchased_at
  from fulfillment.ebook_entitlements e
  join fulfillment.catalog_products p on p.id = e.product_id
 where e.state <> 'revoked';
comment on view public.my_ebooks is 'The signed-in buyer''s shelf. status: processing until files and entitlement are both there, then active.';
revoke all on public.my_ebooks from public;

do $$
begin
  if exists (select from pg_catalog.pg_roles where rolname = 'anon') then
    revoke all on public.my_ebooks from anon;
  end if;
  if exists (select from pg_catalog.pg_roles where rolname = 'authenticated') then
    revoke all on public.my_ebooks from authenticated;
    grant usage on schema fulfillment to authenticated;
    grant execute on function fulfillment.current_buyer_email(), fulfillment.current_buyer_subject() to authenticated;
    grant select (id, canonical_email, subject) on fulfillment.profiles to authenticated;
    grant select (id, profile_id, product_id, formats, state, created_at) on fulfillment.ebook_entitlements to authenticated;
    grant select (id, title, language) on fulfillment.catalog_products to authenticated;
    create policy buyer_select on fulfillment.profiles for select to authenticated
      using (canonical_email = (select fulfillment.current_buyer_email())
        or subject = (select fulfillment.current_buyer_subject()));
    create policy buyer_select on fulfillment.ebook_entitlements for select to authenticated
      using (profile_id = any (array(select p.id from fulfillment.profiles p)));
    create policy buyer_select on fulfillment.catalog_products for select to authenticated
      using (exists (select from fulfillment.ebook_entitlements e where e.product_id = catalog_products.id));
    grant select on public.my_ebooks to authenticated;
  end if;
end
$$;
