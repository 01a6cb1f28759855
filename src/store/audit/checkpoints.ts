import type { ChainPoint } from '../../domain/auditChain.ts';
import type { AuditCheckpoint } from '../../ports/audit.ts';
import { ask, type Database } from '../shelf/ask.ts';

/** Asked first whether it is there: the trigger refuses one of a pruned row before a conflict could be seen. */
export async function addCheckpoint(
  database: Database,
  { seq, hash }: ChainPoint,
  anchoredTo: string | null,
): Promise<void> {
  await ask(
    database,
    `insert into fulfillment.ops_audit_checkpoints (seq, hash, anchored_to)
     select $1::bigint, $2::bytea, $3::text
      where not exists (select from fulfillment.ops_audit_checkpoints c where c.seq = $1 and c.hash = $2)
     on conflict (seq) do nothing`,
    [seq, hash, anchoredTo],
  );
}

export async function listCheckpoints(database: Database): Promise<AuditCheckpoint[]> {
  const rows = await ask<{ seq: bigint; hash: Buffer; created_at: Date; anchored_to: string | null }>(
    database,
    'select seq, hash, created_at, anchored_to from fulfillment.ops_audit_checkpoints order by seq',
    [],
  );
  return rows.map((row) => ({
    seq: Number(row.seq),
    hash: row.hash,
    createdAt: row.created_at,
    anchoredTo: row.anchored_to,
  }));
}
