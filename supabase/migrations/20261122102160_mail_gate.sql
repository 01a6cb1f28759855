-- The gate that all mail goes through: closed by the brake when volume or age of what is about to be sent is out of the
-- ordinary, by restore mode after a backup was restored, and by shadow mode. People open it.

create table fulfillment.mail_gate (
  one boolean primary key default true check (one),
  state text not null default 'open' check (state in ('open', 'closed')),
  why text check (why in ('brake', 'restore', 'shadow')),
  since timestamptz not null default clock_timestamp(),
  changed_by text not null default 'migration' check (char_length(changed_by) between 1 and 200),
  counts jsonb not null default '{}',
  constraint closed_for_a_reason check ((state = 'closed') = (why is not null))
) with (fillfactor = 50);
comment on table fulfillment.mail_gate is 'One row, for ever.';
comment on column fulfillment.mail_gate.since is 'When it was closed or opened; while it is open, the brake counts what was written from then on.';
comment on column fulfillment.mail_gate.counts is 'What the brake had counted when it closed the gate.';
insert into fulfillment.mail_gate default values;

alter table fulfillment.mail_gate enable row level security;
alter table fulfillment.mail_gate force row level security;
create policy migrator_all on fulfillment.mail_gate to fulfillment_migrator using (true) with check (true);
create policy worker_select on fulfillment.mail_gate for select to fulfillment_worker using (true);
-- Workers close it; people open it.
create policy worker_update on fulfillment.mail_gate for update to fulfillment_worker using (true) with check (state = 'closed');
create policy operations_select on fulfillment.mail_gate for select to fulfillment_operations using (true);
create policy operations_update on fulfillment.mail_gate for update to fulfillment_operations using (true) with check (true);
create policy reader_select on fulfillment.mail_gate for select to fulfillment_reader using (true);
grant select, update on fulfillment.mail_gate to fulfillment_worker, fulfillment_operations;
grant select on fulfillment.mail_gate to fulfillment_reader;

-- A mail that the gate has stopped, and what was decided about it. Kept as long as the mail.
create table fulfillment.mail_holds (
  message_id uuid primary key references fulfillment.email_messages (id),
  job_id uuid not null,
  step text not null,
  reason text not null check (reason in ('mail_brake', 'restore_mode', 'shadow_mode')),
  held_at timestamptz not null default clock_timestamp(),
  decision text check (decision in ('release', 'drop', 'found')),
  decided_at timestamptz,
  constraint decided_at_a_time check (num_nulls(decision, decided_at) in (0, 2))
) with (fillfactor = 70);
create index mail_holds_undecided on fulfillment.mail_holds (job_id) where decision is null;
comment on column fulfillment.mail_holds.decision is
  'release: a person lets it go out. drop: a person has it skipped. found: the journal of mails shows that it went out before.';

alter table fulfillment.mail_holds enable row level security;
alter table fulfillment.mail_holds force row level security;
create policy migrator_all on fulfillment.mail_holds to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.mail_holds to fulfillment_worker using (true) with check (true);
create policy operations_select on fulfillment.mail_holds for select to fulfillment_operations using (true);
create policy operations_update on fulfillment.mail_holds for update to fulfillment_operations using (true) with check (true);
create policy reader_select on fulfillment.mail_holds for select to fulfillment_reader using (true);
grant select, insert, update on fulfillment.mail_holds to fulfillment_worker;
grant select, update on fulfillment.mail_holds to fulfillment_operations;
grant select on fulfillment.mail_holds to fulfillment_reader;

alter table fulfillment.email_messages
  add column about_past boolean not null default false,
  drop constraint email_messages_state_check,
  drop constraint bytes_until_settled,
  add constraint email_messages_state_check
    check (state in ('queued', 'unknown', 'accepted', 'refused', 'superseded', 'dropped')) not valid,
  add constraint bytes_until_settled
    check (bytes is not null or state in ('accepted', 'superseded', 'dropped')) not valid;
alter table fulfillment.email_messages
  validate constraint email_messages_state_check,
  validate constraint bytes_until_settled;
create index email_messages_about_past on fulfillment.email_messages (id) where about_past;
comment on column fulfillment.email_messages.about_past is
  'A first mail about a purchase that was paid long before it was written; the brake counts them apart.';
comment on column fulfillment.email_messages.state is
  'superseded: the address was corrected before it was taken, and it is not tried again; what its attempts may have done stands with them. dropped: a person has it skipped.';

-- A mail that is dropped leaves nothing of the buyer behind.
create function fulfillment.drop_mails(p_message_ids uuid[]) returns bigint
  language sql security definer
  set search_path = ''
as $$
  with dropped as (
    update fulfillment.email_messages m
       set state = 'dropped', bytes = null
     where m.id = any(p_message_ids) and m.state = 'queued'
       and exists (select from fulfillment.mail_holds h where h.message_id = m.id and h.decision = 'drop')
    returning 1
  )
  select count(*) from dropped
$$;
comment on function fulfillment.drop_mails(uuid[]) is
  'Takes mails out of the way that a person has dropped. Definer, so that nobody of operations can change another.';
revoke execute on function fulfillment.drop_mails(uuid[]) from public;
grant execute on function fulfillment.drop_mails(uuid[]) to fulfillment_operations;
grant select (about_past) on fulfillment.email_messages to fulfillment_operations, fulfillment_reader;

-- After a restore the counters are raised above what was issued before: a gap is told, a number is never used twice.
-- Definer, so that nobody of operations can lower one.
create function fulfillment.raise_series(p_series text, p_to bigint)
  returns table (raised_from bigint, raised_to bigint)
  language plpgsql security definer
  set search_path = ''
as $$
begin
  if p_series is null or p_to is null or p_to < 1 then
    raise exception 'A series is raised to a number' using errcode = 'invalid_parameter_value';
  end if;
  select s.last_number into raised_from from fulfillment.receipt_series s where s.series = p_series for update;
  raised_from := coalesce(raised_from, 0);
  -- More than a restored backup can lack: nobody could lower it again.
  if p_to > raised_from + 10000000 then
    raise exception 'Series % stands at %: raising it to % leaves too large a gap', p_series, raised_from, p_to
      using errcode = 'invalid_parameter_value';
  end if;
  insert into fulfillment.receipt_series as s (series, last_number) values (p_series, p_to)
  on conflict (series) do update set last_number = greatest(s.last_number, excluded.last_number)
  returning s.last_number into raised_to;
  return next;
end
$$;
comment on function fulfillment.raise_series(text, bigint) is
  'Numbers of a series up to this one are not given any more. Returns the last number before and after.';
revoke execute on function fulfillment.raise_series(text, bigint) from public;
grant execute on function fulfillment.raise_series(text, bigint) to fulfillment_operations;
grant execute on function fulfillment.uuid_v7_floor(timestamptz) to fulfillment_operations;
