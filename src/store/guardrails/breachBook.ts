import type pg from 'pg';
import type { BreachBook } from '../../ports/slaWatch.ts';
import { ask } from '../shelf/ask.ts';

/** Orders beyond their SLA, over a pool of `fulfillment_worker`. */
export const createBreachBook = (pool: pg.Pool): BreachBook => ({
  async note() {
    const rows = await ask<{ jobId: string }>(
      pool,
      'select b as "jobId" from fulfillment.note_breaches() b',
      [],
    );
    return rows.map(({ jobId }) => jobId);
  },
});
