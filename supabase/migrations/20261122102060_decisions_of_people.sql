-- What people decide about jobs: a job that is held does not run against its SLA, and what is wanted of a job that is
-- over becomes a job of its own.

alter table fulfillment.fulfillment_jobs add column held_at timestamptz;
comment on column fulfillment.fulfillment_jobs.held_at is 'Since when it is held; its SLA deadline moves by as long when it is released.';
alter table fulfillment.fulfillment_jobs
  add constraint held_since_a_time check (state <> 'held' or held_at is not null) not valid;
alter table fulfillment.fulfillment_jobs validate constraint held_since_a_time;
grant select (held_at) on fulfillment.fulfillment_jobs to fulfillment_reader;

grant execute on function fulfillment.plan_id(jsonb) to fulfillment_operations;

create index ops_audit_request on fulfillment.ops_audit (request_id) where request_id is not null;
