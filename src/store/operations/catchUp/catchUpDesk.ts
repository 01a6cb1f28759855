import type pg from 'pg';
import type { CatchUpDesk, CatchUpOverview, SweepRow } from '../../../ports/catchUpDesk.ts';
import { ask } from '../../shelf/ask.ts';
import { queryIn } from '../../transaction.ts';

const state = `
select clock_timestamp() as at, case when c.lease_until > clock_timestamp() then c.worker end as worker, c.due_at as "dueAt",
       c.seen_until as "seenUntil", c.read_at as "readAt", c.watched_at as "watchedAt",
       (select count(*)::int from (select from fulfillment.fulfillment_dispatch d where d.plan_key = $1 limit $2) open) as adopting
  from fulfillment.catch_up c`;

const sweeps = `
select s.id as "sweepId", s.kind, s.since, s.until, s.part, s.pages, s.known::int, s.fulfilled::int, s.adopted::int,
       s.settled::int, s.left_out::int as "leftOut", s.asked_by as "askedBy", s.created_at as "createdAt",
       s.started_at as "startedAt", s.finished_at as "finishedAt"
  from fulfillment.catch_up_sweeps s order by s.id desc limit $1`;

/** Catching up, over a pool of `fulfillment_operations`. */
export const createCatchUpDesk = (pool: pg.Pool): CatchUpDesk => ({
  async show({ sweepsMax, adoptPlanKey, adoptingMax }) {
    const [row] = await ask<Omit<CatchUpOverview, 'sweeps'>>(pool, state, [adoptPlanKey, adoptingMax]);
    if (!row) throw new Error('The row of catching up is not there.');
    return { ...row, sweeps: await ask<SweepRow & pg.QueryResultRow>(pool, sweeps, [sweepsMax]) };
  },

  async wantRound(tx) {
    await queryIn(tx, 'update fulfillment.catch_up set due_at = clock_timestamp()');
  },

  async wantSweep(tx, { kind, since, until, askedBy }) {
    // Two who ask for the same at the same moment take turns on the one row of catching up.
    await queryIn(tx, 'select from fulfillment.catch_up for update');
    const [same] = await queryIn<{ id: string }>(
      tx,
      `select s.id from fulfillment.catch_up_sweeps s
        where s.finished_at is null and s.kind = $1 and s.since = $2 and s.until = $3`,
      [kind, since, until],
    );
    if (same) return { sweepId: same.id, isNew: false };
    const [row] = await queryIn<{ id: string }>(
      tx,
      `insert into fulfillment.catch_up_sweeps (kind, since, until, asked_by) values ($1, $2, $3, $4) returning id`,
      [kind, since, until, askedBy],
    );
    if (!row) throw new Error('The sweep was not added.');
    return { sweepId: row.id, isNew: true };
  },
});
