import type pg from 'pg';
import type { GateCloser } from '../../domain/mailGate.ts';
import type { GateStanding, MailGateControl } from '../../ports/mailGate.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { ask } from '../shelf/ask.ts';
import { queryIn } from '../transaction.ts';

/** Of mails that are still wanted: their job is there, and nothing else has become of them. */
const undecided = `
  from fulfillment.mail_holds h
  join fulfillment.email_messages m on m.id = h.message_id and m.state = 'queued'
  join fulfillment.fulfillment_dispatch d on d.job_id = h.job_id
 where h.decision is null`;

const standing = `
select g.why, g.since, g.changed_by as "changedBy", g.counts, held.mails as held, held.oldest as "oldestHeldAt",
       (select count(*)::int from fulfillment.mail_holds h
         where h.decision = 'found' and g.why is not null and h.decided_at >= g.since) as found
  from fulfillment.mail_gate g cross join (select count(*)::int as mails, min(h.held_at) as oldest ${undecided}) held`;

const lockJobs = `
select from fulfillment.fulfillment_dispatch d
 where d.job_id = any(array(select h.job_id from fulfillment.mail_holds h where h.decision is null))
 order by d.job_id for update`;

const change = `
update fulfillment.mail_gate g
   set state = $1, why = $2, since = clock_timestamp(), changed_by = $3, counts = '{}'`;

const endAlert = `
update fulfillment.alerts a
   set state = 'resolved', resolved_at = clock_timestamp(), version = a.version + 1
 where a.rule = 'mail_brake' and a.resolved_at is null`;

/**
 * Their effects and steps become due, one after the other within the time that is given. Jobs that somebody has locked
 * just now are passed over: they find the decision when they look again by themselves.
 */
const decideSome = `
with decided as (
  update fulfillment.mail_holds h
     set decision = $1, decided_at = clock_timestamp()
    from fulfillment.email_messages m
   where h.message_id = any(array(
           select o.message_id from fulfillment.mail_holds o where o.decision is null order by o.job_id limit $5))
     and m.id = h.message_id
  returning h.job_id, h.step, h.message_id, m.logical_key, m.state
), due as materialized (
  select d.job_id, clock_timestamp() + random() * $2 * interval '1 millisecond' as at
    from fulfillment.fulfillment_dispatch d
   where d.job_id = any(array(select k.job_id from decided k))
     for update skip locked
), effects as (
  update fulfillment.fulfillment_job_effects e set due_at = u.at
    from decided k join due u on u.job_id = k.job_id
   where e.job_id = k.job_id and e.step = k.step and e.effect_key = k.logical_key and e.state = 'blocked'
), steps as (
  update fulfillment.fulfillment_job_steps s set due_at = least(s.due_at, u.at)
    from due u
   where s.job_id = u.job_id and s.state = 'blocked'
     and exists (select from decided k where k.job_id = s.job_id and k.step = s.step)
), dispatched as (
  update fulfillment.fulfillment_dispatch d
     set control_seq = d.control_seq + 1,
         due_at = case when d.worker is null then least(d.due_at, u.at) else d.due_at end
    from due u where d.job_id = u.job_id
), told as (
  insert into fulfillment.fulfillment_job_events (job_id, seq, kind, step, actor, data)
  select k.job_id, k.n + (select coalesce(max(e.seq), 0) from fulfillment.fulfillment_job_events e where e.job_id = k.job_id),
         'mail.' || $3, k.step, $4, jsonb_build_object('effect', k.logical_key)
    from (select k.*, row_number() over (partition by k.job_id order by k.logical_key) as n from decided k) k
    join due u on u.job_id = k.job_id
)
select count(*)::int as decided, array_agg(k.message_id) as messages,
       count(*) filter (where k.state = 'queued' and d.job_id is not null)::int as mails
  from decided k left join fulfillment.fulfillment_dispatch d on d.job_id = k.job_id`;

/** In one statement: each has 25 seconds. */
const decidedAtOnce = 5_000;

/** The gate as people turn it, over a pool of `fulfillment_operations`. */
export const createMailGateControl = (pool: pg.Pool): MailGateControl => ({
  async read() {
    return only(await ask<GateStanding>(pool, standing, []));
  },

  async lock(tx) {
    await queryIn(tx, lockJobs);
    await queryIn(tx, 'select from fulfillment.mail_gate g for update');
    return only(await queryIn<GateStanding>(tx, standing));
  },

  close: (tx, why, by) => turn(tx, why, by),

  async open(tx, by) {
    await turn(tx, null, by);
    await queryIn(tx, endAlert);
  },

  async decide(tx, decision, { by, spreadMs }) {
    const kind = decision === 'release' ? 'released' : 'dropped';
    let mails = 0;
    for (;;) {
      const [some] = await queryIn<{ decided: number; messages: string[] | null; mails: number }>(
        tx,
        decideSome,
        [decision, spreadMs, kind, by, decidedAtOnce],
      );
      mails += some?.mails ?? 0;
      if (decision === 'drop') await queryIn(tx, 'select fulfillment.drop_mails($1)', [some?.messages ?? []]);
      if ((some?.decided ?? 0) < decidedAtOnce) return mails;
    }
  },

  async raiseSeries(tx, series, to) {
    const [raised] = await queryIn<{ from: number; to: number }>(
      tx,
      `select r.raised_from::float8 as from, r.raised_to::float8 as to from fulfillment.raise_series($1, $2) r`,
      [series, to],
    );
    if (!raised) throw new Error('The series has no number.');
    return { series, ...raised };
  },
});

async function turn(tx: Transaction, why: GateCloser | null, by: string): Promise<void> {
  await queryIn(tx, change, [why === null ? 'open' : 'closed', why, by]);
}

function only([row]: GateStanding[]): GateStanding {
  if (!row) throw new Error('The gate has no row.');
  return row;
}
