-- One schema that no API role is exposed to, and one login role per duty.
-- The roles get their passwords from the operator (`fulfillment migrate --set-passwords`, or ALTER ROLE by hand).

do $$
declare
  role_name text;
begin
  foreach role_name in array array['fulfillment_intake', 'fulfillment_worker', 'fulfillment_shelf', 'fulfillment_reader']
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
      execute format('create role %I login noinherit nosuperuser nocreatedb nocreaterole', role_name);
    end if;
  end loop;
  if not exists (select from pg_catalog.pg_roles where rolname = 'fulfillment_migrator') then
    create role fulfillment_migrator nologin nosuperuser nocreatedb nocreaterole;
  end if;
  -- Row security is forced on every table, so whoever owns them needs a policy too: membership in this role.
  if not pg_catalog.pg_has_role(current_user, 'fulfillment_migrator', 'usage') then
    execute format('grant fulfillment_migrator to %I', current_user);
  end if;
end
$$;

create schema if not exists fulfillment;
comment on schema fulfillment is 'Fulfillment orchestrator. Not exposed to API roles; buyers read through views in public.';

revoke all on schema fulfillment from public;
grant usage on schema fulfillment to fulfillment_intake, fulfillment_worker, fulfillment_shelf, fulfillment_reader, fulfillment_migrator;

-- Time limits on the server's side as well: a host that froze in the middle of a transaction must not keep its locks
-- (the receipt counter's above all) until the network notices, and a client that gave up must not leave a waiting
-- backend behind. The clients' own limit is 30 seconds.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['fulfillment_intake', 'fulfillment_worker', 'fulfillment_shelf', 'fulfillment_reader']
  loop
    execute format('alter role %I set statement_timeout = %L', role_name, '25s');
    execute format('alter role %I set lock_timeout = %L', role_name, '10s');
    execute format('alter role %I set idle_in_transaction_session_timeout = %L', role_name, '15s');
  end loop;
end
$$;
