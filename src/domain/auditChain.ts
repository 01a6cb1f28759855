import { canonicalJson, type PlainJson } from './canonicalJson.ts';

export const auditChannels = ['api', 'cli', 'console', 'system'] as const;
export type AuditChannel = (typeof auditChannels)[number];

/** `refused`: not permitted, or not possible in that state. `failed`: permitted, begun, and not done. */
export const auditResults = ['done', 'refused', 'failed'] as const;
export type AuditResult = (typeof auditResults)[number];

/** What one row says. Ids, codes and references only; never a buyer's data. */
export interface AuditEntry {
  /** 1, 2, 3 … without a gap. */
  seq: number;
  /** The database's clock, in whole milliseconds. */
  at: Date;
  /** Who: the identity provider's subject, or the name of a part of the product. */
  actor: string;
  /** The roles they had at that moment. */
  roles: readonly string[];
  channel: AuditChannel;
  /** What was asked: the permission's name, for example `job:retry`. */
  action: string;
  targetKind: string | null;
  targetId: string | null;
  result: AuditResult;
  /** Why, in the actor's words. */
  reason: string | null;
  requestId: string | null;
  bulkRunId: string | null;
  traceId: string | null;
  before: PlainJson;
  after: PlainJson;
  details: PlainJson;
}

export interface ChainedAuditRow {
  entry: AuditEntry;
  prevHash: Uint8Array;
  hash: Uint8Array;
}

/** The hash of the chain up to and including row `seq`: the head, a checkpoint, or an anchor kept elsewhere. */
export interface ChainPoint {
  seq: number;
  hash: Uint8Array;
}

export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** What stands before the first row. */
export const genesisHash: Uint8Array = new Uint8Array(32);

/** The text of a row that its hash is made of. */
export function canonicalAuditText(entry: AuditEntry): string {
  const { at, roles, ...rest } = entry;
  return canonicalJson({ v: 1, ...rest, at: at.toISOString(), roles: [...roles] });
}

/** The hash of a row: over the hash before it and its own text. */
export function auditHash(prevHash: Uint8Array, entry: AuditEntry, sha256: Sha256): Uint8Array {
  const text = new TextEncoder().encode(canonicalAuditText(entry));
  const bytes = new Uint8Array(prevHash.length + text.length);
  bytes.set(prevHash);
  bytes.set(text, prevHash.length);
  return sha256(bytes);
}

/** The next row of a chain. `entry` brings everything but its number. */
export function chainAuditEntry(
  head: ChainPoint,
  entry: Omit<AuditEntry, 'seq'>,
  sha256: Sha256,
): ChainedAuditRow {
  const numbered = { ...entry, seq: head.seq + 1 };
  return { entry: numbered, prevHash: head.hash, hash: auditHash(head.hash, numbered, sha256) };
}

export function sameHash(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
