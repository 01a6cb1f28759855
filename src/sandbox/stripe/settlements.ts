import type { Pool } from 'pg';
import type { Checkout } from './checkout.ts';
import { createDueLoop } from './dueLoop.ts';
import type { DueLoop } from './dueLoop.ts';
import { transact } from './objectStore.ts';

/** Settles delayed payments when their time has come. They wait in Postgres, so a restart forgets none. */
export function createSettlements(options: {
  pool: Pool;
  checkout: Checkout;
  onSettled: () => void;
  onError: (error: unknown) => void;
}): DueLoop {
  const { pool, checkout } = options;

  async function settleNext(): Promise<number | null> {
    const { rows } = await pool.query<{ session_id: string; outcome: 'succeeded' | 'failed'; ms: number }>(
      `select session_id, outcome, (extract(epoch from due_at - clock_timestamp()) * 1000)::float8 as ms
       from stripe_sandbox.settlements order by due_at limit 1`,
    );
    const next = rows[0];
    if (!next) return null;
    if (next.ms > 0) return Math.ceil(next.ms);
    await transact(pool, (db) => checkout.settle(db, next.session_id, { outcome: next.outcome }));
    options.onSettled();
    return 0;
  }

  return createDueLoop({ step: settleNext, onError: options.onError });
}
