-- Deliveries to programs are recorded, too; what the page after the checkout calls downloaded is what people have asked for.

create or replace function fulfillment.checkout_progress(
  p_session_id text,     -- null, or a Checkout Session
  p_payment_ids uuid[]   -- payments that somebody listens to
) returns table (payment_id uuid, progress jsonb)
  language sql stable security definer
  set search_path = ''
as $$
  select p.id, pg_catalog.jsonb_build_object(
    'paid', p.paid,
    'paidAt', coalesce(p.paid_at, p.created_at),
    'takenBack', coalesce((p.facts ->> 'taken_back')::boolean, false),
    'job', case when j.id is not null then pg_catalog.jsonb_build_object('id', j.id, 'kind', j.kind, 'state', j.state) end,
    'resolved', j.order_snapshot is not null,
    'email', coalesce(c.email, j.order_snapshot #>> '{buyer,email}'),
    'corrected', c.payment_id is not null,
    'mailAccepted', exists (
      select from fulfillment.email_messages m
       where m.payment_id = p.id and m.kind in ('receipt', 'new_links') and m.state = 'accepted'
         and m.to_address = coalesce(c.email, j.order_snapshot #>> '{buyer,email}')),
    'downloaded', exists (
      select from fulfillment.ebook_entitlements e
        join fulfillment.downloads d on d.entitlement_id = e.id and not d.program where e.payment_id = p.id),
    'books', coalesce((
      select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
               'lineNo', l."lineNo", 'title', l.title, 'state', e.state,
               'formats', (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                                  'format', f.format, 'ready', s.id is not null) order by f.no), '[]')
                             from pg_catalog.jsonb_array_elements_text(l.formats) with ordinality f(format, no)
                             left join fulfillment.stored_files s on s.payment_id = p.id and s.kind = 'copy'
                                   and s.line_no = l."lineNo" and s.format = f.format))
             order by l."lineNo")
        from pg_catalog.jsonb_to_recordset(j.order_snapshot -> 'lines') l("lineNo" integer, title text, formats jsonb)
        left join fulfillment.ebook_entitlements e on e.payment_id = p.id and e.line_no = l."lineNo"), '[]'))
    from fulfillment.payments p
    left join lateral (
      select j.id, j.kind, j.state, j.order_snapshot from fulfillment.fulfillment_jobs j
       where j.payment_id = p.id and j.kind in ('fulfil', 'adopt')
       order by j.kind desc limit 1) j on true
    left join fulfillment.buyer_corrections c on c.payment_id = p.id
   where p.checkout_session_id = p_session_id or p.id = any (p_payment_ids)
$$;
