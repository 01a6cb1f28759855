import type { AuditProblem } from '../../domain/auditProblem.ts';
import { holds, rowsNamed, rowsWere, type Stretch, stretchesOf, without } from './stretches.ts';

/** One thing that was done to the log, in a sentence for whoever is on call. */
export interface AuditFinding extends Stretch {
  kind:
    | 'changed'
    | 'moved'
    | 'inserted'
    | 'removed'
    /** Exchanged together with its hash. */
    | 'exchanged'
    /** Rows at the end are gone, and the log does not know of them any more. */
    | 'cut_off'
    /** The log is whole in itself and not the one that was anchored. */
    | 'rewritten'
    | 'checkpoint_differs'
    | 'head_differs';
  sentence: string;
}

export interface ChainSeen {
  problems: readonly AuditProblem[];
  /** The last row there is; 0 without any. */
  lastSeq: number;
  /** The last row the log's head names; null when it has no head. */
  headSeq: number | null;
  /** 0 when nothing was pruned under a checkpoint. */
  prunedTo: number;
  /** The last row that was pruned as the log itself tells. */
  toldPrunedTo: number;
}

const toSeqOf = ({ seq, toSeq = seq }: AuditProblem) => toSeq;
const asStretch = (problem: AuditProblem): Stretch => ({ seq: problem.seq, toSeq: toSeqOf(problem) });

/** What was done inside of the chain, as far as its own hashes tell. What anchors tell is told by `anchorFindings`. */
export function chainFindings(chain: ChainSeen): AuditFinding[] {
  const { problems } = chain;
  const of = (kind: AuditProblem['kind']) => problems.filter((problem) => problem.kind === kind);
  const unfitting = [...of('changed'), ...of('moved')].map(asStretch);
  const links = of('broken_link')
    .map(({ seq }) => seq)
    // Rows around one that was moved or changed cannot follow from each other: that is told already.
    .filter((seq) => !holds(unfitting, seq) && !holds(unfitting, seq - 1));
  return [
    ...of('changed').map(changed),
    ...movedFindings(of('moved')),
    ...of('missing').map((problem) => removed(problem, chain)),
    ...of('repeated').map(repeated),
    ...of('beyond_head').map((problem) => beyondHead(problem, chain)),
    ...stretchesOf(links).map((stretch) => exchanged(stretch, chain)),
    ...of('checkpoint_differs').map((problem) => checkpointDiffers(problem, chain)),
    ...of('head_differs').map(headDiffers),
    ...(chain.headSeq === null ? [headMissing(chain)] : []),
  ];
}

function changed(problem: AuditProblem): AuditFinding {
  const stretch = asStretch(problem);
  const sentence = `${rowsWere(stretch)} changed after being written: the text does not give the hash any more.`;
  return { kind: 'changed', ...stretch, sentence };
}

/** A moved stretch, and what it moved for: rows that were put in before it, or removed. */
function movedFindings(problems: AuditProblem[]): AuditFinding[] {
  const places = problems.map(asStretch);
  const shiftOf = ({ seq, originalSeq = seq }: AuditProblem) => seq - originalSeq;
  const originals = problems.map((problem) => ({
    seq: problem.seq - shiftOf(problem),
    toSeq: toSeqOf(problem) - shiftOf(problem),
  }));
  return problems.flatMap((problem, index) => {
    const place = asStretch(problem);
    const original = originals[index] ?? place;
    const moved: AuditFinding = {
      kind: 'moved',
      ...place,
      sentence: `${rowsWere(place)} moved: written as ${rowsNamed(original)}.`,
    };
    // Numbers that moved rows have left are held by rows that never were there; numbers that they have taken were free.
    const others: AuditFinding[] =
      shiftOf(problem) > 0
        ? without(original, places).map((stretch) => ({
            kind: 'inserted',
            ...stretch,
            sentence: `${rowsWere(stretch)} put in, and the rows after that numbered anew.`,
          }))
        : without(place, originals).map((stretch) => ({
            kind: 'removed',
            ...stretch,
            sentence: `What was written as ${rowsNamed(stretch)} was removed, and the rows after that numbered anew.`,
          }));
    return [...others, moved];
  });
}

function removed(problem: AuditProblem, { lastSeq, toldPrunedTo }: ChainSeen): AuditFinding {
  const all = asStretch(problem);
  if (all.seq === 1 && toldPrunedTo >= all.toSeq) {
    const sentence = `The checkpoint of row ${all.toSeq} is gone, up to which the log was pruned and from which it goes on.`;
    return { kind: 'checkpoint_differs', seq: all.toSeq, toSeq: all.toSeq, sentence };
  }
  const stretch = { ...all, seq: all.seq === 1 ? toldPrunedTo + 1 : all.seq };
  const atEnd = stretch.seq > lastSeq ? ' from the end of the log, of which its head still knows' : '';
  const atStart = all.seq === 1 && atEnd === '' ? ' from the beginning of the log, and not by pruning' : '';
  return { kind: 'removed', ...stretch, sentence: `${rowsWere(stretch)} removed${atEnd}${atStart}.` };
}

function repeated(problem: AuditProblem): AuditFinding {
  const sentence =
    problem.seq < 1
      ? `A row was put in under the number ${problem.seq}, which is never given.`
      : `A second row was put in under the number ${problem.seq}.`;
  return { kind: 'inserted', ...asStretch(problem), sentence };
}

function beyondHead(problem: AuditProblem, { headSeq }: ChainSeen): AuditFinding {
  const stretch = asStretch(problem);
  const sentence = `${rowsWere(stretch)} put in at the end: the log's head names row ${headSeq ?? 0} as the last.`;
  return { kind: 'inserted', ...stretch, sentence };
}

/** @param links the rows that do not follow from the one before, one after the other */
function exchanged(links: Stretch, { prunedTo }: ChainSeen): AuditFinding {
  const before = links.seq - 1;
  if (links.toSeq > links.seq) {
    const stretch = { seq: links.seq, toSeq: links.toSeq - 1 };
    const sentence = `${rowsWere(stretch)} exchanged for others: row ${stretch.seq} does not follow from row ${before}, nor row ${links.toSeq} from row ${stretch.toSeq}.`;
    return { kind: 'exchanged', ...stretch, sentence };
  }
  if (before === prunedTo) {
    const beginning = before === 0 ? 'begin the log' : `follow from the checkpoint of row ${before}`;
    const sentence = `Row ${links.seq} was exchanged, or what it follows from: it does not ${beginning}.`;
    return { kind: 'exchanged', ...links, sentence };
  }
  const sentence = `Row ${before} was changed and hashed anew, alone or with rows before it: row ${links.seq} does not follow from it.`;
  return { kind: 'exchanged', seq: before, toSeq: before, sentence };
}

function checkpointDiffers({ seq }: AuditProblem, { lastSeq, prunedTo }: ChainSeen): AuditFinding {
  if (seq > Math.max(lastSeq, prunedTo)) {
    const cut = { seq: lastSeq + 1, toSeq: seq };
    const sentence = `${rowsWere(cut)} cut off from the end: a checkpoint still names row ${seq}. Or an older state of the database was restored.`;
    return { kind: 'cut_off', ...cut, sentence };
  }
  const sentence = `Row ${seq} is not the one that its checkpoint closed: it was written anew, alone or with rows around it, or the checkpoint was exchanged.`;
  return { kind: 'checkpoint_differs', seq, toSeq: seq, sentence };
}

function headDiffers({ seq }: AuditProblem): AuditFinding {
  const sentence = `Row ${seq} is not the last row that the log's head names: it was changed and hashed anew, alone or with rows before it, or the head was exchanged.`;
  return { kind: 'head_differs', seq, toSeq: seq, sentence };
}

function headMissing({ lastSeq }: ChainSeen): AuditFinding {
  const sentence = `The log's head was removed: whether row ${lastSeq} was the last cannot be said.`;
  return { kind: 'head_differs', seq: lastSeq, toSeq: lastSeq, sentence };
}
