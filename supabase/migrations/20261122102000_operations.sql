-- The role of those who act on orders: the admin API, and the command line when the API is down. It reads everything but
-- the bytes of mails, and writes what its operations need. What it may do for whom is decided before it gets here;
-- row security and grants bound what a mistake there can cost.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'fulfillment_operations') then
    create role fulfillment_operations login noinherit nosuperuser nocreatedb nocreaterole;
  end if;
end
$$;
alter role fulfillment_operations set statement_timeout = '25s';
alter role fulfillment_operations set lock_timeout = '10s';
alter role fulfillment_operations set idle_in_transaction_session_timeout = '15s';
-- Its queries are short and many-armed: compiling them takes longer than running them.
alter role fulfillment_operations set jit = off;

grant usage on schema fulfillment to fulfillment_operations;
grant execute on function fulfillment.uuid_v7(), fulfillment.uuid_v7_floor(timestamptz),
  fulfillment.append_job_event(uuid, text, text, jsonb) to fulfillment_operations;

do $$
declare
  table_name text;
begin
  foreach table_name in array array[
    'stripe_events', 'payments', 'fulfillment_plans', 'fulfillment_jobs', 'fulfillment_dispatch', 'fulfillment_job_steps',
    'fulfillment_job_effects', 'fulfillment_job_events', 'catalog_products', 'catalog_prices', 'catalog_files',
    'profiles', 'ebook_entitlements', 'ebook_entitlement_changes', 'receipts', 'stored_files', 'email_messages',
    'email_attempts', 'download_links', 'downloads', 'workers', 'provider_circuits', 'provider_slots'] loop
    execute format('create policy operations_select on fulfillment.%I for select to fulfillment_operations using (true)', table_name);
    if table_name <> 'email_messages' then
      execute format('grant select on fulfillment.%I to fulfillment_operations', table_name);
    end if;
  end loop;

  -- What is held, cancelled, tried again, granted, revoked, paused or sent to another address.
  foreach table_name in array array[
    'payments', 'fulfillment_jobs', 'fulfillment_dispatch', 'fulfillment_job_steps', 'fulfillment_job_effects',
    'profiles', 'ebook_entitlements', 'download_links', 'provider_circuits'] loop
    execute format('create policy operations_insert on fulfillment.%I for insert to fulfillment_operations with check (true)', table_name);
    execute format('create policy operations_update on fulfillment.%I for update to fulfillment_operations using (true) with check (true)', table_name);
    execute format('grant insert on fulfillment.%I to fulfillment_operations', table_name);
    if table_name <> 'download_links' then
      execute format('grant update on fulfillment.%I to fulfillment_operations', table_name);
    end if;
  end loop;
end
$$;

grant select (id, logical_key, kind, payment_id, message_id, to_address, from_address, bytes_sha256, state, ambiguities,
    provider, reference, created_at, accepted_at)
  on fulfillment.email_messages to fulfillment_operations;
grant update (expires_at) on fulfillment.download_links to fulfillment_operations;

-- A job that is cancelled leaves dispatch.
create policy operations_delete on fulfillment.fulfillment_dispatch for delete to fulfillment_operations using (true);
grant delete on fulfillment.fulfillment_dispatch to fulfillment_operations;

-- A timeline is only ever added to.
create policy operations_insert on fulfillment.fulfillment_job_events for insert to fulfillment_operations with check (true);
grant insert on fulfillment.fulfillment_job_events to fulfillment_operations;
