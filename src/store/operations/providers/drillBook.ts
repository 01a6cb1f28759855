import type pg from 'pg';
import type { DrillBook, PastDrill } from '../../../ports/mailDrill.ts';
import { ask } from '../../shelf/ask.ts';
import { queryIn } from '../../transaction.ts';

/** Drills of outages, over a pool of `fulfillment_operations`. */
export const createDrillBook = (pool: pg.Pool): DrillBook => ({
  async write(tx, { by, passed, results }) {
    const [row] = await queryIn<{ id: string; at: Date }>(
      tx,
      'insert into fulfillment.provider_drills (by, passed, results) values ($1, $2, $3) returning id, at',
      [by, passed, JSON.stringify(results)],
    );
    if (!row) throw new Error('The drill was not written.');
    return row;
  },

  list: (limit) =>
    ask<PastDrill>(
      pool,
      'select id, at, by, passed, results from fulfillment.provider_drills order by at desc, id desc limit $1',
      [limit],
    ),
});
