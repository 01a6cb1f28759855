-- What finance and the shop ask of the past, for Looker, Metabase and `fulfillment sla report`: figures by day, in a schema of
-- its own and by a role that sees nothing else. No view names a person, an order or a mail.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'fulfillment_reporting') then
    create role fulfillment_reporting login noinherit nosuperuser nocreatedb nocreaterole;
  end if;
end
$$;
-- A dashboard that asks for everything must not hold up the cleaning of tables for long.
alter role fulfillment_reporting set statement_timeout = '60s';
alter role fulfillment_reporting set lock_timeout = '10s';
alter role fulfillment_reporting set idle_in_transaction_session_timeout = '15s';
alter role fulfillment_reporting set default_transaction_read_only = on;

create schema if not exists reporting;
comment on schema reporting is 'Figures by day (docs/reporting.md). Views alone; they show what their owner may see, so they hold no row of anybody.';
revoke all on schema reporting from public;
grant usage on schema reporting to fulfillment_reporting, fulfillment_operations, fulfillment_reader;

-- `where day >= …` reads only the pages of those days: rows lie in the order in which they came. An index of ranges of pages
-- is some kilobytes large, costs an insert next to nothing, and is of columns that never change.
create index fulfillment_jobs_day on fulfillment.fulfillment_jobs
  using brin (((created_at at time zone 'UTC')::date)) with (pages_per_range = 32, autosummarize = on);
create index email_messages_day on fulfillment.email_messages
  using brin (((created_at at time zone 'UTC')::date)) with (pages_per_range = 32, autosummarize = on);
create index downloads_day on fulfillment.downloads
  using brin (((at at time zone 'UTC')::date)) with (pages_per_range = 32, autosummarize = on);
create index credit_notes_day on fulfillment.credit_notes
  using brin (((issued_at at time zone 'UTC')::date)) with (pages_per_range = 32, autosummarize = on);

-- One row per order that was bought: kind `fulfil` alone, so neither what was given away, nor adopted, nor a synthetic order.
-- It names jobs, so it is for staff's own reports.
create view reporting.order_outcomes as
select j.id as job_id,
       (j.created_at at time zone 'UTC')::date as day,
       j.payment_id,
       j.state,
       j.failed_step,
       j.reason,
       j.created_at as accepted_at,
       j.finished_at,
       j.sla_deadline,
       extract(epoch from j.finished_at - j.created_at)::double precision as latency_seconds,
       case
         -- What is older than breaches are kept is told by its own times.
         when b.job_id is not null or j.state = 'failed' or j.finished_at > j.sla_deadline and j.state = 'completed'
           or j.state in ('open', 'blocked') and j.sla_deadline < now() then 'breached'
         when j.state = 'completed' then 'met'
         when j.state = 'cancelled' then 'cancelled'
         else 'running'
       end as sla
  from fulfillment.fulfillment_jobs j
  left join fulfillment.sla_breaches b on b.job_id = j.id
 where j.kind = 'fulfil';
comment on view reporting.order_outcomes is
  'Orders and whether they were done within their time. running: open, or held, whose clock stands. For reports of staff: it names jobs.';

create view reporting.orders_by_day as
select o.day,
       coalesce(p.currency, 'none') as currency,
       count(*) as orders,
       sum(p.amount) as amount_minor,
       count(*) filter (where o.state = 'completed') as completed,
       count(*) filter (where o.state = 'failed') as failed,
       count(*) filter (where o.state = 'cancelled') as cancelled,
       count(*) filter (where o.state in ('open', 'blocked', 'held')) as unfinished,
       count(*) filter (where o.sla = 'met') as sla_met,
       count(*) filter (where o.sla = 'breached') as sla_breached
  from reporting.order_outcomes o
  join fulfillment.payments p on p.id = o.payment_id
 group by 1, 2;
comment on view reporting.orders_by_day is 'Orders by the day (UTC) on which they were accepted, and currency.';
comment on column reporting.orders_by_day.amount_minor is 'What was paid, in minor units; refunds are not taken off.';

create view reporting.latency_by_day as
select o.day,
       o.state as outcome,
       count(*) as orders,
       round((percentile_cont(0.5) within group (order by o.latency_seconds))::numeric, 3) as p50_seconds,
       round((percentile_cont(0.95) within group (order by o.latency_seconds))::numeric, 3) as p95_seconds,
       round((percentile_cont(0.99) within group (order by o.latency_seconds))::numeric, 3) as p99_seconds,
       round(avg((o.sla = 'met')::integer), 6) as share_within_sla
  from reporting.order_outcomes o
 where o.state in ('completed', 'failed')
 group by 1, 2;
comment on view reporting.latency_by_day is
  'How long finished orders took from acceptance, by the day (UTC) on which they were accepted, and outcome.';

create view reporting.failures_by_reason as
select (f.failed_at at time zone 'UTC')::date as day,
       f.kind,
       coalesce(f.step, 'none') as step,
       f.reason,
       count(*) as failures,
       count(distinct f.job_id) as jobs
  from fulfillment.job_failures f
 group by 1, 2, 3, 4;
comment on view reporting.failures_by_reason is
  'Failures by the day (UTC) on which they happened, also of jobs that were retried since. Kept for 400 days.';

create view reporting.mail_evidence_by_day as
select (m.created_at at time zone 'UTC')::date as day,
       m.kind,
       coalesce(m.provider, 'none') as provider,
       count(*) as mails,
       count(*) filter (where m.accepted_at is not null) as accepted,
       count(*) filter (where m.proven_at is not null) as proven,
       count(*) filter (where m.accepted_at is not null and m.proven_at is null) as unproven,
       count(*) filter (where m.delivery = 'delivered') as delivered,
       count(*) filter (where m.delivery = 'bounced') as bounced,
       count(*) filter (where m.delivery = 'complained') as complained,
       count(*) filter (where m.state = 'refused') as refused,
       round((percentile_cont(0.5) within group (order by extract(epoch from m.proven_at - m.accepted_at)))::numeric, 3)
         as proof_p50_seconds,
       round((percentile_cont(0.95) within group (order by extract(epoch from m.proven_at - m.accepted_at)))::numeric, 3)
         as proof_p95_seconds
  from fulfillment.email_messages m
 group by 1, 2, 3;
comment on view reporting.mail_evidence_by_day is
  'Mails by the day (UTC) on which they were written, kind and provider, and what is known of them by now.';
comment on column reporting.mail_evidence_by_day.proof_p50_seconds is 'From the provider''s acceptance to what proves it.';

create view reporting.refunds_by_day as
select (n.issued_at at time zone 'UTC')::date as day,
       coalesce(p.currency, 'none') as currency,
       count(*) filter (where n.kind = 'credit') as refunds,
       coalesce(sum(n.amount) filter (where n.kind = 'credit'), 0) as refunded_minor,
       count(*) filter (where n.kind = 'reversal') as reversals,
       coalesce(sum(n.amount) filter (where n.kind = 'reversal'), 0) as reversed_minor,
       count(distinct n.payment_id) as orders
  from fulfillment.credit_notes n
  join fulfillment.payments p on p.id = n.payment_id
 group by 1, 2;
comment on view reporting.refunds_by_day is
  'Credit notes by the day (UTC) of their issue, and currency. A reversal takes back the credit of a refund that failed.';

create view reporting.downloads_by_day as
select (d.at at time zone 'UTC')::date as day,
       d.format,
       d.delivered_by,
       count(*) filter (where not d.program) as deliveries,
       coalesce(round(sum(case when d.delivered_by = 'redirect' then 1 else d.sent_bytes::numeric / d.size_bytes end)
                      filter (where not d.program), 1), 0) as downloads,
       count(distinct d.entitlement_id) filter (where not d.program) as books,
       coalesce(sum(d.sent_bytes) filter (where not d.program), 0) as sent_bytes,
       count(*) filter (where d.program) as deliveries_to_programs
  from fulfillment.downloads d
 group by 1, 2, 3;
comment on view reporting.downloads_by_day is
  'Downloads by the day (UTC) on which they began, format, and whether we streamed them or led to a signed URL. Kept for 13 months.';
comment on column reporting.downloads_by_day.downloads is 'Whole files: ten deliveries of a tenth each are one.';

revoke all on all tables in schema reporting from public;
do $$
declare
  role_name text;
begin
  -- Supabase grants its API roles what is made in some schemas; this one is none of theirs.
  for role_name in select r.rolname from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role')
  loop
    execute format('revoke all on all tables in schema reporting from %I', role_name);
  end loop;
end
$$;
grant select on reporting.orders_by_day, reporting.latency_by_day, reporting.failures_by_reason,
  reporting.mail_evidence_by_day, reporting.refunds_by_day, reporting.downloads_by_day
  to fulfillment_reporting, fulfillment_operations, fulfillment_reader;
grant select on reporting.order_outcomes to fulfillment_operations;
