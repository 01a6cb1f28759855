-- Bytes as they are read, and where they are no text, with what cannot be read in digits.
create function fulfillment.readable(p_bytes bytea) returns text
  language plpgsql immutable strict
  set search_path = ''
as $$
begin
  return pg_catalog.convert_from(p_bytes, 'UTF8');
exception when character_not_in_repertoire or untranslatable_character then
  return pg_catalog.encode(p_bytes, 'escape');
end
$$;
revoke execute on function fulfillment.readable(bytea) from public;

-- All that is stored of a person, one document a row, in words that they can read. Definer: those of staff who may ask for it are
-- few, and nobody reads mails or raw events in another way.
create function fulfillment.export_person(p_profiles uuid[], p_payments uuid[])
  returns table (what text, data jsonb)
  language sql stable security definer
  set search_path = ''
as $$
  select 'profile', pg_catalog.jsonb_build_object('email', o.email, 'name', o.name, 'language', o.language, 'state', o.state,
           'signIn', o.subject, 'since', o.created_at, 'remindersStoppedAt', o.reminders_stopped_at)
    from fulfillment.profiles o where o.id = any(p_profiles)
  union all
  select 'order', coalesce(j.order_snapshot, '{}') || pg_catalog.jsonb_build_object('orderId', p.order_id, 'paidAt', p.paid_at,
           'stripePayment', p.payment_intent_id, 'stripeCheckout', p.checkout_session_id, 'facts', p.facts, 'job', j.kind,
           'jobState', j.state, 'acceptedAt', j.created_at)
    from fulfillment.payments p left join fulfillment.fulfillment_jobs j on j.payment_id = p.id
   where p.id = any(p_payments)
  union all
  select 'receipt', pg_catalog.jsonb_build_object('number', r.series || '/' || pg_catalog.lpad(r.number::text, greatest(6, pg_catalog.length(r.number::text)), '0'), 'issuedAt', r.issued_at, 'document', r.document)
    from fulfillment.receipts r where r.payment_id = any(p_payments)
  union all
  select 'credit note', pg_catalog.jsonb_build_object('number', c.series || '/' || pg_catalog.lpad(c.number::text, greatest(6, pg_catalog.length(c.number::text)), '0'), 'issuedAt', c.issued_at, 'document', c.document)
    from fulfillment.credit_notes c where c.payment_id = any(p_payments)
  union all
  select 'corrected address', pg_catalog.jsonb_build_object('email', b.email, 'at', b.corrected_at)
    from fulfillment.buyer_corrections b where b.payment_id = any(p_payments)
  union all
  select 'ebook', pg_catalog.jsonb_build_object('title', t.title, 'version', e.product_version, 'formats', e.formats, 'state', e.state,
           'since', e.created_at)
    from fulfillment.ebook_entitlements e join fulfillment.catalog_products t on t.id = e.product_id
   where e.payment_id = any(p_payments) or e.profile_id = any(p_profiles)
  union all
  select 'file', pg_catalog.jsonb_build_object('kind', f.kind, 'format', f.format, 'key', f.storage_key, 'bytes', f.size_bytes,
           'storedAt', f.stored_at)
    from fulfillment.stored_files f where f.payment_id = any(p_payments)
  union all
  select 'link', pg_catalog.jsonb_build_object('format', l.format, 'from', l.created_at, 'until', l.expires_at, 'endedAt', l.ended_at)
    from fulfillment.download_links l join fulfillment.ebook_entitlements e on e.id = l.entitlement_id
   where e.payment_id = any(p_payments)
  union all
  select 'download', pg_catalog.jsonb_build_object('format', d.format, 'at', d.at, 'bytes', d.sent_bytes, 'by', d.delivered_by,
           'program', d.program, 'addressHash', pg_catalog.encode(d.client_hash, 'hex'))
    from fulfillment.downloads d join fulfillment.ebook_entitlements e on e.id = d.entitlement_id
   where e.payment_id = any(p_payments)
  union all
  select 'mail', pg_catalog.jsonb_build_object('kind', m.kind, 'to', m.to_address, 'writtenAt', m.created_at, 'state', m.state,
           'acceptedAt', m.accepted_at, 'delivery', m.delivery, 'source', fulfillment.readable(m.bytes),
           'attempts', (select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('by', a.provider, 'at', a.intended_at,
                          'outcome', a.outcome, 'answer', a.detail) order by a.attempt)
                          from fulfillment.email_attempts a where a.message_id = m.id))
    from fulfillment.email_messages m where m.payment_id = any(p_payments)
  union all
  select 'claim', pg_catalog.jsonb_build_object('way', c.way, 'outcome', c.outcome, 'signIn', c.subject, 'at', c.at)
    from fulfillment.profile_claims c where c.profile_id = any(p_profiles)
  union all
  select 'claim code', pg_catalog.jsonb_build_object('signIn', c.subject, 'askedAt', c.asked_at, 'ended', c.ended_as)
    from fulfillment.claim_codes c where c.profile_id = any(p_profiles)
  union all
  select 'event of Stripe', pg_catalog.jsonb_build_object('id', e.event_id, 'type', e.type, 'at', e.occurred_at,
           'body', fulfillment.readable(e.body))
    from fulfillment.stripe_events e where e.payment_id = any(p_payments)
  union all
  select 'what was done', pg_catalog.jsonb_build_object('at', v.at, 'event', v.kind, 'step', v.step, 'details', v.data)
    from fulfillment.fulfillment_job_events v join fulfillment.fulfillment_jobs j on j.id = v.job_id
   where j.payment_id = any(p_payments)
$$;
revoke execute on function fulfillment.export_person(uuid[], uuid[]) from public;
grant execute on function fulfillment.export_person(uuid[], uuid[]) to fulfillment_operations;
