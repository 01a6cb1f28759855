import { inFigures, markdownTable } from '../report/words.ts';

/** A book and a way of making one buyer's copy of it; medians. */
export interface Row {
  book: string;
  megabytes: number;
  way: string;
  cpuMs: number;
  wallMs: number;
  memoryMb: number;
  /** What the copy has beyond the book, in bytes. */
  addedBytes: number;
}

export interface CopiesResults {
  startedAt: string;
  machine: string;
  versions: Record<string, string>;
  reps: number;
  rows: Row[];
}

/** At most so much for one copy of ours. */
const bars = [
  { book: 'pdf', megabytes: 20, field: 'cpuMs', most: 40, unit: 'ms of CPU' },
  { book: 'pdf', megabytes: 20, field: 'memoryMb', most: 16, unit: 'MB of memory above idle' },
  { book: 'pdf', megabytes: 100, field: 'cpuMs', most: 200, unit: 'ms of CPU' },
] as const;
const timesFaster = 15;

export function renderCopies({ startedAt, machine, versions, reps, rows }: CopiesResults): string {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const head = [
    '# What one buyer’s copy costs',
    `Written by \`run.ts\` from \`results/\`. How it was measured is in [README.md](README.md). Medians of ${reps}, run of ${startedAt.slice(0, 16).replace('T', ' ')} UTC on ${machine}; ${named.join(', ')}.`,
  ];
  const table = markdownTable(
    ['book', 'way', 'CPU ms', 'wall ms', 'memory MB', 'more than the book, kB'],
    rows.map(({ book, megabytes, way, ...row }) => [
      `${book.toUpperCase()}, ${megabytes} MB`,
      way,
      ...[row.cpuMs, row.wallMs, row.memoryMb, row.addedBytes / 1024].map(inFigures),
    ]),
  );
  const verdicts = markdownTable(['demand', 'measured', 'holds'], demands(rows));
  return `${[...head, '## Must hold', verdicts, '## All of it', table].join('\n\n')}\n`;
}

function demands(rows: Row[]): string[][] {
  const ours = rows.filter(({ way }) => way === 'ours');
  const absolute = bars.flatMap(({ book, megabytes, field, most, unit }) =>
    ours
      .filter((row) => row.book === book && row.megabytes === megabytes)
      .map((row) => [
        `${book.toUpperCase()}, ${megabytes} MB: less than ${most} ${unit}`,
        inFigures(row[field]),
        inWords(row[field] < most),
      ]),
  );
  const relative = ours
    .filter(({ book }) => book === 'pdf')
    .flatMap((row) =>
      rows
        .filter(
          (one) => one.book === row.book && one.megabytes === row.megabytes && !one.way.startsWith('ours'),
        )
        .map((peer) => [
          `PDF, ${row.megabytes} MB: at least ${timesFaster} × less CPU than ${peer.way}`,
          `${inFigures(peer.cpuMs / row.cpuMs)} ×`,
          inWords(peer.cpuMs >= timesFaster * row.cpuMs),
        ]),
    );
  return [...absolute, ...relative];
}

function inWords(holds: boolean): string {
  return holds ? 'yes' : '**no**';
}
