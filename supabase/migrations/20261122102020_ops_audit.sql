-- Who did what, and who was refused: one row in the transaction of the action itself. Numbers have no gap, every row
-- carries the hash of the one before, and nobody may change or remove one. Kept for a year; then everything up to a
-- checkpoint goes, and the chain goes on from the checkpoint. The hash is made by domain/auditChain.ts.

create table fulfillment.ops_audit (
  seq bigint primary key check (seq > 0),
  at timestamptz not null,
  actor text not null check (char_length(actor) between 1 and 200),
  roles text[] not null,
  channel text not null check (channel in ('api', 'cli', 'console', 'system')),
  action text not null check (char_length(action) between 1 and 100),
  target_kind text check (char_length(target_kind) between 1 and 40),
  target_id text check (char_length(target_id) between 1 and 300),
  result text not null check (result in ('done', 'refused', 'failed')),
  reason text check (char_length(reason) <= 1000),
  request_id text check (char_length(request_id) <= 200),
  bulk_run_id uuid,
  trace_id text check (char_length(trace_id) <= 64),
  before jsonb,
  after jsonb,
  details jsonb,
  prev_hash bytea not null check (octet_length(prev_hash) = 32),
  hash bytea not null check (octet_length(hash) = 32),
  -- The hash is made of milliseconds; what is finer would be lost on the way and could be changed unseen.
  constraint at_in_milliseconds check (extract(microseconds from at)::integer % 1000 = 0),
  constraint target_is_whole check ((target_kind is null) = (target_id is null))
);
create index ops_audit_at on fulfillment.ops_audit (at);
create index ops_audit_actor on fulfillment.ops_audit (actor, seq);
create index ops_audit_target on fulfillment.ops_audit (target_id, seq) where target_id is not null;
create index ops_audit_bulk_run on fulfillment.ops_audit (bulk_run_id, seq) where bulk_run_id is not null;
comment on column fulfillment.ops_audit.before is 'By reference: states, versions, ids; never a buyer''s data, so that erasure does not break the chain.';

-- The counter of the chain. Locked last in a transaction, and for the shortest time.
create table fulfillment.ops_audit_head (
  singleton boolean primary key default true check (singleton),
  seq bigint not null,
  hash bytea not null check (octet_length(hash) = 32),
  at timestamptz not null
) with (fillfactor = 50);

create table fulfillment.ops_audit_checkpoints (
  seq bigint primary key check (seq > 0),
  hash bytea not null check (octet_length(hash) = 32),
  created_at timestamptz not null default clock_timestamp(),
  anchored_to text
);
comment on column fulfillment.ops_audit_checkpoints.anchored_to is 'Where the hash was written down outside of this database.';

do $$
declare
  table_name text;
begin
  foreach table_name in array array['ops_audit', 'ops_audit_head', 'ops_audit_checkpoints'] loop
    execute format('alter table fulfillment.%I enable row level security', table_name);
    execute format('alter table fulfillment.%I force row level security', table_name);
    execute format('create policy migrator_all on fulfillment.%I to fulfillment_migrator using (true) with check (true)', table_name);
    execute format('create policy operations_select on fulfillment.%I for select to fulfillment_operations using (true)', table_name);
    execute format('grant select on fulfillment.%I to fulfillment_operations', table_name);
  end loop;
end
$$;
insert into fulfillment.ops_audit_head (seq, hash, at) values (0, decode(repeat('00', 32), 'hex'), '2000-01-01Z');

create policy operations_insert on fulfillment.ops_audit for insert to fulfillment_operations with check (true);
create policy operations_insert on fulfillment.ops_audit_checkpoints for insert to fulfillment_operations with check (true);
grant insert on fulfillment.ops_audit, fulfillment.ops_audit_checkpoints to fulfillment_operations;

-- Definer, so that the role that appends cannot move the head by itself.
create function fulfillment.lock_audit_head() returns table (seq bigint, hash bytea, at timestamptz)
  language sql security definer
  set search_path = ''
as $$
  select h.seq, h.hash, greatest(h.at, pg_catalog.date_trunc('milliseconds', pg_catalog.clock_timestamp()))
    from fulfillment.ops_audit_head h for update
$$;
comment on function fulfillment.lock_audit_head() is 'What the next row follows from, and its time: never before the last row''s.';
revoke execute on function fulfillment.lock_audit_head() from public;
grant execute on function fulfillment.lock_audit_head() to fulfillment_operations;

create function fulfillment.follow_audit_head() returns trigger
  language plpgsql security definer
  set search_path = ''
as $$
begin
  update fulfillment.ops_audit_head h
     set seq = new.seq, hash = new.hash, at = new.at
   where h.seq = new.seq - 1 and h.hash = new.prev_hash and h.at <= new.at;
  if not found then
    raise exception 'audit row % does not follow from the head', new.seq using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end
$$;
revoke execute on function fulfillment.follow_audit_head() from public;
create trigger follow_head before insert on fulfillment.ops_audit
  for each row execute function fulfillment.follow_audit_head();

create function fulfillment.check_audit_checkpoint() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  if not exists (select from fulfillment.ops_audit a where a.seq = new.seq and a.hash = new.hash) then
    raise exception 'checkpoint % is not the hash of that row', new.seq using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end
$$;
revoke execute on function fulfillment.check_audit_checkpoint() from public;
create trigger check_checkpoint before insert on fulfillment.ops_audit_checkpoints
  for each row execute function fulfillment.check_audit_checkpoint();

-- Pruning is the one way out: after a year, and under a checkpoint.
create function fulfillment.refuse_audit_change() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  if tg_op = 'DELETE' then
    if old.at < pg_catalog.clock_timestamp() - interval '1 year'
       and exists (select from fulfillment.ops_audit_checkpoints c where c.seq >= old.seq) then
      return old;
    end if;
  end if;
  raise exception 'ops_audit is append-only: % refused', tg_op using errcode = 'insufficient_privilege';
end
$$;
revoke execute on function fulfillment.refuse_audit_change() from public;
create trigger immutable before update or delete on fulfillment.ops_audit
  for each row execute function fulfillment.refuse_audit_change();
create trigger immutable_truncate before truncate on fulfillment.ops_audit
  for each statement execute function fulfillment.refuse_change();
create trigger immutable before update or delete on fulfillment.ops_audit_checkpoints
  for each row execute function fulfillment.refuse_change();
create trigger immutable_truncate before truncate on fulfillment.ops_audit_checkpoints
  for each statement execute function fulfillment.refuse_change();

-- Removes everything up to the newest checkpoint whose row is older than a year; returns how many rows that were.
create function fulfillment.prune_audit() returns bigint
  language plpgsql security definer
  set search_path = ''
as $$
declare
  last_seq bigint;
  removed bigint;
begin
  select max(c.seq) into last_seq
    from fulfillment.ops_audit_checkpoints c
    join fulfillment.ops_audit a on a.seq = c.seq and a.hash = c.hash
   where a.at < pg_catalog.clock_timestamp() - interval '1 year';
  delete from fulfillment.ops_audit a where a.seq <= last_seq;
  get diagnostics removed = row_count;
  return removed;
end
$$;
revoke execute on function fulfillment.prune_audit() from public;
grant execute on function fulfillment.prune_audit() to fulfillment_operations;
