-- What a bulk run remembers while it is carried out: as whom, how far it is, and why it stands still.

alter table fulfillment.ops_bulk_runs
  -- A run without roles may do nothing: that is the safe way to be wrong.
  add column started_roles text[] not null default '{}'
    check (started_roles <@ array['ops_viewer', 'ops_editor', 'ops_admin', 'ops_finance']),
  add column started_channel text not null default 'api' check (started_channel in ('api', 'cli', 'console', 'system')),
  add column retry_of uuid references fulfillment.ops_bulk_runs (id),
  add column done integer not null default 0 check (done >= 0),
  add column refused integer not null default 0 check (refused >= 0),
  add column failed integer not null default 0 check (failed >= 0),
  add column paused_because text check (paused_because in ('staff', 'failures')),
  add constraint counts_eligible_items_once check (done + refused + failed <= eligible) not valid,
  add constraint paused_for_a_cause check (paused_because is null or state = 'paused') not valid;
alter table fulfillment.ops_bulk_runs
  validate constraint counts_eligible_items_once,
  validate constraint paused_for_a_cause;

comment on column fulfillment.ops_bulk_runs.query is
  'The search that chose the items, canonical, with addresses masked: it is shown, and never run again.';
comment on column fulfillment.ops_bulk_runs.started_roles is
  'The roles of whoever started it, at that moment. Each item is carried out with what our row of them still leaves.';
comment on column fulfillment.ops_bulk_runs.retry_of is 'The run whose failed items this one plans again.';
comment on column fulfillment.ops_bulk_runs.done is
  'Items by how they ended, counted with each: whoever watches need not read ten thousand rows.';
comment on column fulfillment.ops_bulk_runs.paused_because is 'failures: too many items in a row broke off, and somebody is to look.';
