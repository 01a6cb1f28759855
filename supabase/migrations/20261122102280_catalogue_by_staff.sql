-- Staff imports the catalogue: under the role of those who operate, in the transaction of the import's row of audit.

alter table fulfillment.catalog_files
  add column imported_at timestamptz not null default clock_timestamp();
comment on column fulfillment.catalog_files.imported_at is
  'When this version first came in: which of two versions is the later one, for their names do not say.';

do $$
declare
  table_name text;
begin
  foreach table_name in array array['catalog_products', 'catalog_prices', 'catalog_files'] loop
    execute format('create policy operations_insert on fulfillment.%I for insert to fulfillment_operations with check (true)', table_name);
    execute format('create policy operations_update on fulfillment.%I for update to fulfillment_operations using (true) with check (true)', table_name);
    execute format('grant insert, update on fulfillment.%I to fulfillment_operations', table_name);
  end loop;
end
$$;
