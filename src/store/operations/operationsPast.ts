import type pg from 'pg';
import type { OperationsPast } from '../../ports/operationsPast.ts';
import { ask } from '../shelf/ask.ts';

/** The end of what operations have left, over a pool of `fulfillment_operations`. How old it must be, the functions say. */
export function createOperationsPast(pool: pg.Pool): OperationsPast {
  const counted = async (statement: string, values: unknown[]) => {
    const [row] = await ask<{ removed: bigint }>(pool, statement, values);
    return Number(row?.removed ?? 0);
  };
  return {
    pruneRequests: (limit) => counted('select fulfillment.prune_requests($1) as removed', [limit]),
    pruneDrills: (limit) => counted('select fulfillment.prune_provider_drills($1) as removed', [limit]),
    pruneBulkRun: () => counted('select fulfillment.prune_bulk_run() as removed', []),
  };
}
