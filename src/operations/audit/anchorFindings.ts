import { type ChainPoint, sameHash } from '../../domain/auditChain.ts';
import type { AuditChain } from '../../ports/audit.ts';
import type { AuditFinding } from './findings.ts';
import { rowsWere } from './stretches.ts';

/** A head hash that was written down outside; the time of its row where it is known. */
export type GivenAnchor = ChainPoint & { at?: Date };

export interface AnchorsSeen {
  agreeing: GivenAnchor[];
  /** Of rows that are there and are others. */
  differing: GivenAnchor[];
  /** Of rows after the end. */
  beyond: GivenAnchor[];
  lastSeq: number;
  prunedTo: number;
}

const bySeq = (anchors: readonly GivenAnchor[]) => anchors.toSorted((one, other) => one.seq - other.seq);
const timeOf = ({ at }: GivenAnchor) => (at ? ` of ${at.toISOString()}` : '');

/** What only anchors can tell: a log that is whole in itself, and is not the one that was. */
export function anchorFindings(anchors: AnchorsSeen): AuditFinding[] {
  const { agreeing, differing, beyond, lastSeq, prunedTo } = anchors;
  const findings = differing.filter(({ seq }) => seq <= prunedTo).map(checkpointDiffers);
  const [firstDiffering] = bySeq(differing.filter(({ seq }) => seq > prunedTo));
  if (firstDiffering) {
    const { seq } = firstDiffering;
    const before = bySeq(agreeing).findLast((anchor) => anchor.seq < seq);
    const since = before
      ? `Up to row ${before.seq} it is the one that was anchored.`
      : 'No earlier anchor agrees, so it may have been written anew from its beginning.';
    const sentence = `The log was rewritten: row ${seq}${timeOf(firstDiffering)} is not the one that was anchored outside. ${since}`;
    findings.push({ kind: 'rewritten', seq: (before?.seq ?? 0) + 1, toSeq: lastSeq, sentence });
  }
  const lastBeyond = bySeq(beyond).at(-1);
  if (lastBeyond) {
    const cut = { seq: lastSeq + 1, toSeq: lastBeyond.seq };
    const sentence = `${rowsWere(cut)} cut off from the end: row ${lastBeyond.seq}${timeOf(lastBeyond)} was anchored outside, and the log ends with row ${lastSeq}. Or an older state of the database was restored.`;
    findings.push({ kind: 'cut_off', ...cut, sentence });
  }
  return findings;
}

function checkpointDiffers(anchor: GivenAnchor): AuditFinding {
  const { seq } = anchor;
  const sentence = `The checkpoint of row ${seq}${timeOf(anchor)}, which is pruned, is not the one that was anchored outside.`;
  return { kind: 'checkpoint_differs', seq, toSeq: seq, sentence };
}

interface Compared {
  chain: Pick<AuditChain, 'checkpoints' | 'head'>;
  prunedTo: number;
  /** The last row there is or was pruned. */
  end: number;
  /** Of the rows that were anchored, as they are now. */
  hashes: ReadonlyMap<number, Uint8Array>;
}

/** Where each anchor stands to the rows. */
export function standingOf(anchors: readonly GivenAnchor[], { chain, prunedTo, end, hashes }: Compared) {
  const standing = {
    agreeing: [] as GivenAnchor[],
    differing: [] as GivenAnchor[],
    beyond: [] as GivenAnchor[],
    unchecked: [] as GivenAnchor[],
  };
  // Only of pruned rows may a checkpoint stand for the row itself.
  const pruned = new Map(chain.checkpoints.map(({ seq, hash }) => [seq, hash]));
  for (const anchor of anchors) {
    const hash = hashes.get(anchor.seq) ?? (anchor.seq <= prunedTo ? pruned.get(anchor.seq) : undefined);
    if (hash) standing[sameHash(hash, anchor.hash) ? 'agreeing' : 'differing'].push(anchor);
    else if (anchor.seq > Math.max(end, chain.head?.seq ?? 0)) standing.beyond.push(anchor);
    else standing.unchecked.push(anchor);
  }
  return standing;
}
