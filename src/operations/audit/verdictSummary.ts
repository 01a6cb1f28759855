import type { AuditVerdict } from './verifyAudit.ts';

const timeText = (time: Date) => (Number.isNaN(time.getTime()) ? 'an unknown time' : time.toISOString());
const counted = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`;

function extentText({ verified, rows, prunedTo }: Omit<AuditVerdict, 'summary'>): string {
  if (!verified) return 'There are no rows.';
  const { fromSeq, toSeq, from, to } = verified;
  const pruned = prunedTo > 0 ? ` Everything up to row ${prunedTo} was pruned under a checkpoint.` : '';
  return `Looked at ${counted(rows, 'row')}, from row ${fromSeq} of ${timeText(from)} to row ${toSeq} of ${timeText(to)}.${pruned}`;
}

function anchorText({ agreeing, differing, unchecked }: AuditVerdict['anchors']): string {
  if (agreeing + differing + unchecked === 0)
    return 'No anchor was given: a tail that was cut off, or a log rewritten as a whole, would not show.';
  const parts = [
    ...(agreeing > 0 ? [`${agreeing} agree`] : []),
    ...(differing > 0 ? [`${differing} differ`] : []),
    ...(unchecked > 0 ? [`${unchecked} could not be compared, their rows being gone`] : []),
  ];
  return `Of the anchors kept outside, ${parts.join(', ')}.`;
}

/** A verdict in a few sentences. */
export function verdictSummary(verdict: Omit<AuditVerdict, 'summary'>): string {
  const result = verdict.ok
    ? 'The audit log is as it was written.'
    : `The audit log is NOT as it was written: ${counted(verdict.findings.length, 'finding')}.`;
  return [result, extentText(verdict), anchorText(verdict.anchors)].join(' ');
}
