import type { AuditProblem } from '../../domain/auditProblem.ts';
import type { AuditEntry } from '../../domain/auditChain.ts';
import { pruneAction } from '../../ports/audit.ts';
import type { GivenAnchor } from './anchorFindings.ts';
import type { AuditFinding } from './findings.ts';
import { rowsWere } from './stretches.ts';

/** How far the log itself says that it was pruned. */
export interface ToldPruning {
  toSeq: number;
  at: Date;
}

/** What a row tells of pruning, if it does. */
export function toldPruning({ action, result, details, at }: AuditEntry): ToldPruning | undefined {
  if (action !== pruneAction || result !== 'done') return undefined;
  const toSeq = (details as { toSeq?: unknown } | null)?.toSeq;
  return typeof toSeq === 'number' ? { toSeq, at } : undefined;
}

/** Rows may be pruned when they are a year old. A leap day less, and nobody is accused wrongly. */
const keptForMs = 364 * 86_400_000;

interface PruningSeen {
  problems: readonly AuditProblem[];
  told: ToldPruning | undefined;
  prunedTo: number;
  /** The first row there is. */
  firstSeq: number;
  anchors: readonly GivenAnchor[];
}

/**
 * Pruning leaves a row in the chain, which stays until the next pruning leaves its own. So rows that are gone under a
 * checkpoint with no row to tell of it were removed by hand.
 */
export function pruningFindings({
  problems,
  told,
  prunedTo,
  firstSeq,
  anchors,
}: PruningSeen): AuditFinding[] {
  const toldTo = told?.toSeq ?? 0;
  if (prunedTo > toldTo) {
    // The row that told of it may be among those that were removed or changed, which is told already.
    if (problems.some(({ kind }) => kind === 'missing' || kind === 'changed')) return [];
    const gone = { seq: toldTo + 1, toSeq: prunedTo };
    const sentence = `${rowsWere(gone)} removed up to a checkpoint, and no row of the log tells that they were pruned. Or that row was removed from the end of the log.`;
    return [{ kind: 'removed', ...gone, sentence }];
  }
  if (toldTo >= firstSeq) {
    const back = { seq: firstSeq, toSeq: toldTo };
    const sentence = `${rowsWere(back)} put in at the beginning: the log tells that everything up to row ${toldTo} was pruned.`;
    return [{ kind: 'inserted', ...back, sentence }];
  }
  const tooYoung = anchors.find(
    ({ seq, at }) => told && at && seq <= prunedTo && at.getTime() > told.at.getTime() - keptForMs,
  );
  if (!tooYoung) return [];
  const { seq } = tooYoung;
  const sentence = `Row ${seq} was pruned before it was a year old: an anchor outside tells when it was written.`;
  return [{ kind: 'removed', seq, toSeq: seq, sentence }];
}
