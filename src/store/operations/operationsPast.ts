import type pg from 'pg';
import type { OperationsPast, Retention } from '../../ports/operationsPast.ts';
import { ask } from '../shelf/ask.ts';

/**
 * The end of what was stored, over a pool of `fulfillment_operations`. How old it must be, the functions say; or the shop,
 * and the functions how old at least.
 */
export function createOperationsPast(pool: pg.Pool, retention: Retention): OperationsPast {
  const counted = async (statement: string, values: unknown[]) => {
    const [row] = await ask<{ removed: bigint }>(pool, statement, values);
    return Number(row?.removed ?? 0);
  };
  return {
    pruneRequests: (limit) => counted('select fulfillment.prune_requests($1) as removed', [limit]),
    pruneDrills: (limit) => counted('select fulfillment.prune_provider_drills($1) as removed', [limit]),
    pruneEventBytes: (limit) =>
      counted('select fulfillment.prune_event_bytes($1, $2) as removed', [retention.rawEventDays, limit]),
    pruneDownloads: (limit) =>
      counted('select fulfillment.prune_downloads($1, $2) as removed', [retention.downloadDays, limit]),
    pruneSessions: (limit) =>
      counted('select fulfillment.prune_sessions($1, $2) as removed', [retention.sessionDays, limit]),
    pruneMailRequests: (limit) => counted('select fulfillment.prune_mail_requests($1) as removed', [limit]),
    pruneTimelineMonth: () =>
      counted('select fulfillment.prune_timeline($1) as removed', [retention.timelineDays]),
    pruneBulkRun: () => counted('select fulfillment.prune_bulk_run() as removed', []),
  };
}
