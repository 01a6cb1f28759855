-- What mail providers left behind: standings are asked for by domain, pauses follow their providers' new names, and the
-- bytes of mails that nothing ever proved do not stay for ever.

create index mail_domain_standings_domain on fulfillment.mail_domain_standings (domain);

-- Pauses and breakers of the time in which all mail was one provider, and analytics another.
insert into fulfillment.provider_circuits (provider, paused_at, paused_until, paused_by, pause_reason)
select named.provider, c.paused_at, c.paused_until, c.paused_by, c.pause_reason
  from fulfillment.provider_circuits c
  join (values ('email', 'smtp'), ('email', 'resend'), ('email', 'listmonk'), ('email', 'novu'),
               ('analytics', 'plausible'), ('analytics', 'posthog')) named(former, provider) on named.former = c.provider
 where c.paused_until > clock_timestamp()
on conflict (provider) do nothing;
delete from fulfillment.provider_circuits where provider in ('email', 'analytics');

-- Definer, so that the role that writes mails cannot drop the bytes of a younger one.
create function fulfillment.prune_mail_bytes(p_limit integer) returns bigint
  language sql security definer
  set search_path = ''
as $$
  with old as (
    select m.id from fulfillment.email_messages m
     where m.accepted_at is not null and m.proven_at is null and m.bytes is not null
       and m.accepted_at < pg_catalog.clock_timestamp() - interval '14 days'
     order by m.accepted_at limit p_limit for update skip locked
  ), dropped as (
    update fulfillment.email_messages m set bytes = null from old where m.id = old.id returning 1
  )
  select count(*) from dropped
$$;
comment on function fulfillment.prune_mail_bytes(integer) is
  'Drops the bytes of mails that were taken two weeks ago and never proven, at most so many; returns how many.';
revoke execute on function fulfillment.prune_mail_bytes(integer) from public;
grant execute on function fulfillment.prune_mail_bytes(integer) to fulfillment_worker;
