import { createHash } from 'node:crypto';
import type { AuditEntry, ChainedAuditRow } from '../../domain/auditChain.ts';
import { genesisHash } from '../../domain/auditChain.ts';
import { createAuditVerifier } from '../../domain/auditVerification.ts';
import type { AuditChain, AuditLog } from '../../ports/audit.ts';
import { anchorFindings, type GivenAnchor, standingOf } from './anchorFindings.ts';
import { type AuditFinding, chainFindings } from './findings.ts';
import { pruningFindings, type ToldPruning, toldPruning } from './pruningFindings.ts';
import { verdictSummary } from './verdictSummary.ts';

export interface VerifyAuditOptions {
  log: Pick<AuditLog, 'readChain'>;
  /**
   * Head hashes that were kept outside of the database. Only they show a tail that was cut off, or a log that was
   * rewritten as a whole, by somebody who may do everything there.
   */
  anchors?: readonly GivenAnchor[];
  /** Called about every thousand rows, with how many rows there are. */
  onProgress?: (rows: number, rowsInAll: number) => void;
  signal?: AbortSignal;
}

export interface AuditVerdict {
  ok: boolean;
  /** All in a few sentences. */
  summary: string;
  rows: number;
  /** The rows that were looked at; null when there are none. */
  verified: { fromSeq: number; toSeq: number; from: Date; to: Date } | null;
  /** The last row that was pruned; 0 when none was. */
  prunedTo: number;
  /** `unchecked`: of pruned rows without a checkpoint, and of rows that are missing anyway. */
  anchors: { agreeing: number; differing: number; unchecked: number };
  /** By row; of very many, the first. */
  findings: AuditFinding[];
  /** Problems row by row, of which findings are made: more than there are findings. */
  problems: number;
}

/** The most stretches of problems that are kept in memory. */
const problemsMax = 1_000;

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/**
 * Reads the whole log, a batch at a time, and says what was done to it since it was written.
 *
 * @throws what the store throws; the signal's reason when it is aborted
 */
export function verifyAudit(options: VerifyAuditOptions): Promise<AuditVerdict> {
  return options.log.readChain((chain) => verifyChain(chain, options));
}

/** The same of a chain that is being read. */
export async function verifyChain(
  chain: AuditChain,
  options: Omit<VerifyAuditOptions, 'log'>,
): Promise<AuditVerdict> {
  const { anchors = [], onProgress, signal } = options;
  const verifier = createAuditVerifier({ sha256, checkpoints: chain.checkpoints, anchors, problemsMax });
  const seen = createSightings(anchors);
  let rows = 0;
  for await (const batch of chain.batches) {
    signal?.throwIfAborted();
    for (const row of batch) {
      verifier.take(row);
      seen.take(row);
    }
    rows += batch.length;
    onProgress?.(rows, Math.max(rows, (chain.head?.seq ?? 0) + 1 - (seen.first?.seq ?? 0)));
  }

  const { first, last } = seen;
  const lastSeq = last?.seq ?? 0;
  const report = verifier.end(chain.head ?? { seq: lastSeq, hash: seen.lastHash });
  const { prunedTo } = report;
  const end = Math.max(lastSeq, prunedTo);
  const standing = standingOf(anchors, { chain, prunedTo, end, hashes: seen.hashes });
  const headSeq = chain.head?.seq ?? null;
  const toldPrunedTo = seen.pruning?.toSeq ?? 0;
  const findings = cutOnce([
    ...chainFindings({ problems: report.problems, lastSeq: end, headSeq, prunedTo, toldPrunedTo }),
    ...anchorFindings({ ...standing, lastSeq: end, prunedTo }),
    ...pruningFindings({
      problems: report.problems,
      told: seen.pruning,
      prunedTo,
      firstSeq: first?.seq ?? end + 1,
      anchors,
    }),
  ]).toSorted((one, other) => one.seq - other.seq);

  const { agreeing, differing, beyond, unchecked } = standing;
  const verdict = {
    ok: findings.length === 0 && report.ok,
    rows,
    verified: first && last ? { fromSeq: first.seq, toSeq: last.seq, from: first.at, to: last.at } : null,
    prunedTo,
    anchors: {
      agreeing: agreeing.length,
      differing: differing.length + beyond.length,
      unchecked: unchecked.length,
    },
    findings,
    problems: report.problemCount,
  };
  return { ...verdict, summary: verdictSummary(verdict) };
}

/** However many checkpoints and anchors show that the tail was cut off, it was cut off once. */
function cutOnce(findings: AuditFinding[]): AuditFinding[] {
  const cuts = findings.filter(({ kind }) => kind === 'cut_off');
  const longest = cuts.toSorted((one, other) => one.toSeq - other.toSeq).at(-1);
  return findings.filter((finding) => finding.kind !== 'cut_off' || finding === longest);
}

/** What must be remembered of rows that have gone by. */
function createSightings(anchors: readonly GivenAnchor[]) {
  const wanted = new Set(anchors.map(({ seq }) => seq));
  const sightings = {
    first: undefined as AuditEntry | undefined,
    last: undefined as AuditEntry | undefined,
    lastHash: genesisHash,
    hashes: new Map<number, Uint8Array>(),
    pruning: undefined as ToldPruning | undefined,
    take({ entry, hash }: ChainedAuditRow) {
      // Numbers begin with 1: one below was put in, and is not where the log begins.
      if (entry.seq > 0) sightings.first ??= entry;
      sightings.last = entry;
      sightings.lastHash = hash;
      if (wanted.has(entry.seq)) sightings.hashes.set(entry.seq, hash);
      sightings.pruning = toldPruning(entry) ?? sightings.pruning;
    },
  };
  return sightings;
}
