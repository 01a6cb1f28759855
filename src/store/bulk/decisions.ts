import type { BulkDecisions, BulkRequestId, BulkStart } from '../../ports/bulk.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';
import { noteAnswered } from './noteItem.ts';
import { runColumns, runOf } from './runRow.ts';

/** What people decide about runs, over a connection of `fulfillment_operations`. */
export const bulkDecisions: BulkDecisions = {
  async lock(tx, runId) {
    const [row] = await queryIn(
      tx,
      `select ${runColumns} from fulfillment.ops_bulk_runs r where r.id = $1 for no key update`,
      [runId],
    );
    return row && runOf(row);
  },

  async approve(tx, runId, { subject, expiresInMs }) {
    const [row] = await queryIn<{ version: number; expiresAt: Date }>(
      tx,
      `update fulfillment.ops_bulk_runs
          set approved_by = $2, approved_at = clock_timestamp(), version = version + 1,
              expires_at = clock_timestamp() + $3 * interval '1 millisecond'
        where id = $1
      returning version, expires_at as "expiresAt"`,
      [runId, subject, expiresInMs],
    );
    return moved(row);
  },

  async start(tx, runId, { subject, roles, channel, reason, ratePerSecond }: BulkStart) {
    const [row] = await queryIn<{ version: number }>(
      tx,
      `update fulfillment.ops_bulk_runs
          set state = 'running', version = version + 1, started_by = $2, started_at = clock_timestamp(),
              started_roles = $3, started_channel = $4, reason = $5, rate_per_second = $6
        where id = $1
      returning version`,
      [runId, subject, roles, channel, reason, ratePerSecond],
    );
    return moved(row).version;
  },

  // Given back at once, so that whoever resumes it does not wait for a lease to end. An item that is under way is noted
  // all the same.
  pause: (tx, runId) =>
    move(tx, runId, `state = 'paused', paused_because = 'staff', worker = null, lease_until = null`),

  resume: (tx, runId) => move(tx, runId, `state = 'running', paused_because = null`),

  async abort(tx: Transaction, runId: string, requestIdOf: BulkRequestId) {
    const [run] = await queryIn<{ startedBy: string | null; action: string }>(
      tx,
      'select r.started_by as "startedBy", r.action from fulfillment.ops_bulk_runs r where r.id = $1 for no key update',
      [runId],
    );
    if (run && run.startedBy !== null)
      await noteAnswered(tx, { runId, startedBy: run.startedBy, action: run.action }, requestIdOf);
    const leftOut = await queryIn(
      tx,
      `update fulfillment.ops_bulk_items i set state = 'left_out', outcome = 'aborted'
        where i.run_id = $1 and i.state = 'waiting' returning i.ordinal`,
      [runId],
    );
    const version = await move(
      tx,
      runId,
      `state = 'aborted', paused_because = null, finished_at = clock_timestamp(), worker = null, lease_until = null`,
    );
    return { version, leftOut: leftOut.length };
  },
};

async function move(tx: Transaction, runId: string, change: string): Promise<number> {
  const [row] = await queryIn<{ version: number }>(
    tx,
    `update fulfillment.ops_bulk_runs set version = version + 1, ${change} where id = $1 returning version`,
    [runId],
  );
  return moved(row).version;
}

function moved<Row>(row: Row | undefined): Row {
  if (row) return row;
  throw new Error('The run has gone under its lock.');
}
