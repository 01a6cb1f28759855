-- One purchase in Stripe and what we know of it. Kept as long as receipts are.

create table fulfillment.payments (
  id uuid primary key default fulfillment.uuid_v7(),
  payment_key text not null unique,
  payment_intent_id text unique,
  checkout_session_id text unique,
  order_id text not null unique,
  livemode boolean not null,
  paid boolean not null default false,
  paid_at timestamptz,
  currency text,
  amount bigint check (amount >= 0),
  facts jsonb not null default '{}',
  facts_version bigint not null default 1,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint key_is_intent_or_session check (payment_key in (payment_intent_id, checkout_session_id)),
  constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$')
) with (fillfactor = 85);
comment on column fulfillment.payments.payment_key is 'The PaymentIntent id, or the Checkout Session id when the total is zero.';
comment on column fulfillment.payments.facts is 'Truth as last read from Stripe, beyond the columns: refunds per line, disputes.';
comment on column fulfillment.payments.facts_version is 'Only grows. Steps that grant, revoke or mail compare it under a row lock.';

alter table fulfillment.payments enable row level security;
alter table fulfillment.payments force row level security;
create policy migrator_all on fulfillment.payments to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.payments to fulfillment_worker using (true) with check (true);
create policy reader_select on fulfillment.payments for select to fulfillment_reader using (true);
grant select, update on fulfillment.payments to fulfillment_worker;
grant select on fulfillment.payments to fulfillment_reader;
