-- The shop is told what became of its orders. The message is written here as it will be sent, once and for all attempts: its text
-- is kept in the job as it is, in json and not jsonb, which would order its fields anew. No name and no address is in it.

create function fulfillment.shop_message(p_type text, p_moment timestamptz, p_data json) returns jsonb
  language sql stable
  set search_path = ''
as $$
  select pg_catalog.jsonb_build_object('type', p_type, 'body', pg_catalog.json_build_object(
    'type', p_type,
    'timestamp', pg_catalog.to_char(p_moment at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'data', p_data)::text)
$$;
revoke execute on function fulfillment.shop_message(text, timestamptz, json) from public;

-- Microseconds since 1970: of two messages about one order the later one has the higher, for its cause is recorded under a lock
-- that the other one waits for. A restored database goes on above what it said before.
create function fulfillment.shop_sequence(p_moment timestamptz) returns bigint
  language sql immutable strict
  set search_path = ''
as $$
  select (extract(epoch from p_moment) * 1000000)::bigint
$$;
revoke execute on function fulfillment.shop_sequence(timestamptz) from public;

-- order.fulfilled and order.failed. An order that failed, is tried again and succeeds is told twice, once of each.
create function fulfillment.tell_shop_of_orders() returns trigger
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_settings fulfillment.outgoing_plans;
  v_moment timestamptz := pg_catalog.clock_timestamp();
begin
  select * into v_settings from fulfillment.outgoing_plans o where o.name = 'tell_shop' and o.enabled;
  if not found then
    return null;
  end if;
  perform fulfillment.enqueue_outgoing('tell_shop', t.subject_keys, t.payment_ids, t.snapshots)
    from (
      select pg_catalog.array_agg(m.type || ':' || m.order_id || ':' || fulfillment.shop_sequence(v_moment)) as subject_keys,
             pg_catalog.array_agg(m.payment_id) as payment_ids,
             pg_catalog.array_agg(fulfillment.shop_message(m.type, v_moment, m.data)) as snapshots
        from (
          select case n.state when 'completed' then 'order.fulfilled' else 'order.failed' end as type,
                 p.order_id, p.id as payment_id,
                 pg_catalog.json_build_object(
                   'version', 1,
                   'sequence', fulfillment.shop_sequence(v_moment),
                   'facts_version', p.facts_version,
                   'order_id', p.order_id,
                   'payment_intent_id', p.payment_intent_id,
                   'checkout_session_id', p.checkout_session_id,
                   'livemode', p.livemode,
                   'currency', coalesce(p.currency, n.order_snapshot ->> 'currency'),
                   'amount', coalesce(p.amount, (n.order_snapshot ->> 'total')::bigint),
                   'reason', n.reason,
                   'step', n.failed_step,
                   'lines', coalesce((
                     select pg_catalog.json_agg(pg_catalog.json_build_object(
                              'line_no', l.line -> 'lineNo', 'product_id', l.line -> 'productId',
                              'product_version', l.line -> 'productVersion', 'quantity', l.line -> 'quantity',
                              'amount', l.line -> 'total') order by (l.line ->> 'lineNo')::integer)
                       from pg_catalog.jsonb_array_elements(n.order_snapshot -> 'lines') l(line)), '[]'::json),
                   'entitlements', coalesce((
                     select pg_catalog.json_agg(pg_catalog.json_build_object(
                              'id', e.id, 'product_id', e.product_id, 'state', e.state) order by e.line_no)
                       from fulfillment.ebook_entitlements e where e.payment_id = p.id), '[]'::json)) as data
            from new_jobs n
            join old_jobs o on o.id = n.id
            join fulfillment.payments p on p.id = n.payment_id
           where n.kind = 'fulfil' and n.state in ('completed', 'failed') and n.state <> o.state
             and coalesce(p.paid_at, (n.order_snapshot ->> 'paidAt')::timestamptz, v_moment) >= v_settings.start_date
        ) m
    ) t
   where t.subject_keys is not null;
  return null;
end
$$;
revoke execute on function fulfillment.tell_shop_of_orders() from public;
create trigger tell_shop after update on fulfillment.fulfillment_jobs
  referencing old table as old_jobs new table as new_jobs
  for each statement execute function fulfillment.tell_shop_of_orders();

-- entitlement.revoked, each time that one is taken back; also of a sale of the past, for that is news of today.
create function fulfillment.tell_shop_of_revoked() returns trigger
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_moment timestamptz := pg_catalog.clock_timestamp();
begin
  if not exists (select from fulfillment.outgoing_plans o where o.name = 'tell_shop' and o.enabled) then
    return null;
  end if;
  perform fulfillment.enqueue_outgoing('tell_shop', t.subject_keys, t.payment_ids, t.snapshots)
    from (
      select pg_catalog.array_agg('entitlement.revoked:' || m.id || ':' || fulfillment.shop_sequence(v_moment)) as subject_keys,
             pg_catalog.array_agg(m.payment_id) as payment_ids,
             pg_catalog.array_agg(fulfillment.shop_message('entitlement.revoked', v_moment, m.data)) as snapshots
        from (
          select n.id, p.id as payment_id, pg_catalog.json_build_object(
                   'version', 1,
                   'sequence', fulfillment.shop_sequence(v_moment),
                   'facts_version', p.facts_version,
                   'order_id', p.order_id,
                   'payment_intent_id', p.payment_intent_id,
                   'checkout_session_id', p.checkout_session_id,
                   'livemode', p.livemode,
                   'entitlement_id', n.id,
                   'line_no', n.line_no,
                   'product_id', n.product_id,
                   'product_version', n.product_version,
                   'formats', n.formats,
                   -- What a person wrote as the reason stays in the house.
                   'reason', case when pg_catalog.current_setting('fulfillment.change_reason', true) in ('refunded', 'disputed')
                     then pg_catalog.current_setting('fulfillment.change_reason', true) else 'by_staff' end
                 ) as data
            from new_entitlements n
            join old_entitlements o on o.id = n.id
            join fulfillment.payments p on p.id = n.payment_id
           where n.state = 'revoked' and o.state <> 'revoked'
        ) m
    ) t
   where t.subject_keys is not null;
  return null;
end
$$;
revoke execute on function fulfillment.tell_shop_of_revoked() from public;
create trigger tell_shop after update on fulfillment.ebook_entitlements
  referencing old table as old_entitlements new table as new_entitlements
  for each statement execute function fulfillment.tell_shop_of_revoked();
