-- Reports of mail providers come in by a door of their own, and it is known when the last one did: silence is told.

create table fulfillment.mail_report_standings (
  provider text primary key check (char_length(provider) between 1 and 100),
  expected_since timestamptz,
  answer_proves boolean not null default false,
  heard_at timestamptz
) with (fillfactor = 50);
comment on table fulfillment.mail_report_standings is 'One row per provider that reports what becomes of its mails, for ever.';
comment on column fulfillment.mail_report_standings.expected_since is
  'Since when its reports are read, so that hearing nothing means something; null: they are not.';
comment on column fulfillment.mail_report_standings.answer_proves is
  'A mail is proven by its answer, so that nothing else waits for a report of it.';
comment on column fulfillment.mail_report_standings.heard_at is 'When its last authentic report came, to within ten seconds.';

insert into fulfillment.mail_report_standings (provider, heard_at)
select e.provider, max(e.received_at) from fulfillment.email_evidence e
 where e.source = e.provider || '_webhook' group by 1;

alter table fulfillment.mail_report_standings enable row level security;
alter table fulfillment.mail_report_standings force row level security;
create policy migrator_all on fulfillment.mail_report_standings to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.mail_report_standings to fulfillment_worker using (true) with check (true);
create policy operations_select on fulfillment.mail_report_standings for select to fulfillment_operations using (true);
create policy reader_select on fulfillment.mail_report_standings for select to fulfillment_reader using (true);
grant select, insert, update (expected_since, answer_proves) on fulfillment.mail_report_standings to fulfillment_worker;
grant select on fulfillment.mail_report_standings to fulfillment_operations, fulfillment_reader;

-- Mails of which nothing was heard since they were taken. Few, where reports come: the first of them takes a mail out.
create index email_messages_awaiting on fulfillment.email_messages (provider, accepted_at)
  where delivery in ('unproven', 'accepted');
-- Up to when mails that wait for proof are known to people.
create index alerts_acknowledged on fulfillment.alerts (rule, acknowledged_at) where acknowledged_at is not null;

-- Definer, so that the door keeps what a provider has signed and can do nothing else. Whoever looks after evidence finds
-- the mails that it is about, and draws the consequences.
create function fulfillment.accept_mail_report(p_provider text, p_evidence jsonb)
  returns table (source text, kind text)
  language sql security definer
  set search_path = ''
as $$
  insert into fulfillment.mail_report_standings (provider, heard_at)
  values (p_provider, pg_catalog.clock_timestamp()) on conflict (provider) do nothing;
  -- Not at each of many: they would wait for each other.
  update fulfillment.mail_report_standings s set heard_at = pg_catalog.clock_timestamp()
   where s.provider = p_provider
     and (s.heard_at is null or s.heard_at < pg_catalog.clock_timestamp() - interval '10 seconds');
  insert into fulfillment.email_evidence
    (source, event_id, provider, mail_ref, provider_ref, kind, permanence, cause, status, at)
  select x.source, x."eventId", x.provider, x."mailRef", x."providerRef", x.kind, x.permanence, x.cause, x.status,
         least(x.at, pg_catalog.clock_timestamp())
    from pg_catalog.jsonb_to_recordset(p_evidence)
      x(source text, "eventId" text, provider text, "mailRef" text, "providerRef" text, kind text,
        permanence text, cause text, status text, at timestamptz)
   where x.provider = p_provider
   order by x.source, x."eventId"
  on conflict (source, event_id) do nothing
  returning email_evidence.source, email_evidence.kind
$$;
comment on function fulfillment.accept_mail_report(text, jsonb) is
  'Keeps what an authentic report of a provider says, each piece once; returns what had not been heard before.';
revoke execute on function fulfillment.accept_mail_report(text, jsonb) from public;
grant execute on function fulfillment.accept_mail_report(text, jsonb) to fulfillment_intake;
