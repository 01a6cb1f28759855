import { createHash } from 'node:crypto';
import type pg from 'pg';
import {
  type AuditEntry,
  chainAuditEntry,
  type ChainPoint,
  genesisHash,
} from '../../../src/domain/auditChain.ts';
import type { AuditLog, NewAuditEntry } from '../../../src/ports/audit.ts';
import { createAuditLog } from '../../../src/store/audit/auditLog.ts';
import { openTestPools } from '../../builders/testPools.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

export function newEntry(fields: Partial<NewAuditEntry> = {}): NewAuditEntry {
  return {
    actor: 'auth0|anna',
    roles: ['ops_editor', 'ops_finance'],
    channel: 'cli',
    action: 'job:retry',
    target: { kind: 'job', id: 'job-1' },
    result: 'done',
    reason: 'buyer called',
    requestId: null,
    bulkRunId: null,
    traceId: null,
    before: { state: 'failed', version: 3 },
    after: { state: 'open', version: 4 },
    details: null,
    ...fields,
  };
}

export type Unnumbered = Omit<AuditEntry, 'seq'>;

export function unnumbered(fields: Partial<Unnumbered> = {}): Unnumbered {
  const { target, ...entry } = newEntry();
  return { ...entry, targetKind: target!.kind, targetId: target!.id, at: new Date('2026-11-22'), ...fields };
}

export const hex = (bytes: Uint8Array) => `\\x${Buffer.from(bytes).toString('hex')}`;

const tables = ['ops_audit', 'ops_audit_checkpoints'];

/** A database with an audit log, and a superuser who can do anything to it. */
export async function openAuditedDatabase() {
  const pools = await openTestPools();
  const operations = pools.poolAs('fulfillment_operations', 8);
  const log = createAuditLog(operations);

  /** What somebody with all rights could do. */
  async function force(sql: string, values: unknown[] = []): Promise<void> {
    const client = await pools.admin.connect();
    try {
      await client.query('set session_replication_role = replica');
      await client.query(sql, values);
    } finally {
      client.release(true);
    }
  }

  /** Rows that follow from one, numbered anew and put in by force, whatever times they have. */
  async function insertChained(
    start: ChainPoint,
    entries: Iterable<Unnumbered>,
  ): Promise<ChainPoint & { at: Date | null }> {
    let head: ChainPoint & { at: Date | null } = { ...start, at: null };
    let batch: object[] = [];
    const write = async () => {
      await force(insertRows, [JSON.stringify(batch)]);
      batch = [];
    };
    for (const unnumbered of entries) {
      const { entry, prevHash, hash } = chainAuditEntry(head, unnumbered, sha256);
      batch.push({ ...entry, prevHash: hex(prevHash), hash: hex(hash) });
      head = { seq: entry.seq, hash, at: entry.at };
      if (batch.length === 5_000) await write();
    }
    await write();
    return head;
  }

  async function writeFrom(start: ChainPoint, entries: Iterable<Unnumbered>): Promise<void> {
    const { seq, hash, at } = await insertChained(start, entries);
    const set = 'update fulfillment.ops_audit_head set seq = $1, hash = $2, at = coalesce($3, at)';
    await force(set, [seq, hash, at]);
  }

  return {
    pools,
    operations,
    log,
    force,
    /** A chain from its beginning. */
    writeChain: (entries: Iterable<Unnumbered>) => writeFrom({ seq: 0, hash: genesisHash }, entries),

    /** One row with a hash that fits, and nothing else changed. */
    insertAfter: (row: ChainPoint, entry: Unnumbered) => insertChained(row, [entry]),

    async empty(): Promise<void> {
      for (const table of tables) await force(`delete from fulfillment.${table}`);
      await force(
        `insert into fulfillment.ops_audit_head (seq, hash, at) values (0, $1, '2000-01-01Z')
         on conflict (singleton) do update set seq = excluded.seq, hash = excluded.hash, at = excluded.at`,
        [genesisHash],
      );
    },

    /** Everything from a row on is written anew with hashes that fit, head and checkpoints too. */
    async rewriteFrom(seq: number, change: (entry: Unnumbered) => Unnumbered): Promise<void> {
      const entries = await readEntries(log);
      const before = await log.readHash(seq - 1);
      await force('delete from fulfillment.ops_audit where seq >= $1', [seq]);
      await writeFrom(
        { seq: seq - 1, hash: before ?? genesisHash },
        entries.filter((entry) => entry.seq >= seq).map(change),
      );
      await force(`update fulfillment.ops_audit_checkpoints c set hash = a.hash
        from fulfillment.ops_audit a where a.seq = c.seq and a.seq >= ${seq}`);
    },

    stop: () => pools.stop(),
  };
}

export type AuditedDatabase = Awaited<ReturnType<typeof openAuditedDatabase>>;

export function readEntries(log: AuditLog): Promise<AuditEntry[]> {
  return log.readChain(async ({ batches }) => {
    const entries: AuditEntry[] = [];
    for await (const batch of batches) entries.push(...batch.map(({ entry }) => entry));
    return entries;
  });
}

/** A transaction of an operation, on a connection of its own. */
export async function inTransactionOf(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<void>,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await work(client);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

const insertRows = `insert into fulfillment.ops_audit (seq, at, actor, roles, channel, action, target_kind, target_id,
    result, reason, request_id, bulk_run_id, trace_id, before, after, details, prev_hash, hash)
  select seq, at, actor, roles, channel, action, "targetKind", "targetId", result, reason, "requestId", "bulkRunId",
         "traceId", nullif(before, 'null'), nullif(after, 'null'), nullif(details, 'null'), "prevHash", hash
    from jsonb_to_recordset($1::jsonb) x (seq bigint, at timestamptz, actor text, roles text[], channel text, action text,
         "targetKind" text, "targetId" text, result text, reason text, "requestId" text, "bulkRunId" uuid,
         "traceId" text, before jsonb, after jsonb, details jsonb, "prevHash" bytea, hash bytea)`;
