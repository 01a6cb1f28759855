import { type AuditProblem, inOrder, join } from './auditProblem.ts';
import type { ChainedAuditRow, ChainPoint, Sha256 } from './auditChain.ts';
import { auditHash, genesisHash, sameHash } from './auditChain.ts';

export interface AuditReport {
  ok: boolean;
  /** Rows that were looked at. */
  rows: number;
  /** The last row that was pruned under a checkpoint; 0 when none was. */
  prunedTo: number;
  /** The first problems found, at most `problemsMax`, joined to stretches; `problemCount` counts them row by row. */
  problems: AuditProblem[];
  problemCount: number;
  /** Anchors of rows that are pruned and have no checkpoint any more: nothing can be said of them. */
  anchorsUnchecked: number;
}

export interface AuditVerifierOptions {
  sha256: Sha256;
  /** All there are. The one just below the oldest row is what that row must follow from. */
  checkpoints: readonly ChainPoint[];
  /** Head hashes that were written down elsewhere. */
  anchors?: readonly ChainPoint[];
  problemsMax?: number;
}

export interface AuditVerifier {
  /** Takes the next row, by ascending number. */
  take(row: ChainedAuditRow): void;
  /** @param head what the database holds to be the last row; number 0 with the genesis hash when there is none */
  end(head: ChainPoint): AuditReport;
}

/** How many unfitting rows are looked into to tell where they come from, and how far off: each try is a hash. */
const movedMax = 64;
const nearMax = 64;

type KnownPoint = ChainPoint & { kind: 'checkpoint_differs' | 'anchor_differs' };

function bySeq(points: readonly KnownPoint[]): Map<number, KnownPoint[]> {
  const known = new Map<number, KnownPoint[]>();
  for (const point of points) {
    const same = known.get(point.seq);
    if (same) same.push(point);
    else known.set(point.seq, [point]);
  }
  return known;
}

/** Whether a row's hash is that of its text, under its own number or another. */
function fits({ entry, prevHash, hash }: ChainedAuditRow, seq: number, sha256: Sha256): boolean {
  try {
    return sameHash(auditHash(prevHash, { ...entry, seq }, sha256), hash);
  } catch (error) {
    // What has no canonical text was never hashed: it came into the row afterwards.
    if (error instanceof TypeError || error instanceof RangeError) return false;
    throw error;
  }
}

/** Reads a chain row by row, holding only what does not fit, and says what is wrong with it. */
export function createAuditVerifier(options: AuditVerifierOptions): AuditVerifier {
  const { sha256, problemsMax = 100 } = options;
  const points: KnownPoint[] = [
    ...options.checkpoints.map((point) => ({ ...point, kind: 'checkpoint_differs' as const })),
    ...(options.anchors ?? []).map((point) => ({ ...point, kind: 'anchor_differs' as const })),
  ];
  const known = bySeq(points);
  const problems: AuditProblem[] = [];
  let problemCount = 0;
  const unfitting: ChainedAuditRow[] = [];
  let lookedInto = 0;
  /** By how much the last moved row was moved: those after it often were by as much. */
  let shift = 0;
  let rows = 0;
  let prunedTo = 0;
  /** The last number seen; its hash is unknown after a gap. */
  let last: { seq: number; hash: Uint8Array | undefined } = { seq: 0, hash: genesisHash };

  const hasCheckpoint = (seq: number) => known.get(seq)?.some(({ kind }) => kind === 'checkpoint_differs');

  const report = (problem: AuditProblem) => {
    problemCount += 1;
    if (!join(problems.at(-1), problem) && problems.length < problemsMax) problems.push(problem);
  };

  /** Compares what others remember of a row with what is there. */
  const compare = ({ seq, hash }: ChainPoint) => {
    for (const point of known.get(seq) ?? []) {
      if (!sameHash(point.hash, hash)) report({ kind: point.kind, seq });
    }
  };

  /** Everything up to `seq` is gone. That is right where pruning ended under a checkpoint. */
  const skipTo = (seq: number) => {
    const checkpoint = rows === 0 ? options.checkpoints.find((point) => point.seq === seq) : undefined;
    if (checkpoint) {
      prunedTo = seq;
      // Of pruned rows the checkpoints are all that is left, and must still agree with what is kept outside.
      for (const point of options.checkpoints) if (point.seq <= seq) compare(point);
    } else report({ kind: 'missing', seq: last.seq + 1, toSeq: seq });
    last = { seq, hash: checkpoint?.hash };
  };

  /** The number an unfitting row had when others were put in or removed before it. */
  const numberNearby = (row: ChainedAuditRow): number | undefined => {
    const { seq } = row.entry;
    if (shift !== 0 && fits(row, seq - shift, sha256)) return seq - shift;
    if (lookedInto >= movedMax) return undefined;
    lookedInto += 1;
    for (let offset = 1; offset <= nearMax; offset += 1) {
      if (fits(row, seq - offset, sha256)) return seq - offset;
      if (fits(row, seq + offset, sha256)) return seq + offset;
    }
    return undefined;
  };

  const lookInto = (row: ChainedAuditRow) => {
    const { seq } = row.entry;
    const originalSeq = numberNearby(row);
    if (originalSeq !== undefined) {
      shift = seq - originalSeq;
      report({ kind: 'moved', seq, originalSeq });
    } else if (unfitting.length < movedMax) unfitting.push(row);
    else report({ kind: 'changed', seq });
  };

  /** Rows that changed places fit each other's numbers. */
  const tellMoved = () => {
    for (const row of unfitting) {
      const { seq } = row.entry;
      const original = unfitting.find((other) => other !== row && fits(row, other.entry.seq, sha256));
      report(original ? { kind: 'moved', seq, originalSeq: original.entry.seq } : { kind: 'changed', seq });
    }
  };

  return {
    take(row) {
      const { seq } = row.entry;
      if (seq <= last.seq) {
        report({ kind: 'repeated', seq });
        return;
      }
      if (seq > last.seq + 1) skipTo(seq - 1);
      rows += 1;
      if (last.hash && !sameHash(row.prevHash, last.hash)) report({ kind: 'broken_link', seq });
      if (!fits(row, seq, sha256)) lookInto(row);
      compare({ seq, hash: row.hash });
      last = { seq, hash: row.hash };
    },

    end(head) {
      tellMoved();
      if (last.seq < head.seq) skipTo(head.seq);
      if (last.seq > head.seq) report({ kind: 'beyond_head', seq: head.seq + 1, toSeq: last.seq });
      else if (last.hash && !sameHash(last.hash, head.hash)) report({ kind: 'head_differs', seq: head.seq });
      for (const point of points) {
        if (point.seq > Math.max(last.seq, head.seq)) report({ kind: point.kind, seq: point.seq });
      }
      const anchorsUnchecked = points.filter(
        ({ kind, seq }) => kind === 'anchor_differs' && seq < prunedTo && !hasCheckpoint(seq),
      ).length;
      return {
        ok: problemCount === 0,
        rows,
        prunedTo,
        problems: inOrder(problems),
        problemCount,
        anchorsUnchecked,
      };
    },
  };
}
