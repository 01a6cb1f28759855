-- Every piece of evidence is looked at in its own time: one that cannot be worked on keeps no other, and what waits for
-- a mail that nobody knows is asked about less and less often.

alter table fulfillment.email_evidence
  add column due_at timestamptz not null default clock_timestamp(),
  add column failures integer not null default 0 check (failures >= 0);
comment on column fulfillment.email_evidence.due_at is
  'When it is looked at again: while it waits for its mail, and then, of a mail that came back, until it is acted on.';
comment on column fulfillment.email_evidence.failures is 'How often in a row that has failed by itself; from 5 on people are told.';
grant update (due_at, failures) on fulfillment.email_evidence to fulfillment_worker;

-- A bounce that is not for good is shown, and nothing is done about it.
drop index fulfillment.email_evidence_to_act;
create index email_evidence_to_act on fulfillment.email_evidence (due_at)
  where kind = 'bounced' and permanence = 'hard' and acted_at is null and message_id is not null;
create index email_evidence_parked_due on fulfillment.email_evidence (due_at) where message_id is null;
create index email_evidence_failing on fulfillment.email_evidence (failures) where failures > 0;

create index email_messages_delayed on fulfillment.email_messages (id) where delivery = 'delayed';

alter table fulfillment.mail_watch
  add column expired bigint not null default 0 check (expired >= 0),
  add column last_expired_at timestamptz;
comment on column fulfillment.mail_watch.expired is
  'Pieces of evidence that were dropped because no mail was found for them within 24 hours, ever.';

drop function fulfillment.prune_email_evidence(integer);
-- Definer, so that the role that writes it cannot remove what is younger.
create function fulfillment.prune_email_evidence(p_limit integer, out removed bigint, out expired bigint)
  language sql security definer
  set search_path = ''
as $$
  with old as (
    (select e.id from fulfillment.email_evidence e
      where e.message_id is null and e.received_at < pg_catalog.clock_timestamp() - interval '24 hours'
      order by e.received_at limit p_limit)
    union
    (select e.id from fulfillment.email_evidence e
      where e.received_at < pg_catalog.clock_timestamp() - interval '13 months'
      order by e.received_at limit p_limit)
  ), gone as (
    delete from fulfillment.email_evidence e using old where e.id = old.id returning e.message_id is null as was_parked
  ), counts as (
    select count(*) as removed, count(*) filter (where g.was_parked) as expired from gone g
  ), kept as (
    update fulfillment.mail_watch w
       set expired = w.expired + c.expired, last_expired_at = pg_catalog.clock_timestamp()
      from counts c where c.expired > 0
  )
  select c.removed, c.expired from counts c
$$;
comment on function fulfillment.prune_email_evidence(integer) is
  'Removes evidence that is no longer kept, at most so much of either kind; says how much, and how much of it had waited in vain.';
revoke execute on function fulfillment.prune_email_evidence(integer) from public;
grant execute on function fulfillment.prune_email_evidence(integer) to fulfillment_worker;
