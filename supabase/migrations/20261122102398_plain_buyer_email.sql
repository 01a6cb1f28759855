-- What domain/emailAddress.ts would refuse or write in another way (spaces around it, IDN in Unicode letters) is no address in
-- these views: whoever has one sees nothing here until the token carries the plain form. The shelf's API takes all of them.
create or replace function fulfillment.current_buyer_email() returns text
  language sql stable
  set search_path = ''
as $$
  -- Collation C lowers ASCII only: by Unicode rules the Kelvin sign would become a plain k, and a stranger's shelf.
  select case
           when c.claims -> 'email_verified' = 'true'::jsonb
            and pg_catalog.jsonb_typeof(c.claims -> 'email') = 'string'
            and (c.claims ->> 'email') collate "C" operator(pg_catalog.~)
                '^[A-Za-z0-9!#$&''*+/=?^_`{|}~-]+([.][A-Za-z0-9!#$&''*+/=?^_`{|}~-]+)*@([A-Za-z0-9-]+[.])+[A-Za-z0-9-]+$'
           then pg_catalog.lower((c.claims ->> 'email') collate "C")
         end
    from (select nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb as claims) c
$$;
