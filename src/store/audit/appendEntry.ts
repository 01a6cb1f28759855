import { createHash } from 'node:crypto';
import { type AuditEntry, chainAuditEntry, type ChainPoint } from '../../domain/auditChain.ts';
import { canonicalJson, type PlainJson } from '../../domain/canonicalJson.ts';
import type { NewAuditEntry } from '../../ports/audit.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Ids as Postgres gives them back: the hash is made of their text. */
export function canonicalUuid(text: string): string {
  const canonical = text.toLowerCase();
  if (!uuid.test(canonical)) throw new RangeError('The id of a bulk run must be a UUID.');
  return canonical;
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const json = (value: PlainJson) => (value === null ? null : canonicalJson(value));

/** Field by field: what else a caller's object carries must not get into the hash, since it does not get into the row. */
function unchained(given: NewAuditEntry, at: Date): Omit<AuditEntry, 'seq'> {
  return {
    at,
    actor: given.actor,
    roles: given.roles,
    channel: given.channel,
    action: given.action,
    targetKind: given.target?.kind ?? null,
    targetId: given.target?.id ?? null,
    result: given.result,
    reason: given.reason ?? null,
    requestId: given.requestId ?? null,
    bulkRunId: given.bulkRunId ? canonicalUuid(given.bulkRunId) : null,
    traceId: given.traceId ?? null,
    before: given.before ?? null,
    after: given.after ?? null,
    details: given.details ?? null,
  };
}

/** Locks the head, chains the entry to it and writes it. The head follows by a trigger. */
export async function appendEntry(tx: Transaction, given: NewAuditEntry): Promise<ChainPoint> {
  const [head] = await queryIn<{ seq: bigint; hash: Buffer; at: Date }>(
    tx,
    'select seq, hash, at from fulfillment.lock_audit_head()',
  );
  if (!head) throw new Error('The audit has no head: nothing can be done that must be audited.');
  const last = { seq: Number(head.seq), hash: head.hash };
  const { entry, prevHash, hash } = chainAuditEntry(last, unchained(given, head.at), sha256);
  await queryIn(
    tx,
    `insert into fulfillment.ops_audit (seq, at, actor, roles, channel, action, target_kind, target_id, result, reason,
       request_id, bulk_run_id, trace_id, before, after, details, prev_hash, hash)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
    [
      entry.seq,
      entry.at,
      entry.actor,
      entry.roles,
      entry.channel,
      entry.action,
      entry.targetKind,
      entry.targetId,
      entry.result,
      entry.reason,
      entry.requestId,
      entry.bulkRunId,
      entry.traceId,
      json(entry.before),
      json(entry.after),
      json(entry.details),
      prevHash,
      hash,
    ],
  );
  return { seq: entry.seq, hash };
}
