-- Receipts: gapless numbers per series, immutable documents. Kept as tax law demands (Poland: five years after the
-- end of the year).

create table fulfillment.receipt_series (
  series text primary key check (series ~ '^[A-Z0-9][A-Z0-9-]{0,31}$'),
  last_number bigint not null default 0 check (last_number >= 0)
) with (fillfactor = 50);
comment on table fulfillment.receipt_series is 'A row under lock, not a sequence: sequences leave gaps on rollback and may repeat after a crash.';

create table fulfillment.receipts (
  id uuid primary key default fulfillment.uuid_v7(),
  payment_id uuid not null unique references fulfillment.payments (id),
  series text not null references fulfillment.receipt_series (series),
  number bigint not null check (number > 0),
  document jsonb not null,
  issued_at timestamptz not null,
  unique (series, number)
);
comment on column fulfillment.receipts.document is 'Everything the receipt says; HTML and PDF are rendered from it alone.';

create function fulfillment.refuse_change() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end
$$;
revoke execute on function fulfillment.refuse_change() from public;
create trigger immutable before update or delete on fulfillment.receipts
  for each row execute function fulfillment.refuse_change();
create trigger immutable_truncate before truncate on fulfillment.receipts
  for each statement execute function fulfillment.refuse_change();

alter table fulfillment.receipt_series enable row level security;
alter table fulfillment.receipt_series force row level security;
create policy migrator_all on fulfillment.receipt_series to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.receipt_series to fulfillment_worker using (true) with check (true);
grant select, insert, update on fulfillment.receipt_series to fulfillment_worker;

alter table fulfillment.receipts enable row level security;
alter table fulfillment.receipts force row level security;
create policy migrator_all on fulfillment.receipts to fulfillment_migrator using (true) with check (true);
create policy worker_select on fulfillment.receipts for select to fulfillment_worker using (true);
create policy worker_insert on fulfillment.receipts for insert to fulfillment_worker with check (true);
create policy shelf_select on fulfillment.receipts for select to fulfillment_shelf using (true);
create policy reader_select on fulfillment.receipts for select to fulfillment_reader using (true);
grant select, insert on fulfillment.receipts to fulfillment_worker;
grant select on fulfillment.receipts to fulfillment_shelf;
grant select (id, payment_id, series, number, issued_at) on fulfillment.receipts to fulfillment_reader;
