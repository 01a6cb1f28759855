import type { AuditHead } from '../../ports/audit.ts';
import { ask, type Database } from '../shelf/ask.ts';

/** The last row, as the log itself remembers it. */
export async function readHead(database: Database): Promise<AuditHead | null> {
  const [head] = await ask<{ seq: bigint; hash: Buffer; at: Date }>(
    database,
    'select seq, hash, at from fulfillment.ops_audit_head',
    [],
  );
  return head ? { seq: Number(head.seq), hash: head.hash, at: head.at } : null;
}
