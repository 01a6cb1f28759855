-- Products, the Stripe prices that sell them, and their files.

create table fulfillment.catalog_products (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{0,98}[a-z0-9]$'),
  title text not null check (length(title) between 1 and 500),
  language text not null default 'en',
  version text not null check (version ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);
comment on column fulfillment.catalog_products.id is 'The slug; part of storage keys.';

create table fulfillment.catalog_prices (
  stripe_price_id text primary key,
  product_id text not null references fulfillment.catalog_products (id),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  unit_amount bigint not null check (unit_amount >= 0)
);
create index catalog_prices_product on fulfillment.catalog_prices (product_id);
comment on column fulfillment.catalog_prices.unit_amount is 'Minor units. A line whose price disagrees is not fulfilled without a human.';

create table fulfillment.catalog_files (
  product_id text not null references fulfillment.catalog_products (id),
  format text not null check (format in ('pdf', 'epub')),
  version text not null,
  storage_key text not null unique,
  size_bytes bigint not null check (size_bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  updated_at timestamptz not null default clock_timestamp(),
  primary key (product_id, format, version)
);

do $$
declare
  table_name text;
begin
  foreach table_name in array array['catalog_products', 'catalog_prices', 'catalog_files'] loop
    execute format('alter table fulfillment.%I enable row level security', table_name);
    execute format('alter table fulfillment.%I force row level security', table_name);
    execute format('create policy migrator_all on fulfillment.%I to fulfillment_migrator using (true) with check (true)', table_name);
    execute format('create policy worker_all on fulfillment.%I to fulfillment_worker using (true) with check (true)', table_name);
    execute format('create policy shelf_select on fulfillment.%I for select to fulfillment_shelf using (true)', table_name);
    execute format('create policy reader_select on fulfillment.%I for select to fulfillment_reader using (true)', table_name);
    execute format('grant select, insert, update on fulfillment.%I to fulfillment_worker', table_name);
    execute format('grant select on fulfillment.%I to fulfillment_shelf, fulfillment_reader', table_name);
  end loop;
end
$$;
