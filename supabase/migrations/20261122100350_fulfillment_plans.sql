-- Plans as jobs were created with, each kept once: thousands of jobs have the same one, and a job's row is written anew
-- whenever its state changes. Rows are never changed or removed, so a job's plan stays what it was.

create table fulfillment.fulfillment_plans (
  id integer generated always as identity primary key,
  definition jsonb not null check (pg_catalog.jsonb_typeof(definition -> 'steps') = 'array'),
  digest text not null generated always as (pg_catalog.md5(definition::text)) stored,
  created_at timestamptz not null default clock_timestamp(),
  constraint fulfillment_plans_once unique (digest)
);
comment on column fulfillment.fulfillment_plans.definition is 'Name, version, and the steps with their versions and needs.';

alter table fulfillment.fulfillment_plans enable row level security;
alter table fulfillment.fulfillment_plans force row level security;
create policy migrator_all on fulfillment.fulfillment_plans to fulfillment_migrator using (true) with check (true);
create policy worker_select on fulfillment.fulfillment_plans for select to fulfillment_worker using (true);
create policy reader_select on fulfillment.fulfillment_plans for select to fulfillment_reader using (true);
grant select on fulfillment.fulfillment_plans to fulfillment_worker, fulfillment_reader;

-- The one way to a plan's id; a plan that is not known yet is added. Definer, so that nobody needs to write the table.
create function fulfillment.plan_id(p_plan jsonb) returns integer
  language sql volatile security definer
  set search_path = ''
as $$
  with known as (
    select p.id from fulfillment.fulfillment_plans p where p.digest = pg_catalog.md5(p_plan::text)
  ), added as (
    insert into fulfillment.fulfillment_plans (definition)
    select p_plan where not exists (select from known)
    -- Somebody else has just added it: written once more as it is, it tells its id.
    on conflict (digest) do update set definition = excluded.definition
    returning id
  )
  select id from known union all select id from added
$$;
revoke execute on function fulfillment.plan_id(jsonb) from public;
grant execute on function fulfillment.plan_id(jsonb) to fulfillment_worker;
