import { ask, type Database } from '../shelf/ask.ts';

/** The hash of a row; of a pruned one, as its checkpoint has it. */
export async function readHash(database: Database, seq: number): Promise<Uint8Array | null> {
  const [found] = await ask<{ hash: Buffer | null }>(
    database,
    `select coalesce((select a.hash from fulfillment.ops_audit a where a.seq = $1),
                     (select c.hash from fulfillment.ops_audit_checkpoints c where c.seq = $1)) as hash`,
    [seq],
  );
  return found?.hash ?? null;
}
