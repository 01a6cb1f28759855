-- What Supabase clients may read: their own shelf. Views run with the reader's rights over base tables on which the
-- role `authenticated` has column grants and a policy that demands a verified e-mail or the linked subject.

create function fulfillment.is_current_buyer(p_canonical_email text, p_subject text) returns boolean
  language sql stable
  set search_path = ''
as $$
  -- Collation C lowers ASCII only: by Unicode rules the Kelvin sign would become a plain k, and a stranger's shelf.
  select coalesce(
      p_subject = c.claims ->> 'sub'
      or (p_canonical_email = pg_catalog.lower((c.claims ->> 'email') collate "C") and c.claims -> 'email_verified' = 'true'::jsonb),
      false)
  from (select nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb as claims) c
$$;
comment on function fulfillment.is_current_buyer(text, text) is
  'Whether the bearer of the request''s token is this profile''s owner. email_verified must be the JSON value true.';

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
    grant execute on function fulfillment.is_current_buyer(text, text) to authenticated;
    grant select (id, canonical_email, subject) on fulfillment.profiles to authenticated;
    grant select (id, profile_id, product_id, formats, state, created_at) on fulfillment.ebook_entitlements to authenticated;
    grant select (id, title, language) on fulfillment.catalog_products to authenticated;
    create policy buyer_select on fulfillment.profiles for select to authenticated
      using (fulfillment.is_current_buyer(canonical_email, subject));
    create policy buyer_select on fulfillment.ebook_entitlements for select to authenticated
      using (profile_id in (select p.id from fulfillment.profiles p));
    create policy buyer_select on fulfillment.catalog_products for select to authenticated
      using (exists (select from fulfillment.ebook_entitlements e where e.product_id = catalog_products.id));
    grant select on public.my_ebooks to authenticated;
  end if;
end
$$;
