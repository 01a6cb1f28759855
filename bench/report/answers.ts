import type { Figures, Measurement, ResultsDocument, Run } from '../harness/resultsFile.ts';
import { spreadOf, type Spread } from '../harness/statistics.ts';

/** All that the newest run with this question said about it. What is compared was measured in one run. */
export interface Answers {
  run: Run;
  measurements: Measurement[];
}

export function answersTo(document: ResultsDocument, question: string): Answers | undefined {
  const all = document.records.filter((record) => record.question === question);
  const newest = all.reduce((latest, { run }) => (run > latest ? run : latest), '');
  const run = document.runs.find(({ startedAt }) => startedAt === newest);
  return run && { run, measurements: all.filter((record) => record.run === newest) };
}

/** Repetitions of one engine in one case. */
export interface Group {
  engine: string;
  case: string | undefined;
  figures: Figures[];
  skipped: string | undefined;
  failed: string | undefined;
}

/** In the order in which they were first measured. */
export function groupsOf(measurements: Measurement[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { engine, case: label, figures, skipped, failed } of measurements) {
    const key = `${engine} ${label}`;
    const group = groups.get(key) ?? { engine, case: label, figures: [], skipped, failed };
    groups.set(key, group);
    if (figures) group.figures.push(figures);
    group.failed ??= failed;
  }
  return [...groups.values()];
}

/** Undefined where no repetition has the figure. */
export function spreadIn(group: Group | undefined, figure: string): Spread | undefined {
  const values = group?.figures.flatMap((figures) => figures[figure] ?? []) ?? [];
  return values.length > 0 ? spreadOf(values) : undefined;
}

export function medianIn(group: Group | undefined, figure: string): number | undefined {
  return spreadIn(group, figure)?.median;
}

/** The group of an engine; of several cases the one whose label is given. */
export function groupOf(answers: Answers | undefined, engine: string, label?: string): Group | undefined {
  return groupsOf(answers?.measurements ?? []).find(
    (group) => group.engine === engine && (label === undefined || group.case === label),
  );
}
