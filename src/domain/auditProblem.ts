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
  /** The last row of a stretch with the same problem; all of a moved stretch were moved as far as the first. */
  toSeq?: number;
  originalSeq?: number;
}

const joined: ReadonlySet<AuditProblem['kind']> = new Set(['changed', 'moved']);
const shiftOf = ({ seq, originalSeq = seq }: AuditProblem) => seq - originalSeq;

/** Adds a problem to the stretch before it if it goes on with it. */
export function join(stretch: AuditProblem | undefined, { kind, seq, ...next }: AuditProblem): boolean {
  const goesOn =
    stretch?.kind === kind &&
    joined.has(kind) &&
    (stretch.toSeq ?? stretch.seq) + 1 === seq &&
    shiftOf(stretch) === shiftOf({ kind, seq, ...next });
  if (goesOn) stretch.toSeq = next.toSeq ?? seq;
  return goesOn;
}

/** By row, with what goes on joined. */
export function inOrder(problems: AuditProblem[]): AuditProblem[] {
  const ordered: AuditProblem[] = [];
  for (const problem of problems.toSorted((one, other) => one.seq - other.seq)) {
    const stretch = ordered.findLast(({ kind }) => kind === problem.kind);
    if (!join(stretch, problem)) ordered.push(problem);
  }
  return ordered;
}
