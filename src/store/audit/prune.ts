import type pg from 'pg';
import { type AuditAuthor, type AuditPruning, pruneAction } from '../../ports/audit.ts';
import { inTransaction, queryIn } from '../transaction.ts';
import { appendEntry } from './appendEntry.ts';

/**
 * Removes what may go, and writes down in the chain how far, in one transaction: rows that are gone with no row to tell
 * of it were removed by hand.
 */
export function prune(pool: pg.Pool, by: AuditAuthor, keepDays: number): Promise<AuditPruning> {
  return inTransaction(pool, async (tx) => {
    const [removed] = await queryIn<{ rows: bigint }>(tx, 'select fulfillment.prune_audit($1) as rows', [
      keepDays,
    ]);
    const rows = Number(removed?.rows ?? 0);
    if (rows === 0) return { rows, toSeq: null };
    // Locked in a statement of its own: what others append until then must be seen by the next one.
    const [head] = await queryIn<{ seq: bigint }>(tx, 'select seq from fulfillment.lock_audit_head()');
    const [kept] = await queryIn<{ seq: bigint | null }>(
      tx,
      'select min(seq) as seq from fulfillment.ops_audit',
    );
    const toSeq = kept?.seq ? Number(kept.seq) - 1 : Number(head?.seq);
    await appendEntry(tx, {
      ...by,
      action: pruneAction,
      target: null,
      result: 'done',
      bulkRunId: null,
      before: null,
      after: null,
      details: { rows, toSeq },
    });
    return { rows, toSeq };
  });
}
