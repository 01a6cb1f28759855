import type pg from 'pg';
import type { CircuitState } from '../../domain/circuit.ts';
import { guardrails, kindsNobodyWaitsFor } from '../../domain/guardrails.ts';
import type { GateCloser } from '../../domain/mailGate.ts';
import type { DatabaseTruth } from '../../ports/databaseTruth.ts';
import { ask } from '../shelf/ask.ts';

interface TruthRow {
  at: Date;
  beyond_job: string | null;
  because: DatabaseTruth['failedBecause'] | null;
  undelivered: Array<{ channel: string; count: number; since: number }> | null;
  tests: Array<{ channel: string; succeededAt: number | null }> | null;
  sentinel_at: Date | null;
  active: Array<{ state: string; step: string; count: number }> | null;
  beyond_sla: number;
  oldest_accepted: Date | null;
  oldest_deadline: Date | null;
  oldest_held: Date | null;
  oldest_due: Date | null;
  failed_5m: number;
  failed_1h: number;
  failed_24h: number;
  unattended: number;
  quarantined: number;
  last_webhook: Date | null;
  silent: boolean;
  circuits: Array<{ provider: string; state: CircuitState; paused: boolean; changedAt: number }> | null;
  gate: GateCloser | null;
  mails_held: number;
  mails_unproven: number;
  caught_up_at: Date | null;
  workers_alive: number;
  worker_seen: Date | null;
  partitions: boolean[];
  upkeep_at: Date | null;
  audit_broken: boolean;
  reconciled_at: Date | null;
  findings: number;
  alerts_page: number;
  alerts_ticket: number;
}

const failedWithin = (interval: string) =>
  `(select count(*)::int from fulfillment.job_failures f
     where f.id >= fulfillment.uuid_v7_floor(clock_timestamp() - interval '${interval}')
       and f.failed_at > clock_timestamp() - interval '${interval}' and f.kind <> all ($1))`;

const unresolved = (condition: string) =>
  `(select count(*)::int from fulfillment.alerts a where a.resolved_at is null and ${condition})`;

// Statement by statement of the same snapshot, each bounded by what is open, recent or waits for somebody. The step that
// a job is at is the first of its plan that is not done: plans are few, and are read once.
const statement = `
with unfinished as materialized (
  select j.id, j.state, j.plan_id, j.created_at, j.sla_deadline, j.held_at, j.kind
    from fulfillment.fulfillment_dispatch d join fulfillment.fulfillment_jobs j on j.id = d.job_id
   where j.state in ('open', 'blocked', 'held')
), plan_steps as materialized (
  select p.id as plan_id, s.place, s.step
    from fulfillment.fulfillment_plans p cross join lateral fulfillment.holding_steps(p.definition) s
   where p.id in (select u.plan_id from unfinished u)
), at_place as (
  select u.id, u.state, u.plan_id, min(p.place) as place
    from unfinished u
    left join plan_steps p on p.plan_id = u.plan_id
     and not exists (select from fulfillment.fulfillment_job_steps s
                      where s.job_id = u.id and s.step = p.step and s.state in ('done', 'skipped'))
   group by u.id, u.state, u.plan_id
), counted as (
  select a.state, coalesce(p.step, 'none') as step, count(*)::int as count
    from at_place a left join plan_steps p on p.plan_id = a.plan_id and p.place = a.place
   group by 1, 2
)
select clock_timestamp() as at, (select jsonb_agg(c) from counted c) as active,
       (select count(*)::int from unfinished u
         where u.state <> 'held' and u.kind <> all ($1) and u.sla_deadline < clock_timestamp()) as beyond_sla,
       (select u.id from unfinished u
         where u.state <> 'held' and u.kind <> all ($1) and u.sla_deadline < clock_timestamp()
         order by u.sla_deadline, u.id limit 1) as beyond_job,
       (select min(u.created_at) from unfinished u where u.state <> 'held') as oldest_accepted,
       (select min(u.sla_deadline) from unfinished u where u.state <> 'held' and u.kind <> all ($1)) as oldest_deadline,
       (select min(u.held_at) from unfinished u where u.state = 'held') as oldest_held,
       (select min(d.due_at) from fulfillment.fulfillment_dispatch d where d.due_at <= clock_timestamp()) as oldest_due,
       ${failedWithin('5 minutes')} as failed_5m,
       ${failedWithin('1 hour')} as failed_1h,
       ${failedWithin('24 hours')} as failed_24h,
       (select jsonb_agg(b) from (
          select coalesce(f.step, 'none') as step, f.reason, count(*)::int as count from fulfillment.job_failures f
           where f.id >= fulfillment.uuid_v7_floor(clock_timestamp() - interval '1 hour')
             and f.failed_at > clock_timestamp() - interval '1 hour' and f.kind <> all ($1)
           group by 1, 2 order by 3 desc, 1, 2 limit 3) b) as because,
       (select count(*)::int from fulfillment.fulfillment_jobs j where j.attention = 'failed' and j.kind <> all ($1)) as unattended,
       (select count(*)::int from fulfillment.stripe_events e where e.verdict in ('quarantined', 'conflict')) as quarantined,
       (select e.received_at from fulfillment.stripe_events e where e.door = 'webhook' order by e.id desc limit 1) as last_webhook,
       ${unresolved(`a.rule = 'stripe_webhook' and a.scope = 'silence'`)} > 0 as silent,
       (select jsonb_agg(jsonb_build_object('provider', c.provider, 'state', c.state,
                 'paused', coalesce(c.paused_until > clock_timestamp(), false),
                 'changedAt', extract(epoch from c.changed_at) * 1000))
          from fulfillment.provider_circuits c) as circuits,
       (select g.why from fulfillment.mail_gate g) as gate,
       (select count(*)::int from fulfillment.mail_holds h where h.decision is null) as mails_held,
       (select count(*)::int from (select from fulfillment.email_messages m
          where m.accepted_at is not null and m.proven_at is null limit 10000) m) as mails_unproven,
       (select u.read_at from fulfillment.catch_up u) as caught_up_at,
       (select count(*)::int from fulfillment.workers w
         where w.seen_at > clock_timestamp() - $2 * interval '1 millisecond') as workers_alive,
       (select max(w.seen_at) from fulfillment.workers w) as worker_seen,
       array(select to_regclass('fulfillment.fulfillment_job_events_'
                      || to_char(clock_timestamp() at time zone 'UTC' + make_interval(months => ahead), 'YYYY_MM')) is not null
               from generate_series(0, 12) ahead order by ahead) as partitions,
       (select min(done.at) from (select max(d.finished_at) as at from fulfillment.ops_duties d
          where d.day > (clock_timestamp() at time zone 'UTC')::date - 400 group by d.duty) done) as upkeep_at,
       ${unresolved(`a.rule = 'audit_chain_broken'`)} > 0 as audit_broken,
       (select max(r.finished_at) from fulfillment.reconciliation_runs r where r.state = 'finished') as reconciled_at,
       (select count(*)::int from fulfillment.reconciliation_findings f where f.state = 'open') as findings,
       ${unresolved(`a.severity = 'page'`)} as alerts_page,
       ${unresolved(`a.severity = 'ticket'`)} as alerts_ticket,
       (select jsonb_agg(p) from (
          select d.channel, count(*)::int as count, extract(epoch from min(d.created_at)) * 1000 as since
            from fulfillment.alert_deliveries d where d.delivered_at is null and d.left_out is null
           group by d.channel order by d.channel) p) as undelivered,
       (select jsonb_agg(jsonb_build_object('channel', t.channel, 'succeededAt', extract(epoch from t.succeeded_at) * 1000))
          from fulfillment.alert_channel_tests t) as tests,
       (select s.evaluated_at from fulfillment.sentinel_state s) as sentinel_at`;

/**
 * Database truth for metrics and guardrails, over a pool of `fulfillment_reader`. Bounded by what is open, recent or waits for somebody:
 * finished rows are never counted.
 *
 * @throws Fault, transient, when the database cannot be reached
 */
export async function readTruth(pool: pg.Pool): Promise<DatabaseTruth> {
  const [row] = await ask<TruthRow & pg.QueryResultRow>(pool, statement, [
    [...kindsNobodyWaitsFor],
    guardrails.workerSilentMs,
  ]);
  if (!row) throw new Error('The truth has no row.');
  return {
    at: row.at,
    active: row.active ?? [],
    beyondSla: row.beyond_sla,
    beyondSlaJobId: row.beyond_job,
    oldestOpenAcceptedAt: row.oldest_accepted,
    oldestOpenDeadline: row.oldest_deadline,
    oldestHeldAt: row.oldest_held,
    oldestDueAt: row.oldest_due,
    failed: {
      last5m: row.failed_5m,
      last1h: row.failed_1h,
      last24h: row.failed_24h,
      unattended: row.unattended,
    },
    failedBecause: row.because ?? [],
    quarantined: row.quarantined,
    lastWebhookAt: row.last_webhook,
    webhooksSilent: row.silent,
    circuits: (row.circuits ?? []).map((each) => ({ ...each, changedAt: new Date(each.changedAt) })),
    mailGate: { why: row.gate, held: row.mails_held },
    mailsUnproven: row.mails_unproven,
    caughtUpAt: row.caught_up_at,
    workers: { alive: row.workers_alive, lastSeenAt: row.worker_seen },
    partitionsAhead: monthsAhead(row.partitions),
    upkeepAt: row.upkeep_at,
    auditBroken: row.audit_broken,
    reconciledAt: row.reconciled_at,
    findings: row.findings,
    alerts: { page: row.alerts_page, ticket: row.alerts_ticket },
    undelivered: (row.undelivered ?? []).map((each) => ({ ...each, since: new Date(each.since) })),
    channelTests: (row.tests ?? []).map(({ channel, succeededAt }) => ({
      channel,
      succeededAt: succeededAt === null ? null : new Date(succeededAt),
    })),
    sentinelAt: row.sentinel_at,
  };
}

/** Months after this one that have their partition without a gap; -1 when even this one has none. */
function monthsAhead(present: boolean[]): number {
  const gap = present.indexOf(false);
  return (gap === -1 ? present.length : gap) - 1;
}
