import type pg from 'pg';
import { kindsNobodyWaitsFor } from '../../../domain/guardrails.ts';
import { type ServiceState, type ServiceStateReader, stateCountMax } from '../../../ports/serviceState.ts';
import { ask } from '../../shelf/ask.ts';

type Row = Omit<ServiceState, 'oldestOpen' | 'workers' | 'alerts' | 'mailGate'> & {
  oldestJob: string | null;
  acceptedAt: Date | null;
  slaDeadline: Date | null;
  alive: number;
  gateWhy: ServiceState['mailGate']['why'];
  gateSince: Date;
  heldMails: number;
  lastSeenAt: Date | null;
  page: number;
  ticket: number;
  acknowledged: number;
};

const upTo = (rows: string) =>
  `(select count(*)::int from (select 1 ${rows} limit ${stateCountMax}) counted)`;
const attention = (state: string) =>
  upTo(`from fulfillment.fulfillment_jobs j where j.attention = '${state}'`);
const unresolved = (condition: string) =>
  upTo(`from fulfillment.alerts a where a.resolved_at is null and ${condition}`);

/**
 * Bounded by what is unfinished or needs somebody: rows of dispatch, and the tiny indexes of jobs, events and alerts that
 * people must look at. What has finished is never counted.
 */
const statement = `
with oldest as (
  select j.id, j.created_at, j.sla_deadline
    from fulfillment.fulfillment_dispatch d join fulfillment.fulfillment_jobs j on j.id = d.job_id
   where j.state in ('open', 'blocked') and j.kind <> all ($2) order by d.job_id limit 1
)
select clock_timestamp() as at, o.id as "oldestJob", o.created_at as "acceptedAt", o.sla_deadline as "slaDeadline",
       ${upTo(`from fulfillment.fulfillment_dispatch d join fulfillment.fulfillment_jobs j on j.id = d.job_id
         where j.state in ('open', 'blocked') and j.kind <> all ($2) and j.sla_deadline < clock_timestamp()`)} as "beyondSla",
       ${upTo(`from fulfillment.job_failures f
         where f.id >= fulfillment.uuid_v7_floor(clock_timestamp() - interval '1 hour')
           and f.failed_at > clock_timestamp() - interval '1 hour' and f.kind <> all ($2)`)} as "failedLastHour",
       ${attention('blocked')} as blocked,
       ${attention('held')} as held,
       g.why as "gateWhy", g.since as "gateSince",
       ${upTo('from fulfillment.mail_holds h where h.decision is null')} as "heldMails",
       (select count(*)::int from fulfillment.workers w
         where w.seen_at > clock_timestamp() - $1 * interval '1 millisecond') as alive,
       (select max(w.seen_at) from fulfillment.workers w) as "lastSeenAt",
       (select e.received_at from fulfillment.stripe_events e order by e.id desc limit 1) as "lastWebhookAt",
       (select min(done.at) from (select d.duty, max(d.finished_at) as at from fulfillment.ops_duties d
          where d.day > (clock_timestamp() at time zone 'UTC')::date - 400 group by d.duty) done) as "lastUpkeepAt",
       ${upTo(`from fulfillment.stripe_events e where e.verdict in ('quarantined', 'conflict')`)} as quarantined,
       ${unresolved(`a.severity = 'page'`)} as page,
       ${unresolved(`a.severity = 'ticket'`)} as ticket,
       ${unresolved(`a.state = 'acknowledged'`)} as acknowledged
  from fulfillment.mail_gate g left join oldest o on true`;

/** How the whole stands, over a pool of `fulfillment_operations`. */
export const createServiceStateReader = (pool: pg.Pool): ServiceStateReader => ({
  async read(workerAliveMs) {
    const [row] = await ask<Row>(pool, statement, [workerAliveMs, [...kindsNobodyWaitsFor]]);
    if (!row) throw new Error('The state of the service has no row.');
    const { oldestJob, acceptedAt, slaDeadline, alive, lastSeenAt, page, ticket, acknowledged, ...others } =
      row;
    const { gateWhy: why, gateSince: since, heldMails, ...rest } = others;
    return {
      ...rest,
      oldestOpen:
        oldestJob !== null && acceptedAt && slaDeadline
          ? { jobId: oldestJob, acceptedAt, slaDeadline }
          : null,
      mailGate: { why, since, heldMails },
      workers: { alive, lastSeenAt },
      alerts: { page, ticket, acknowledged },
    };
  },
});
