-- What people decide about a buyer's order: to which address its mails go, which of its links have ended, and which of
-- its lines were taken away.

-- A corrected address is a fact of its payment. It has a table of its own, for payments are read by those who may know
-- no buyer. Kept as long as the payment.
create table fulfillment.buyer_corrections (
  payment_id uuid primary key references fulfillment.payments (id),
  email text not null check (char_length(email) between 3 and 254),
  corrected_at timestamptz not null default clock_timestamp()
);
comment on table fulfillment.buyer_corrections is
  'Where mails of an order go since somebody has corrected its address. Written under lock of the payment, with a new facts_version.';

alter table fulfillment.buyer_corrections enable row level security;
alter table fulfillment.buyer_corrections force row level security;
create policy migrator_all on fulfillment.buyer_corrections to fulfillment_migrator using (true) with check (true);
create policy worker_select on fulfillment.buyer_corrections for select to fulfillment_worker using (true);
create policy operations_all on fulfillment.buyer_corrections to fulfillment_operations using (true) with check (true);
grant select on fulfillment.buyer_corrections to fulfillment_worker;
grant select, insert, update on fulfillment.buyer_corrections to fulfillment_operations;

comment on column fulfillment.payments.facts is
  'Truth as last read from Stripe, beyond the columns: refunds per line, disputes. And what staff has decided of the lines: revoked_lines, their numbers. Whoever writes one key leaves the others.';

-- A link that has ended is not one whose time is over: nobody extends it.
alter table fulfillment.download_links add column ended_at timestamptz;
comment on column fulfillment.download_links.ended_at is
  'When it was ended before its time: newer links were sent, or its mail went to a wrong address. It never works again.';
alter table fulfillment.download_links
  add constraint ended_links_have_expired check (expires_at <= ended_at) not valid;
alter table fulfillment.download_links validate constraint ended_links_have_expired;
grant update (ended_at) on fulfillment.download_links to fulfillment_operations;

-- Mails that staff asks for, and those that are not sent any more because the address was corrected.
alter table fulfillment.email_messages
  drop constraint email_messages_kind_check,
  drop constraint email_messages_state_check,
  drop constraint bytes_until_accepted,
  add constraint email_messages_kind_check
    check (kind in ('receipt', 'files_ready', 'new_links', 'address_changed')) not valid,
  add constraint email_messages_state_check
    check (state in ('queued', 'unknown', 'accepted', 'refused', 'superseded')) not valid,
  add constraint bytes_until_settled check (bytes is not null or state in ('accepted', 'superseded')) not valid;
alter table fulfillment.email_messages
  validate constraint email_messages_kind_check,
  validate constraint email_messages_state_check,
  validate constraint bytes_until_settled;
comment on column fulfillment.email_messages.state is
  'superseded: the address was corrected before it was taken, and it is not tried again; what its attempts may have done stands with them.';

-- Mails that were asked for, by their order.
create index fulfillment_jobs_of_payment on fulfillment.fulfillment_jobs (payment_id, kind)
  where payment_id is not null and subject_key is not null;

-- The history says whose doing it was. Whoever changes states for another reason names it for their transaction.
create or replace function fulfillment.note_entitlement_change() returns trigger
  language plpgsql security definer
  set search_path = ''
as $$
begin
  if tg_op = 'INSERT' or new.state is distinct from old.state then
    insert into fulfillment.ebook_entitlement_changes (entitlement_id, from_state, to_state, reason)
    values (new.id, case when tg_op = 'UPDATE' then old.state end, new.state,
            coalesce(nullif(pg_catalog.current_setting('fulfillment.change_reason', true), ''), 'fulfilment'));
  end if;
  return null;
end
$$;
