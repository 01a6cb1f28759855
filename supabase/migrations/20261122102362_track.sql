-- Events about entitlements for the shop's analytics, as jobs that are made in the transaction of their cause; only while there
-- are analytics. The names are a closed list, and properties are codes: who it was is nobody's business there.

create function fulfillment.track(p_name text, p_subject_key text, p_properties jsonb) returns void
  language plpgsql security definer
  set search_path = ''
as $$
begin
  if p_name not in ('entitlement.claim_initiated', 'entitlement.claim_success', 'entitlement.download') then
    raise exception 'there is no event % for analytics', p_name using errcode = 'check_violation';
  end if;
  if exists (select from pg_catalog.jsonb_each(p_properties) x
              where x.key not in ('product_id', 'format', 'language')
                 or pg_catalog.jsonb_typeof(x.value) <> 'string'
                 or x.value #>> '{}' !~ '^[A-Za-z0-9._-]{1,100}$') then
    raise exception 'properties of % must be product_id, format and language, each a code', p_name
      using errcode = 'check_violation';
  end if;
  perform fulfillment.enqueue_outgoing('track', array[p_name || ':' || p_subject_key], array[null::uuid],
    array[pg_catalog.jsonb_build_object('name', p_name, 'occurredAt', pg_catalog.to_char(
      pg_catalog.clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'properties', p_properties)]);
end
$$;
comment on function fulfillment.track(text, text, jsonb) is
  'Once for each name and subject key, which must be an id of ours and no address.';
revoke execute on function fulfillment.track(text, text, jsonb) from public;
-- Everybody else tells of something by a function of the owner's that does it.
grant execute on function fulfillment.track(text, text, jsonb) to fulfillment_worker;

-- Which rows of downloads are a person's download from the moment that they are written: those whose bytes nobody sees. What we
-- stream is one when it has gone out whole, which fulfillment.end_download knows.
create function fulfillment.download_counts(p_download fulfillment.downloads) returns boolean
  language sql immutable
  set search_path = ''
as $$
  select p_download.delivered_by = 'redirect' and not p_download.program
$$;
revoke execute on function fulfillment.download_counts(fulfillment.downloads) from public;

create function fulfillment.track_downloads() returns trigger
  language plpgsql security definer
  set search_path = ''
as $$
begin
  if exists (select from fulfillment.outgoing_plans o where o.name = 'track' and o.enabled) then
    perform fulfillment.track('entitlement.download', d.id::text, pg_catalog.jsonb_build_object(
              'product_id', e.product_id, 'format', d.format, 'language', p.language))
       from new_downloads d
       join fulfillment.ebook_entitlements e on e.id = d.entitlement_id
       join fulfillment.profiles p on p.id = e.profile_id
      where fulfillment.download_counts(d);
  end if;
  return null;
end
$$;
revoke execute on function fulfillment.track_downloads() from public;
create trigger track after insert on fulfillment.downloads
  referencing new table as new_downloads
  for each statement execute function fulfillment.track_downloads();

create function fulfillment.track_claims() returns trigger
  language plpgsql security definer
  set search_path = ''
as $$
begin
  if exists (select from fulfillment.outgoing_plans o where o.name = 'track' and o.enabled) then
    perform fulfillment.track('entitlement.claim_success', c.id::text, pg_catalog.jsonb_build_object('language', p.language))
       from new_claims c
       join fulfillment.profiles p on p.id = c.profile_id
      where c.outcome = 'claimed';
  end if;
  return null;
end
$$;
revoke execute on function fulfillment.track_claims() from public;
create trigger track after insert on fulfillment.profile_claims
  referencing new table as new_claims
  for each statement execute function fulfillment.track_claims();
