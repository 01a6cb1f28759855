-- Finding orders: by ids that Stripe alone knows, by what belongs to a payment, and by a buyer whose address or name is
-- only nearly right. The last needs trigrams: the extension pg_trgm, which Supabase keeps in the schema `extensions`
-- and every build of Postgres with its contrib modules brings. It is trusted: the database's owner may create it.

do $$
begin
  if not exists (select from pg_catalog.pg_available_extensions where name = 'pg_trgm') then
    raise exception 'The extension pg_trgm is missing on this server.'
      using hint = 'Install the contrib modules of Postgres (Debian and Ubuntu: part of postgresql, Alpine: postgresql-contrib) and migrate again.';
  end if;
  if not exists (select from pg_catalog.pg_extension where extname = 'pg_trgm') then
    create schema if not exists extensions;
    create extension pg_trgm schema extensions;
  end if;
end
$$;

-- One form for what is kept and what is typed: without accents, lower case.
create function fulfillment.fold_for_search(input text) returns text
  language sql immutable strict parallel safe
  set search_path = ''
as $$
  select pg_catalog.lower(pg_catalog.translate(
    pg_catalog.regexp_replace(pg_catalog.normalize(pg_catalog.left(input, 300), 'NFKD'), '[\u0300-\u036f]', '', 'g'),
    'łŁøØđĐħĦıŀĿŧŦ', 'lLoOdDhHilLtT'))
$$;
revoke execute on function fulfillment.fold_for_search(text) from public;
-- A generated column is made with the rights of whoever writes the row.
grant execute on function fulfillment.fold_for_search(text)
  to fulfillment_worker, fulfillment_shelf, fulfillment_operations, fulfillment_migrator;

-- The domain is left out: it says the same of half the buyers, and would make them all alike.
alter table fulfillment.profiles add column search_text text
  generated always as (fulfillment.fold_for_search(split_part(canonical_email, '@', 1) || ' ' || coalesce(name, ''))) stored;
comment on column fulfillment.profiles.search_text is 'Local part of the address and name, folded: what fuzzy search looks at.';

-- pg_trgm lives where it was first created, so what names its operators is written here.
do $$
declare
  home text;
begin
  select n.nspname into strict home
    from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';

  -- A short list of pending entries: whoever fills it up sorts it in, and that is a worker in the middle of an order.
  execute format('create index profiles_search_text on fulfillment.profiles using gin (search_text %I.gin_trgm_ops)
    with (gin_pending_list_limit = 512)', home);

  -- How much of a typed text is found in a profile's, from 0 to 1. Both folded.
  execute format($function$
    create function fulfillment.resemblance(typed text, kept text) returns real
      language sql immutable strict parallel safe
      set search_path = ''
    as $body$ select %1$I.word_similarity(typed, kept) $body$
  $function$, home);

  -- By what buyers who resemble a text are ordered, from 0 to 1000. The domain, which may be null, orders and leaves
  -- nobody out.
  execute format($function$
    create function fulfillment.buyer_likeness(typed text, typed_domain text, kept text, canonical_email text) returns integer
      language sql immutable parallel safe
      set search_path = ''
    as $body$
      select (1000 * (0.5 * %1$I.word_similarity(typed, kept) + 0.3 * %1$I.similarity(typed, kept)
        + 0.2 * coalesce(%1$I.similarity(typed_domain, pg_catalog.split_part(canonical_email, '@', 2)), 0)))::integer
    $body$
  $function$, home);

  -- Buyers who resemble a text, the best first. Asks for much resemblance before it asks for less, so that a common
  -- name costs no more than a rare one; `complete` says that there are no others who resemble the text at all.
  execute format($function$
    create function fulfillment.find_similar_profiles(
      p_text text, p_domain text, p_candidates_max integer, p_rows_max integer
    ) returns table (profile_id uuid, likeness integer, complete boolean)
      language plpgsql
      set search_path = ''
      -- With a limit the planner hopes to be lucky and reads the table; the index is never wrong by much.
      set enable_seqscan = off
    as $body$
    declare
      v_text text := fulfillment.fold_for_search(p_text);
      v_least text;
      v_ids uuid[];
    begin
      -- One error costs three trigrams, of which a short text has few.
      foreach v_least in array case when pg_catalog.length(v_text) <= 4 then array['0.8', '0.6']
                                    when pg_catalog.length(v_text) <= 7 then array['0.75', '0.5']
                                    else array['0.75', '0.55', '0.4'] end loop
        perform pg_catalog.set_config('pg_trgm.word_similarity_threshold', v_least, true);
        v_ids := array(select p.id from fulfillment.profiles p
                        where p.search_text operator(%1$I.%%>) v_text limit p_candidates_max + 1);
        exit when pg_catalog.cardinality(v_ids) >= 20;
      end loop;
      return query
      select p.id, fulfillment.buyer_likeness(v_text, p_domain, p.search_text, p.canonical_email),
             v_least in ('0.4', '0.5', '0.6') and pg_catalog.cardinality(v_ids) <= least(p_candidates_max, p_rows_max)
        from fulfillment.profiles p
       where p.id = any(v_ids)
       order by 2 desc, 1 desc
       limit p_rows_max;
    end
    $body$
  $function$, home);

  execute format('grant usage on schema %I to fulfillment_operations', home);
  if not pg_catalog.has_schema_privilege('fulfillment_operations', home, 'usage') then
    raise exception 'The role fulfillment_operations may not use the schema %, where pg_trgm is.', home
      using hint = format('As its owner: grant usage on schema %I to fulfillment_operations;', home);
  end if;
end
$$;
revoke execute on function fulfillment.resemblance(text, text), fulfillment.buyer_likeness(text, text, text, text),
  fulfillment.find_similar_profiles(text, text, integer, integer) from public;
grant execute on function fulfillment.resemblance(text, text), fulfillment.buyer_likeness(text, text, text, text),
  fulfillment.find_similar_profiles(text, text, integer, integer) to fulfillment_operations;

-- Facts of a payment name its charge once Stripe was asked for it.
create index payments_charge on fulfillment.payments ((facts ->> 'charge_id')) where facts ? 'charge_id';
create index email_messages_payment on fulfillment.email_messages (payment_id);
