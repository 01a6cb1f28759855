import type { AuditEntry, ChainedAuditRow } from '../../domain/auditChain.ts';
import type { PlainJson } from '../../domain/canonicalJson.ts';
import type { AuditRow } from '../../ports/audit.ts';

/** JSON is read as text: the driver would round what is too fine or too large for a number, and hide the change. */
export const auditColumns = `a.seq, a.at, coalesce(extract(microseconds from a.at)::bigint % 1000 = 0, false) as at_is_whole,
  a.actor, a.roles, a.channel, a.action, a.target_kind, a.target_id, a.result, a.reason, a.request_id, a.bulk_run_id,
  a.trace_id, a.before::text, a.after::text, a.details::text, a.prev_hash, a.hash`;

export interface StoredAuditRow {
  seq: bigint;
  /** A number where somebody has written `infinity`. */
  at: Date | number;
  at_is_whole: boolean;
  actor: string;
  roles: string[];
  channel: AuditEntry['channel'];
  action: string;
  target_kind: string | null;
  target_id: string | null;
  result: AuditEntry['result'];
  reason: string | null;
  request_id: string | null;
  bulk_run_id: string | null;
  trace_id: string | null;
  before: string | null;
  after: string | null;
  details: string | null;
  prev_hash: Buffer;
  hash: Buffer;
}

const noTime = () => new Date(Number.NaN);
const json = (text: string | null) => (text === null ? null : (JSON.parse(text) as PlainJson));

function toEntry(row: StoredAuditRow): AuditEntry {
  return {
    seq: Number(row.seq),
    at: row.at instanceof Date ? row.at : noTime(),
    actor: row.actor,
    roles: row.roles,
    channel: row.channel,
    action: row.action,
    targetKind: row.target_kind,
    targetId: row.target_id,
    result: row.result,
    reason: row.reason,
    requestId: row.request_id,
    bulkRunId: row.bulk_run_id,
    traceId: row.trace_id,
    before: json(row.before),
    after: json(row.after),
    details: json(row.details),
  };
}

const jsonStrings = /"(?:[^"\\]|\\.)*"/g;
const fraction = /\d[.eE]/;
const holdsFraction = (text: string | null) => text !== null && fraction.test(text.replace(jsonStrings, ''));

/** A row for verification. */
export function toChainedRow(row: StoredAuditRow): ChainedAuditRow {
  const entry = toEntry(row);
  const asWritten = row.at_is_whole && ![row.before, row.after, row.details].some(holdsFraction);
  return {
    entry: asWritten ? entry : { ...entry, at: noTime() },
    prevHash: row.prev_hash,
    hash: row.hash,
  };
}

/** A row for people. */
export function toAuditRow(row: StoredAuditRow): AuditRow {
  const { targetKind, targetId, ...entry } = toEntry(row);
  return {
    ...entry,
    target: targetKind === null || targetId === null ? null : { kind: targetKind, id: targetId },
    prevHash: row.prev_hash.toString('hex'),
    hash: row.hash.toString('hex'),
  };
}
