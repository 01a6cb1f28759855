import type pg from 'pg';
import type { DrillBook, PastDrill } from '../../../ports/mailDrill.ts';
import { ask } from '../../shelf/ask.ts';
import { queryIn } from '../../transaction.ts';

/** Drills of outages, over a pool of `fulfillment_operations`. */
export const createDrillBook = (pool: pg.Pool): DrillBook => ({
  async begin(tx, by) {
    const [row] = await queryIn<{ id: string; at: Date }>(
      tx,
      'insert into fulfillment.provider_drills (by) values ($1) returning id, at',
      [by],
    );
    if (!row) throw new Error('The drill was not written.');
    return row;
  },

  async finish(tx, id, { passed, results }) {
    const finished = await queryIn(
      tx,
      'update fulfillment.provider_drills set passed = $2, results = $3 where id = $1 returning id',
      [id, passed, JSON.stringify(results)],
    );
    if (finished.length === 0) throw new Error('The drill was not begun, or is finished already.');
  },

  async heardOf(messageId) {
    const [row] = await ask<{ kinds: string[] | null }>(
      pool,
      `select array_agg(e.kind) as kinds from fulfillment.email_evidence e
        where e.message_id is null and e.mail_ref = $1 and e.kind <> 'delayed' and e.permanence is distinct from 'soft'`,
      [messageId],
    );
    const kinds = row?.kinds ?? [];
    return kinds.includes('bounced') ? 'came_back' : kinds.length > 0 ? 'taken' : undefined;
  },

  list: (limit) =>
    ask<PastDrill>(
      pool,
      `select id, at, by, results, (extract(epoch from clock_timestamp() - at) * 1000)::float8 as "agoMs"
         from fulfillment.provider_drills order by at desc, id desc limit $1`,
      [limit],
    ),
});
