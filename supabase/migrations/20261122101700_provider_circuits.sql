-- What all workers know together of the providers: whether one is ill (the circuit breaker), whether people have paused
-- it, how fast it may be called (tokens), and by how many at one time (slots). Rows come with the first trouble, pause or
-- limit; a provider without a row is well. One decision at a time: writers lock the row, and the clock is the database's.

create table fulfillment.provider_circuits (
  provider text primary key check (char_length(provider) between 1 and 200),
  state text not null default 'closed' check (state in ('closed', 'open', 'half_open')),
  generation integer not null default 0,
  window_started_at timestamptz not null default clock_timestamp(),
  successes integer not null default 0 check (successes >= 0),
  failures integer not null default 0 check (failures >= 0),
  openings integer not null default 0 check (openings >= 0),
  retry_at timestamptz,
  changed_at timestamptz not null default clock_timestamp(),
  wait_until timestamptz,
  paused_at timestamptz,
  paused_until timestamptz,
  paused_by text check (char_length(paused_by) between 1 and 200),
  pause_reason text check (char_length(pause_reason) between 1 and 500),
  constraint what_is_not_closed_may_be_tried_again check ((state = 'closed') = (retry_at is null)),
  constraint a_pause_has_an_end_an_author_and_a_reason
    check (num_nulls(paused_at, paused_until, paused_by, pause_reason) in (0, 4)),
  constraint a_pause_ends_within_a_day
    check (paused_until > paused_at and paused_until <= paused_at + interval '24 hours')
) with (fillfactor = 50);
comment on column fulfillment.provider_circuits.generation is 'Grows with every change of state; an outcome of a call that began in an earlier one does not count.';
comment on column fulfillment.provider_circuits.openings is 'How often it opened without closing in between; the open time grows with it.';
comment on column fulfillment.provider_circuits.retry_at is 'Open: when a probe may be made. Half open: when the right of the one that is under way ends.';
comment on column fulfillment.provider_circuits.wait_until is 'The provider itself asked to be left alone until then.';

alter table fulfillment.provider_circuits enable row level security;
alter table fulfillment.provider_circuits force row level security;
create policy migrator_all on fulfillment.provider_circuits to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.provider_circuits to fulfillment_worker using (true) with check (true);
create policy reader_select on fulfillment.provider_circuits for select to fulfillment_reader using (true);
grant select, insert, update on fulfillment.provider_circuits to fulfillment_worker;
grant select on fulfillment.provider_circuits to fulfillment_reader;

-- The token bucket of a provider with a rate. Rate and burst are the workers' configuration.
create table fulfillment.provider_tokens (
  provider text primary key check (char_length(provider) between 1 and 200),
  tokens double precision not null check (tokens >= 0),
  filled_at timestamptz not null default clock_timestamp(),
  line_until timestamptz not null default clock_timestamp()
) with (fillfactor = 50);
comment on column fulfillment.provider_tokens.line_until is 'Until when those who were sent away are due again, one token apart.';

alter table fulfillment.provider_tokens enable row level security;
alter table fulfillment.provider_tokens force row level security;
create policy migrator_all on fulfillment.provider_tokens to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.provider_tokens to fulfillment_worker using (true) with check (true);
create policy reader_select on fulfillment.provider_tokens for select to fulfillment_reader using (true);
grant select, insert, update on fulfillment.provider_tokens to fulfillment_worker;
grant select on fulfillment.provider_tokens to fulfillment_reader;

-- How many calls each worker process may have under way at a provider with a limit for all. A row that is not renewed
-- counts no more, so the slots of a process that died come free by themselves.
create table fulfillment.provider_slots (
  provider text not null check (char_length(provider) between 1 and 200),
  worker text not null check (char_length(worker) between 1 and 200),
  held integer not null check (held >= 0),
  wanted integer not null check (wanted >= 0),
  expires_at timestamptz not null,
  primary key (provider, worker)
) with (fillfactor = 50);

alter table fulfillment.provider_slots enable row level security;
alter table fulfillment.provider_slots force row level security;
create policy migrator_all on fulfillment.provider_slots to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.provider_slots to fulfillment_worker using (true) with check (true);
create policy reader_select on fulfillment.provider_slots for select to fulfillment_reader using (true);
grant select, insert, update, delete on fulfillment.provider_slots to fulfillment_worker;
grant select on fulfillment.provider_slots to fulfillment_reader;
