-- As before; and a download that has become whole is told to the shop's analytics, in the transaction that notes it.
create or replace function fulfillment.end_download(p_id uuid, p_sent_bytes bigint) returns boolean
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_ended fulfillment.downloads;
  v_before numeric;
begin
  perform from fulfillment.download_links l
    where l.id = (select d.link_id from fulfillment.downloads d where d.id = p_id) for no key update;
  update fulfillment.downloads d
     set sent_bytes = least(p_sent_bytes, d.asked_bytes), finished_at = pg_catalog.clock_timestamp()
   where d.id = p_id and d.delivered_by = 'stream' and d.finished_at is null
  returning * into v_ended;
  if not found or v_ended.program then
    return false;
  end if;
  select round(coalesce(sum(d.sent_bytes::numeric / d.size_bytes), 0), 6) into v_before
    from fulfillment.downloads d
   where d.link_id = v_ended.link_id and d.id <> p_id and not d.program and d.delivered_by = 'stream'
     and d.finished_at is not null and d.at > pg_catalog.clock_timestamp() - interval '24 hours';
  if floor(round(v_before + v_ended.sent_bytes::numeric / v_ended.size_bytes, 6)) = floor(v_before) then
    return false;
  end if;
  perform fulfillment.track('entitlement.download', v_ended.id::text, pg_catalog.jsonb_build_object(
            'product_id', e.product_id, 'format', v_ended.format, 'language', o.language))
     from fulfillment.ebook_entitlements e
     join fulfillment.profiles o on o.id = e.profile_id
    where e.id = v_ended.entitlement_id;
  return true;
end
$$;
