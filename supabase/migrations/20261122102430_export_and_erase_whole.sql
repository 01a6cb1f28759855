-- Everything that concerns a person is in what they are given: also what was heard of their mails, reminders, merges, wishes
-- for mails and notices. Forgetting looks through events without an order once, and not once for each order.

create or replace function fulfillment.export_person(p_profiles uuid[], p_payments uuid[])
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
                          from fulfillment.email_attempts a where a.message_id = m.id),
           'heard', (select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('what', v.kind, 'at', v.at, 'by', v.provider,
                       'cause', v.cause, 'status', v.status) order by v.at, v.id)
                       from fulfillment.email_evidence v where v.message_id = m.id))
    from fulfillment.email_messages m where m.payment_id = any(p_payments)
  union all
  select 'claim', pg_catalog.jsonb_build_object('way', c.way, 'outcome', c.outcome, 'signIn', c.subject, 'at', c.at)
    from fulfillment.profile_claims c where c.profile_id = any(p_profiles)
  union all
  select 'claim code', pg_catalog.jsonb_build_object('signIn', c.subject, 'askedAt', c.asked_at, 'ended', c.ended_as)
    from fulfillment.claim_codes c where c.profile_id = any(p_profiles)
  union all
  select 'claim reminder', pg_catalog.jsonb_build_object('number', c.number, 'at', c.at)
    from fulfillment.claim_reminders c where c.profile_id = any(p_profiles)
  union all
  select 'shelves put together', pg_catalog.jsonb_build_object('at', g.at, 'checked', g.facts, 'ebooksMoved', g.moved,
           'signInGivenUp', g.given_up_subject)
    from fulfillment.profile_merges g where g.from_profile_id = any(p_profiles) or g.into_profile_id = any(p_profiles)
  union all
  select 'asked for a mail', pg_catalog.jsonb_build_object('at', m.at)
    from fulfillment.mail_requests m where m.payment_id = any(p_payments)
  union all
  select 'told of a change', pg_catalog.jsonb_build_object('kind', n.kind, 'at', n.created_at, 'about', n.data)
    from fulfillment.payment_notices n where n.payment_id = any(p_payments)
  union all
  select 'difference found', pg_catalog.jsonb_build_object('kind', f.kind, 'details', f.details)
    from fulfillment.reconciliation_findings f where f.payment_id = any(p_payments)
  union all
  select 'event of Stripe', pg_catalog.jsonb_build_object('id', e.event_id, 'type', e.type, 'at', e.occurred_at,
           'body', fulfillment.readable(e.body))
    from fulfillment.stripe_events e where e.payment_id = any(p_payments)
  union all
  select 'what was done', pg_catalog.jsonb_build_object('at', v.at, 'event', v.kind, 'step', v.step, 'details', v.data)
    from fulfillment.fulfillment_job_events v join fulfillment.fulfillment_jobs j on j.id = v.job_id
   where j.payment_id = any(p_payments)
$$;

create or replace function fulfillment.erase_person(p_profiles uuid[], p_payments uuid[], p_addresses text[], p_actor text)
  returns table (erasure_id uuid, mails integer, events integer, files integer)
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_id uuid := fulfillment.uuid_v7();
  -- No address, and never the same: whatever it stands for matches nothing again.
  v_word text := 'forgotten-' || v_id;
  v_now timestamptz := pg_catalog.clock_timestamp();
  v_jobs uuid[];
  v_mails uuid[];
  v_since timestamptz;
  v_marks text;
  v_subjects text[] := array(select o.subject from fulfillment.profiles o where o.id = any(p_profiles) and o.subject is not null);
begin
  perform pg_catalog.set_config('fulfillment.forgetting', 'on', true);
  perform pg_catalog.set_config('fulfillment.change_reason', 'buyer_forgotten', true);
  v_jobs := array(select j.id from fulfillment.fulfillment_jobs j where j.payment_id = any(p_payments));
  v_mails := array(select m.id from fulfillment.email_messages m
                    where m.payment_id = any(p_payments) or lower(m.to_address) = any(p_addresses));

  -- Every right is a function of the payment's facts: no refund that fails later brings one back.
  update fulfillment.payments p
     set erased_at = v_now, facts_version = p.facts_version + 1, updated_at = v_now,
         facts = p.facts || pg_catalog.jsonb_build_object('revoked_lines', (
           select coalesce(pg_catalog.jsonb_agg(e.line_no order by e.line_no), '[]')
             from fulfillment.ebook_entitlements e where e.payment_id = p.id))
   where p.id = any(p_payments) and p.erased_at is null;

  -- Events of theirs, and such as were kept for a person to look at or left out, in which they are named.
  select coalesce(min(p.created_at), v_now) - interval '90 days' into v_since from fulfillment.payments p where p.id = any(p_payments);
  -- One expression for all of them: each event is looked through once, however many orders there are.
  v_marks := (
    select pg_catalog.string_agg(pg_catalog.regexp_replace(lower(mark), '([^a-z0-9])', '\\\1', 'g'), '|') from (
      select pg_catalog.unnest(p_addresses)
      union select p.payment_intent_id from fulfillment.payments p where p.id = any(p_payments)
      union select p.checkout_session_id from fulfillment.payments p where p.id = any(p_payments)) m(mark)
     where mark is not null);
  with gone as (
    update fulfillment.stripe_events e set body = null
     where e.body is not null
       and (e.payment_id = any(p_payments)
            or e.payment_id is null and e.received_at >= v_since
               and lower(pg_catalog.encode(e.body, 'escape')) operator(pg_catalog.~) v_marks)
    returning 1)
  select count(*)::integer into events from gone;

  update fulfillment.fulfillment_jobs j
     set order_snapshot = fulfillment.without_buyer(j.order_snapshot, v_word), trace_context = null
   where j.id = any(v_jobs);
  -- What told a former address of theirs is about somebody else's order.
  update fulfillment.fulfillment_jobs j set order_snapshot = j.order_snapshot - '{formerEmail}'::text[]
   where j.id in (select m.job_id from fulfillment.email_messages m where m.id = any(v_mails))
     and j.order_snapshot ? 'formerEmail' and lower(j.order_snapshot ->> 'formerEmail') = any(p_addresses);
  update fulfillment.fulfillment_job_steps s set output = null where s.job_id = any(v_jobs) and s.output is not null;
  update fulfillment.fulfillment_job_effects f set evidence = '{}'
   where f.job_id = any(v_jobs) and f.evidence is not null;
  update fulfillment.fulfillment_job_events e set data = '{}' where e.job_id = any(v_jobs) and e.data <> '{}';

  update fulfillment.email_messages m
     set to_address = v_word, bytes = null, bytes_sha256 = '', reference = null,
         state = case when m.state in ('accepted', 'superseded') then m.state else 'dropped' end
   where m.id = any(v_mails);
  mails := pg_catalog.cardinality(v_mails);
  update fulfillment.email_attempts a set detail = null where a.message_id = any(v_mails) and a.detail is not null;
  update fulfillment.email_evidence v
     set status = null, event_id = v.id::text,
         provider_ref = case when v.mail_ref is null then v.id::text end
   where v.message_id = any(v_mails);
  delete from fulfillment.mail_domain_standings d
   where d.domain in (select lower(split_part(address, '@', 2)) from pg_catalog.unnest(p_addresses) address);

  update fulfillment.receipts r
     set document = r.document || '{"buyer": {"name": "", "email": "", "company": null, "taxIds": [], "addressLines": []}}'
   where r.payment_id = any(p_payments);
  update fulfillment.credit_notes c
     set document = c.document || '{"buyer": {"name": "", "email": "", "company": null, "taxIds": [], "addressLines": []}}'
   where c.payment_id = any(p_payments);
  delete from fulfillment.buyer_corrections b
   where b.payment_id = any(p_payments);
  update fulfillment.reconciliation_findings f set details = '{}' where f.payment_id = any(p_payments);

  update fulfillment.ebook_entitlements e set state = 'revoked', updated_at = v_now
   where (e.profile_id = any(p_profiles) or e.payment_id = any(p_payments)) and e.state <> 'revoked';
  update fulfillment.download_links l set ended_at = coalesce(l.ended_at, v_now), expires_at = least(l.expires_at, v_now)
   where l.entitlement_id in (select e.id from fulfillment.ebook_entitlements e where e.payment_id = any(p_payments));
  update fulfillment.downloads d set client_hash = null, storage_key = d.id::text
   where d.entitlement_id in (select e.id from fulfillment.ebook_entitlements e where e.payment_id = any(p_payments));

  insert into fulfillment.erasures (id, actor, profiles, payments, mails, events, files)
  select v_id, p_actor, pg_catalog.cardinality(p_profiles), pg_catalog.cardinality(p_payments), mails, events, count(*)
    from fulfillment.stored_files f where f.payment_id = any(p_payments)
  returning id, erasures.files into erasure_id, files;
  with gone as (
    delete from fulfillment.stored_files f where f.payment_id = any(p_payments) returning f.storage_key)
  insert into fulfillment.erasure_objects (storage_key, erasure_id)
  select storage_key, v_id from gone on conflict do nothing;

  update fulfillment.claim_codes c set subject = v_word
   where c.profile_id = any(p_profiles) or c.subject = any(v_subjects);
  update fulfillment.profile_claims c set subject = v_word
   where c.profile_id = any(p_profiles) or c.subject = any(v_subjects);
  update fulfillment.profile_merges g set given_up_subject = null
   where g.given_up_subject is not null and (g.from_profile_id = any(p_profiles) or g.given_up_subject = any(v_subjects));
  update fulfillment.profiles o
     set canonical_email = v_word || '-' || o.id, email = v_word, name = null, language = 'en', subject = null,
         state = case when o.merged_into is null then 'pending_claim' else 'merged' end,
         reminders_stopped_at = v_now, erased_at = coalesce(o.erased_at, v_now), updated_at = v_now
   where o.id = any(p_profiles);

  perform pg_catalog.set_config('fulfillment.change_reason', '', true);
  perform pg_catalog.set_config('fulfillment.forgetting', '', true);
  return next;
end
$$;
