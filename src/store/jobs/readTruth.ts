import type pg from 'pg';
import type { CircuitState } from '../../domain/circuit.ts';
import type { GateCloser } from '../../domain/mailGate.ts';

interface TruthRow {
  active: Array<{ state: string; step: string; count: number }> | null;
  oldest: Date | null;
  failed_last_hour: number;
  quarantined: number;
  circuits: Array<{ provider: string; state: CircuitState }> | null;
  gate: GateCloser | null;
  mails_held: number;
  caught_up_at: Date | null;
}

/**
 * Database truth for metrics. Bounded by what is open: dispatch rows, the tiny index of jobs that need attention and
 * that of quarantined events. Finished rows are never counted.
 */
export async function readTruth(pool: pg.Pool) {
  const { rows } = await pool.query<TruthRow>(
    `with unfinished as (
       select j.id, j.state, p.definition as plan, j.created_at
         from fulfillment.fulfillment_dispatch d join fulfillment.fulfillment_jobs j on j.id = d.job_id
        join fulfillment.fulfillment_plans p on p.id = j.plan_id
        where j.state in ('open', 'blocked', 'held')
     ), at_step as (
       select u.state, u.created_at,
              (select p.value ->> 'name'
                 from jsonb_array_elements(u.plan -> 'steps') with ordinality p
                where (p.value ->> 'holds')::boolean
                  and not exists (select from fulfillment.fulfillment_job_steps s
                                   where s.job_id = u.id and s.step = p.value ->> 'name' and s.state in ('done', 'skipped'))
                order by p.ordinality limit 1) as step
         from unfinished u
     )
     select (select jsonb_agg(g) from (select state, coalesce(step, 'none') as step, count(*)::int as count
                                         from at_step group by 1, 2) g) as active,
            (select min(created_at) from at_step where state <> 'held') as oldest,
            (select g.why from fulfillment.mail_gate g) as gate,
            (select count(*)::int from fulfillment.mail_holds h where h.decision is null) as mails_held,
            (select count(*)::int from fulfillment.fulfillment_jobs j
              where j.attention = 'failed' and j.finished_at > clock_timestamp() - interval '1 hour'
                -- No buyer lacks anything by these.
                and j.kind not in ('tell_shop', 'track')) as failed_last_hour,
            (select count(*)::int from fulfillment.stripe_events e where e.verdict in ('quarantined', 'conflict')) as quarantined,
            (select jsonb_agg(jsonb_build_object('provider', c.provider, 'state', c.state))
               from fulfillment.provider_circuits c) as circuits,
            (select u.read_at from fulfillment.catch_up u) as caught_up_at`,
  );
  const row = rows[0];
  return {
    active: row?.active ?? [],
    oldestOpenAcceptedAt: row?.oldest ?? null,
    failedLastHour: row?.failed_last_hour ?? 0,
    quarantined: row?.quarantined ?? 0,
    circuits: row?.circuits ?? [],
    mailGate: { why: row?.gate ?? null, held: row?.mails_held ?? 0 },
    caughtUpAt: row?.caught_up_at ?? null,
  };
}
