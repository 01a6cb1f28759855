import type { ChainedAuditRow, ChainPoint, Sha256 } from './auditChain.ts';
import { auditHash, genesisHash, sameHash } from './auditChain.ts';

export interface AuditProblem {
  kind:
    /** The row does not say what was hashed. */
    | 'changed'
    /** The row is whole, but was written as row `originalSeq`. */
    | 'moved'
    /** Rows `seq` to `toSeq` are gone. */
    | 'missing'
    /** The row's number had been used already. */
    | 'repeated'
    /** The row does not follow from the one before: that one was rewritten, or this one put in. */
    | 'broken_link'
    /** Rows from `seq` on are not known to the head. */
    | 'beyond_head'
    | 'head_differs'
    | 'checkpoint_differs'
    /** What was kept outside says otherwise: rows, checkpoints and head may all have been rewritten together. */
    | 'anchor_differs';
  seq: number;
  toSeq?: number;
  originalSeq?: number;
}

export interface AuditReport {
  ok: boolean;
  /** Rows that were looked at. */
  rows: number;
  /** The last row that was pruned under a checkpoint; 0 when none was. */
  prunedTo: number;
  /** The first problems found, at most `problemsMax`; `problemCount` counts them all. */
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

/** How many unfitting rows are compared with each other's numbers to tell which were moved. */
const movedMax = 64;

/** Reads a chain row by row, holding only what does not fit, and says what is wrong with it. */
export function createAuditVerifier(options: AuditVerifierOptions): AuditVerifier {
  const { sha256, problemsMax = 100 } = options;
  const points = [
    ...options.checkpoints.map((point) => ({ ...point, kind: 'checkpoint_differs' as const })),
    ...(options.anchors ?? []).map((point) => ({ ...point, kind: 'anchor_differs' as const })),
  ];
  const problems: AuditProblem[] = [];
  let problemCount = 0;
  let unfitting: ChainedAuditRow[] = [];
  let rows = 0;
  let prunedTo = 0;
  /** The last number seen; its hash is unknown after a gap. */
  let last: { seq: number; hash: Uint8Array | undefined } = { seq: 0, hash: genesisHash };

  const report = (problem: AuditProblem) => {
    problemCount += 1;
    if (problems.length < problemsMax) problems.push(problem);
  };

  /** Compares what others remember of a row with what is there. */
  const compare = ({ seq, hash }: ChainPoint) => {
    for (const point of points) {
      if (point.seq === seq && !sameHash(point.hash, hash)) report({ kind: point.kind, seq });
    }
  };

  /** Everything up to `seq` is gone. That is right where pruning ended under a checkpoint. */
  const skipTo = (seq: number) => {
    const checkpoint = rows === 0 ? options.checkpoints.find((point) => point.seq === seq) : undefined;
    if (checkpoint) {
      prunedTo = seq;
      compare(checkpoint);
    } else report({ kind: 'missing', seq: last.seq + 1, toSeq: seq });
    last = { seq, hash: checkpoint?.hash };
  };

  /** Rows that changed places fit each other's numbers. */
  const tellMoved = () => {
    for (const { entry, prevHash, hash } of unfitting) {
      const original = unfitting.find(
        (other) =>
          other.entry.seq !== entry.seq &&
          sameHash(auditHash(prevHash, { ...entry, seq: other.entry.seq }, sha256), hash),
      );
      const { seq } = entry;
      report(original ? { kind: 'moved', seq, originalSeq: original.entry.seq } : { kind: 'changed', seq });
    }
    unfitting = [];
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
      if (!sameHash(auditHash(row.prevHash, row.entry, sha256), row.hash)) {
        if (unfitting.length < movedMax) unfitting.push(row);
        else report({ kind: 'changed', seq });
      }
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
        ({ kind, seq }) => kind === 'anchor_differs' && seq < prunedTo,
      ).length;
      problems.sort((one, other) => one.seq - other.seq);
      return { ok: problemCount === 0, rows, prunedTo, problems, problemCount, anchorsUnchecked };
    },
  };
}
