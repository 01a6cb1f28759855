-- What is told to others about an order is a job of its own, made in the transaction of its cause by whoever records that. The
-- service says at its start whether there is anybody to tell; until then nothing is made.

create table fulfillment.outgoing_plans (
  name text primary key check (name in ('tell_shop', 'track')),
  enabled boolean not null default false,
  plan_id integer,
  plan_key text,
  sla_seconds double precision check (sla_seconds > 0),
  start_date timestamptz,
  changed_at timestamptz not null default clock_timestamp(),
  constraint enabled_with_a_plan check (not enabled or num_nulls(plan_id, plan_key, sla_seconds, start_date) = 0)
);
comment on table fulfillment.outgoing_plans is 'One row for each plan, for ever.';
comment on column fulfillment.outgoing_plans.start_date is 'What was paid before is a sale of the past, of which nobody is told.';
insert into fulfillment.outgoing_plans (name) values ('tell_shop'), ('track');

alter table fulfillment.outgoing_plans enable row level security;
alter table fulfillment.outgoing_plans force row level security;
create policy migrator_all on fulfillment.outgoing_plans to fulfillment_migrator using (true) with check (true);
create policy reader_select on fulfillment.outgoing_plans for select to fulfillment_reader using (true);
grant select on fulfillment.outgoing_plans to fulfillment_reader;

-- Definer: a worker says it at its start, and nobody can set anything else. A row that says the same already is not written.
create function fulfillment.set_outgoing(p_name text, p_enabled boolean, p_plan jsonb, p_sla_seconds double precision,
                                         p_start_date timestamptz) returns void
  language sql volatile security definer
  set search_path = ''
as $$
  with asked as (
    select fulfillment.plan_id(p_plan) as plan_id, (p_plan ->> 'name') || '@' || (p_plan ->> 'version') as plan_key
  )
  update fulfillment.outgoing_plans o
     set enabled = p_enabled, plan_id = asked.plan_id, plan_key = asked.plan_key, sla_seconds = p_sla_seconds,
         start_date = p_start_date, changed_at = pg_catalog.clock_timestamp()
    from asked
   where o.name = p_name
     and (o.enabled, o.plan_id, o.sla_seconds, o.start_date)
         is distinct from (p_enabled, asked.plan_id, p_sla_seconds, p_start_date)
$$;
revoke execute on function fulfillment.set_outgoing(text, boolean, jsonb, double precision, timestamptz) from public;
grant execute on function fulfillment.set_outgoing(text, boolean, jsonb, double precision, timestamptz) to fulfillment_worker;

-- Jobs of one of these plans, with dispatch row and first line of the timeline. A known subject is left alone. Only for the
-- triggers and functions that make them, which have the owner's rights.
create function fulfillment.enqueue_outgoing(p_name text, p_subject_keys text[], p_payment_ids uuid[], p_snapshots jsonb[])
  returns void
  language sql volatile
  set search_path = ''
as $$
  with settings as (
    select * from fulfillment.outgoing_plans o where o.name = p_name and o.enabled
  ), jobs as (
    insert into fulfillment.fulfillment_jobs (kind, subject_key, payment_id, plan_id, order_snapshot, sla_deadline)
    select s.name, x.subject_key, x.payment_id, s.plan_id, x.snapshot,
           pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => s.sla_seconds)
      from settings s
     cross join unnest(p_subject_keys, p_payment_ids, p_snapshots) x(subject_key, payment_id, snapshot)
    on conflict (kind, subject_key) where subject_key is not null do nothing
    returning id
  ), dispatch as (
    insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at)
    select j.id, s.plan_key, pg_catalog.clock_timestamp() from jobs j cross join settings s
  )
  insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor)
  select j.id, 1, 'job.accepted', 'door:program' from jobs j
$$;
revoke execute on function fulfillment.enqueue_outgoing(text, text[], uuid[], jsonb[]) from public;
