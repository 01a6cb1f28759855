-- What is heard of mails after they were handed over: by signed reports, mailboxes of bounces, journals and lists. It may
-- come twice, out of order, before the acceptance is recorded, or be about no mail of ours.

create function fulfillment.delivery_rank(p_state text) returns integer
  language sql immutable parallel safe
  set search_path = ''
as $$
  select pg_catalog.array_position(array['unproven', 'accepted', 'delayed', 'delivered', 'bounced', 'complained'], p_state)
$$;
comment on function fulfillment.delivery_rank(text) is 'The order in which what is known of a mail moves forward. As src/domain/deliveryState.ts.';

create function fulfillment.further_delivery(p_known text, p_told text) returns text
  language sql immutable parallel safe
  set search_path = ''
as $$
  select case when fulfillment.delivery_rank(p_known) >= fulfillment.delivery_rank(p_told) then p_known else p_told end
$$;
comment on function fulfillment.further_delivery(text, text) is 'States only move forward: whichever of the two is further.';
revoke execute on function fulfillment.delivery_rank(text), fulfillment.further_delivery(text, text) from public;
grant execute on function fulfillment.delivery_rank(text), fulfillment.further_delivery(text, text)
  to fulfillment_worker, fulfillment_operations, fulfillment_reader;

create table fulfillment.email_evidence (
  id uuid primary key default fulfillment.uuid_v7(),
  source text not null check (char_length(source) between 1 and 100),
  event_id text not null check (char_length(event_id) between 1 and 200),
  provider text check (char_length(provider) between 1 and 200),
  message_id uuid references fulfillment.email_messages (id),
  mail_ref text check (char_length(mail_ref) between 3 and 998),
  provider_ref text check (char_length(provider_ref) between 1 and 500),
  kind text not null check (kind in ('accepted', 'delayed', 'delivered', 'bounced', 'complained')),
  permanence text check (permanence in ('hard', 'soft')),
  cause text check (cause in ('address', 'mailbox_full', 'policy', 'content', 'unknown')),
  status text check (status ~ '^[245]\.\d{1,3}\.\d{1,3}$'),
  at timestamptz not null,
  received_at timestamptz not null default clock_timestamp(),
  matched_at timestamptz,
  acted_at timestamptz,
  unique (source, event_id),
  constraint names_a_mail check (mail_ref is not null or num_nulls(provider, provider_ref) = 0),
  constraint matched_at_a_time check (num_nulls(message_id, matched_at) in (0, 2)),
  constraint bounces_say_why check (num_nulls(permanence, cause) = case kind when 'bounced' then 0 else 2 end),
  constraint status_of_bounces check (status is null or kind = 'bounced')
) with (fillfactor = 70);
comment on table fulfillment.email_evidence is
  'Never a text of a bounce, which may repeat an address. Retention: 13 months; what is about no mail of ours, 24 hours.';
comment on column fulfillment.email_evidence.provider is
  'The mailer whose mail it is about. Where the source cannot tell, it is filled in with the mail that is found.';
comment on column fulfillment.email_evidence.message_id is 'Null while no mail is known that it is about.';
comment on column fulfillment.email_evidence.mail_ref is 'The Message-ID that it names, with angle brackets.';
comment on column fulfillment.email_evidence.provider_ref is 'What the provider called the mail when it took it.';
comment on column fulfillment.email_evidence.at is 'By the clock of whoever tells it, never in the future.';
comment on column fulfillment.email_evidence.acted_at is 'When a bounce was acted on: alerts are open, and another mail is asked for where it helps.';

create index email_evidence_of_mail on fulfillment.email_evidence (message_id) where message_id is not null;
-- What waits for its mail is little, and looked through often.
create index email_evidence_parked on fulfillment.email_evidence (received_at) where message_id is null;
create index email_evidence_parked_mail on fulfillment.email_evidence (mail_ref) where message_id is null;
create index email_evidence_parked_reference on fulfillment.email_evidence (provider, provider_ref) where message_id is null;
create index email_evidence_to_act on fulfillment.email_evidence (id)
  where kind = 'bounced' and acted_at is null and message_id is not null;
create index email_evidence_received on fulfillment.email_evidence (received_at);

-- How far each place is read where evidence is looked for.
create table fulfillment.mail_source_cursors (
  name text primary key check (char_length(name) between 1 and 100),
  cursor text check (char_length(cursor) <= 10000),
  polled_at timestamptz,
  failure text check (char_length(failure) between 1 and 100),
  failing_since timestamptz,
  constraint failing_since_a_time check (num_nulls(failure, failing_since) in (0, 2))
) with (fillfactor = 50);
comment on table fulfillment.mail_source_cursors is 'One row per configured place, for ever.';
comment on column fulfillment.mail_source_cursors.polled_at is 'When it was last read with success.';

-- One row: which process looks after evidence.
create table fulfillment.mail_watch (
  only_one boolean primary key default true check (only_one),
  worker text check (char_length(worker) between 1 and 300),
  lease_until timestamptz,
  constraint leased_by_somebody check (num_nulls(worker, lease_until) in (0, 2))
) with (fillfactor = 50);
insert into fulfillment.mail_watch default values;

do $$
declare
  table_name text;
begin
  foreach table_name in array array['email_evidence', 'mail_source_cursors', 'mail_watch'] loop
    execute format('alter table fulfillment.%I enable row level security', table_name);
    execute format('alter table fulfillment.%I force row level security', table_name);
    execute format('create policy migrator_all on fulfillment.%I to fulfillment_migrator using (true) with check (true)', table_name);
    execute format('create policy worker_all on fulfillment.%I to fulfillment_worker using (true) with check (true)', table_name);
    execute format('create policy operations_select on fulfillment.%I for select to fulfillment_operations using (true)', table_name);
    execute format('create policy reader_select on fulfillment.%I for select to fulfillment_reader using (true)', table_name);
    execute format('grant select on fulfillment.%I to fulfillment_operations, fulfillment_reader', table_name);
  end loop;
end
$$;
-- What was heard stays as it was told; only whom it is about, and that it was acted on, comes later.
grant select, insert, update (provider, message_id, matched_at, acted_at) on fulfillment.email_evidence to fulfillment_worker;
grant select, insert, update on fulfillment.mail_source_cursors to fulfillment_worker;
grant select, update on fulfillment.mail_watch to fulfillment_worker;

-- Definer, so that the role that writes it cannot remove what is younger.
create function fulfillment.prune_email_evidence(p_limit integer) returns bigint
  language sql security definer
  set search_path = ''
as $$
  with old as (
    (select e.id from fulfillment.email_evidence e
      where e.message_id is null and e.received_at < pg_catalog.clock_timestamp() - interval '24 hours'
      order by e.received_at limit p_limit)
    union
    (select e.id from fulfillment.email_evidence e
      where e.received_at < pg_catalog.clock_timestamp() - interval '13 months'
      order by e.received_at limit p_limit)
  ), removed as (
    delete from fulfillment.email_evidence e using old where e.id = old.id returning 1
  )
  select count(*) from removed
$$;
comment on function fulfillment.prune_email_evidence(integer) is
  'Removes evidence that is no longer kept, at most so much of either kind; returns how much.';
revoke execute on function fulfillment.prune_email_evidence(integer) from public;
grant execute on function fulfillment.prune_email_evidence(integer) to fulfillment_worker;
