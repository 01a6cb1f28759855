-- A provider that hangs in a quiet shop never fails often enough in half a minute: failures with no success in between
-- open its breaker too. While there are others, it is tried seldom: a call that hangs may leave a mail in doubt.
alter table fulfillment.provider_circuits
  add column failures_in_a_row integer not null default 0 check (failures_in_a_row >= 0),
  add column row_started_at timestamptz,
  add column spared_until timestamptz,
  add constraint failures_in_a_row_began_sometime check ((failures_in_a_row = 0) = (row_started_at is null));
comment on column fulfillment.provider_circuits.failures_in_a_row is 'With no success in between, since row_started_at.';
comment on column fulfillment.provider_circuits.spared_until is 'Not closed: until then no call tries it that may go elsewhere.';

-- What stands before the @ of a Message-ID names a mail; the domain behind it may have changed since it was written.
create index email_messages_name on fulfillment.email_messages (split_part(message_id, '@', 1));
drop index fulfillment.email_evidence_parked_mail;
create index email_evidence_parked_mail on fulfillment.email_evidence (split_part(mail_ref, '@', 1))
  where message_id is null;

-- What people are told of a receipt that fails is looked for every few seconds among the mails that nobody has taken.
create index email_messages_untaken on fulfillment.email_messages (id)
  where accepted_at is null and state in ('queued', 'unknown', 'refused');
