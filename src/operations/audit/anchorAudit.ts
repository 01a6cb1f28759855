import { sameHash } from '../../domain/auditChain.ts';
import type { AuditAnchor, AuditAnchorPoint, AuditLog } from '../../ports/audit.ts';

export interface AnchorAuditOptions {
  log: Pick<AuditLog, 'readHead' | 'readHash' | 'addCheckpoint'>;
  anchor: AuditAnchor;
}

export type AnchorOutcome =
  | ({ outcome: 'anchored'; anchoredTo: string } & AuditAnchorPoint)
  /** There is no row yet. */
  | { outcome: 'nothing' }
  /** The log is not the one that was anchored before: somebody must look, and nothing was written down. */
  | { outcome: 'refused'; why: 'cut_off' | 'rewritten' | 'head_differs'; sentence: string };

/**
 * Writes the head's hash down outside of the database, and closes the chain up to it with a checkpoint that says where.
 * The anchor comes first: checkpoints are never changed, and one that says it is anchored is. A run that is cut short
 * between the two is mended by the next.
 */
export async function anchorAudit({ log, anchor }: AnchorAuditOptions): Promise<AnchorOutcome> {
  // Before the head, which only grows: so an anchor of another process that comes in between is not taken for more.
  const previous = await anchor.latest();
  const head = await log.readHead();
  if (!head) return headDiffers;
  if (head.seq === 0 && !previous) return { outcome: 'nothing' };
  if (previous && previous.seq > head.seq) return cutOff(previous, head.seq);
  if (previous) {
    const hash = await log.readHash(previous.seq);
    // Of a row pruned without a checkpoint nothing can be said.
    if (hash && !sameHash(hash, previous.hash)) return rewritten(previous);
  }
  const last = await log.readHash(head.seq);
  if (!last || !sameHash(last, head.hash)) return headDiffers;

  const { seq, hash, at } = head;
  const anchoredTo = await anchor.put({ seq, hash, at });
  await log.addCheckpoint({ seq, hash }, anchoredTo);
  return { outcome: 'anchored', anchoredTo, seq, hash, at };
}

const cutOff = ({ seq, at }: AuditAnchorPoint, headSeq: number): AnchorOutcome => ({
  outcome: 'refused',
  why: 'cut_off',
  sentence: `The audit log ends with row ${headSeq}, but row ${seq} of ${at.toISOString()} was anchored: rows were cut off, or an older state of the database was restored.`,
});

const rewritten = ({ seq, at }: AuditAnchorPoint): AnchorOutcome => ({
  outcome: 'refused',
  why: 'rewritten',
  sentence: `Row ${seq} of the audit log is not the one of ${at.toISOString()} that was anchored: the log was rewritten.`,
});

const headDiffers: AnchorOutcome = {
  outcome: 'refused',
  why: 'head_differs',
  sentence: 'The head of the audit log does not name its last row: the log was tampered with.',
};
