import type { Question } from '../harness/bench.ts';
import { groupsOf, spreadIn, type Answers, type Group } from './answers.ts';
import { columnsOf, type Column } from './columns.ts';
import { markdownTable, spreadInWords } from './words.ts';

/** One question with its table, and with what was left out or went wrong. */
export function renderSection(question: Question, { run, measurements }: Answers): string {
  const groups = groupsOf(measurements);
  const measured = groups.filter(({ figures }) => figures.length > 0);
  const columns = (columnsOf[question.name] ?? []).filter(({ figure }) =>
    measured.some((group) => spreadIn(group, figure) !== undefined),
  );
  const parts = [
    `## ${question.name}`,
    question.asks,
    `Run of ${run.startedAt.slice(0, 16).replace('T', ' ')} UTC.`,
    ...(measured.length > 0 ? [renderTable(measured, columns)] : []),
    ...renderRemarks(groups),
  ];
  return parts.join('\n\n');
}

function renderTable(groups: Group[], columns: Column[]): string {
  const withCases = groups.some((group) => group.case !== undefined);
  const header = ['engine', ...(withCases ? ['case'] : []), 'runs', ...columns.map(({ title }) => title)];
  const rows = groups.map((group) => [
    group.engine,
    ...(withCases ? [group.case ?? ''] : []),
    String(group.figures.length),
    ...columns.map(({ figure }) => spreadInWords(spreadIn(group, figure))),
  ]);
  return markdownTable(header, rows);
}

function renderRemarks(groups: Group[]): string[] {
  const remarks = groups.flatMap((group) => {
    const name = group.case === undefined ? group.engine : `${group.engine}, ${group.case}`;
    return [
      ...(group.skipped ? [`- ${name}: skipped, ${group.skipped}.`] : []),
      ...(group.failed ? [`- ${name}: failed, ${group.failed}`] : []),
      ...wrongEffects(group).map((what) => `- ${name}: ${what}.`),
    ];
  });
  return remarks.length > 0 ? [remarks.join('\n')] : [];
}

/** An engine that loses or repeats work in a fair-weather run must not be read past. */
function wrongEffects(group: Group): string[] {
  // Recovery has columns for them.
  if (spreadIn(group, 'allDone')) return [];
  const missing = spreadIn(group, 'missingEffects')?.max ?? 0;
  const repeated = spreadIn(group, 'repeatedEffects')?.max ?? 0;
  return [
    ...(missing > 0 ? [`up to ${missing} effects missing`] : []),
    ...(repeated > 0 ? [`up to ${repeated} effects done twice`] : []),
  ];
}
