-- What has been stored for buyers: copies of books and receipts, each verified by size and hash.

create table fulfillment.stored_files (
  id uuid primary key default fulfillment.uuid_v7(),
  payment_id uuid not null references fulfillment.payments (id),
  kind text not null check (kind in ('copy', 'receipt')),
  line_no integer not null default 0 check (line_no >= 0),
  format text not null check (format in ('pdf', 'epub')),
  storage_key text not null unique,
  size_bytes bigint not null check (size_bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  stored_at timestamptz not null default clock_timestamp(),
  unique (payment_id, kind, line_no, format),
  constraint copies_have_a_line check ((kind = 'copy') = (line_no > 0))
);

alter table fulfillment.stored_files enable row level security;
alter table fulfillment.stored_files force row level security;
create policy migrator_all on fulfillment.stored_files to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.stored_files to fulfillment_worker using (true) with check (true);
create policy shelf_select on fulfillment.stored_files for select to fulfillment_shelf using (true);
create policy reader_select on fulfillment.stored_files for select to fulfillment_reader using (true);
grant select, insert, update on fulfillment.stored_files to fulfillment_worker;
grant select on fulfillment.stored_files to fulfillment_shelf, fulfillment_reader;
