-- New versions of books for those who have them, and copies that are made while they are downloaded.

-- The one mail that tells of a new version is of a kind of its own.
alter table fulfillment.email_messages
  drop constraint email_messages_kind_check,
  add constraint email_messages_kind_check check (kind in
    ('receipt', 'files_ready', 'granted', 'new_links', 'new_version', 'address_changed', 'refund', 'refund_failed',
     'access_ended', 'access_restored'))
    not valid;
alter table fulfillment.email_messages validate constraint email_messages_kind_check;

-- A copy that is made while it is downloaded: what it is made of, and for whom. A function, because those who serve
-- downloads may not read orders.
create function fulfillment.streamed_copy(p_storage_key text)
  returns table (made jsonb, size_bytes bigint, sha256 text, order_id text, buyer_name text)
  language sql stable security definer
  set search_path = ''
as $$
  select f.made, f.size_bytes, f.sha256, j.order_snapshot ->> 'orderId', j.order_snapshot #>> '{buyer,name}'
    from fulfillment.stored_files f
    cross join lateral (
      select o.order_snapshot from fulfillment.fulfillment_jobs o
       where o.payment_id = f.payment_id and o.kind in ('fulfil', 'adopt', 'grant') and o.order_snapshot is not null
       order by o.id limit 1) j
   where f.storage_key = p_storage_key and f.kept = 'streamed'
$$;
revoke execute on function fulfillment.streamed_copy(text) from public;
grant execute on function fulfillment.streamed_copy(text) to fulfillment_shelf;
