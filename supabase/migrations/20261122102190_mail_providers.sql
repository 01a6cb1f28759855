-- Mails go through one of several providers: what each attempt came to decides where the next one goes.

alter table fulfillment.email_messages
  add column job_id uuid,
  add column proven_at timestamptz,
  add column delivery text,
  add constraint email_messages_delivery_check
    check (delivery in ('unproven', 'accepted', 'delayed', 'delivered', 'bounced', 'complained')) not valid,
  add constraint proven_when_accepted check (proven_at is null or accepted_at is not null) not valid;
update fulfillment.email_messages set proven_at = accepted_at, delivery = 'accepted' where accepted_at is not null;
alter table fulfillment.email_messages
  validate constraint email_messages_delivery_check,
  validate constraint proven_when_accepted;
create index email_messages_unproven on fulfillment.email_messages (accepted_at) where accepted_at is not null and proven_at is null;
create index email_messages_reference on fulfillment.email_messages (provider, reference) where reference is not null;
comment on column fulfillment.email_messages.job_id is 'The job that sends it; null for mails from before this column.';
comment on column fulfillment.email_messages.proven_at is
  'When it was certain that the provider has taken it for good. Accepted and not proven: its word may still be lost in its memory.';
comment on column fulfillment.email_messages.delivery is 'What is known of it after it was handed over; only moves forward.';
grant select (job_id, proven_at, delivery) on fulfillment.email_messages to fulfillment_operations, fulfillment_reader;

alter table fulfillment.email_attempts
  add column final boolean not null default false;
comment on column fulfillment.email_attempts.final is 'A refusal that no repeat at this provider would change.';

-- How a provider fares at a recipient's domain: refusals by policy since the last delivery there.
create table fulfillment.mail_domain_standings (
  provider text not null check (char_length(provider) between 1 and 200),
  domain text not null check (char_length(domain) between 1 and 253),
  refusals integer not null default 1 check (refusals > 0),
  first_refused_at timestamptz not null default clock_timestamp(),
  last_refused_at timestamptz not null default clock_timestamp(),
  primary key (provider, domain)
) with (fillfactor = 70);
comment on table fulfillment.mail_domain_standings is
  'A provider that keeps being refused at a domain is passed over there, where there is another. Retention: 7 days after the last refusal.';
alter table fulfillment.mail_domain_standings enable row level security;
alter table fulfillment.mail_domain_standings force row level security;
create policy migrator_all on fulfillment.mail_domain_standings to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.mail_domain_standings to fulfillment_worker using (true) with check (true);
create policy operations_select on fulfillment.mail_domain_standings for select to fulfillment_operations using (true);
create policy reader_select on fulfillment.mail_domain_standings for select to fulfillment_reader using (true);
grant select, insert, update, delete on fulfillment.mail_domain_standings to fulfillment_worker;
grant select on fulfillment.mail_domain_standings to fulfillment_operations, fulfillment_reader;
