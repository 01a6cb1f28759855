import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem, type } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { createEpubMarker } from '../../src/copies/epub/epubMarker.ts';
import { createPdfMarker } from '../../src/copies/pdf/pdfMarker.ts';
import { epubBook, pdfBook } from './books.ts';
import { renderCopies, type CopiesResults, type Row } from './report.ts';

/** `node --import tsx bench/copies/run.ts`: see README.md. Writes `results/<date>.json` and RESULTS.md. */

const reps = 5;
const books = [
  ...[1, 20, 100].map((megabytes) => ({ format: 'pdf' as const, megabytes, peers: ['pdf-lib', 'qpdf'] })),
  { format: 'epub' as const, megabytes: 20, peers: ['fflate', 'fflate, stored'] },
];
type Book = (typeof books)[number];

const measuredSchema = z.object({
  cpuMs: z.number(),
  wallMs: z.number(),
  /** Highest resident memory above that of the process before it had anything to do with the book. */
  memoryMb: z.number(),
  copyBytes: z.number(),
});
type Measured = z.infer<typeof measuredSchema>;

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const root = mkdtempSync(path.join(tmpdir(), 'bench-copies-'));
const startedAt = new Date().toISOString();
try {
  const rows: Row[] = [];
  for (const book of books) rows.push(...(await measureBook(book)));
  const results: CopiesResults = { startedAt, machine: machine(), versions: versions(), reps, rows };
  mkdirSync(here('./results'), { recursive: true });
  writeFileSync(here(`./results/${startedAt.slice(0, 10)}.json`), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(here('./RESULTS.md'), renderCopies(results));
} finally {
  rmSync(root, { recursive: true, force: true });
}

/** The ways take turns, in alternating order. */
async function measureBook(book: Book): Promise<Row[]> {
  const { input, sourceBytes } = await prepare(book);
  const runs = ['ours', 'ours, streamed', ...book.peers].map((way) => ({ way, measured: [] as Measured[] }));
  for (let rep = 0; rep < reps; rep += 1) {
    for (const { way, measured } of rep % 2 === 0 ? runs : runs.toReversed()) {
      const command = ['--import', 'tsx', '--expose-gc', here('./measure.ts'), way, input];
      measured.push(
        measuredSchema.parse(JSON.parse(execFileSync(process.execPath, command, { encoding: 'utf8' }))),
      );
    }
  }
  return runs.map(({ way, measured }) => {
    const median = (of: (one: Measured) => number) =>
      measured.map(of).sort((one, other) => one - other)[Math.floor(reps / 2)] ?? 0;
    const row: Row = {
      book: book.format,
      megabytes: book.megabytes,
      way,
      cpuMs: median(({ cpuMs }) => cpuMs),
      wallMs: median(({ wallMs }) => wallMs),
      memoryMb: median(({ memoryMb }) => memoryMb),
      addedBytes: median(({ copyBytes }) => copyBytes) - sourceBytes,
    };
    process.stdout.write(`${JSON.stringify(row)}\n`);
    return row;
  });
}

async function prepare({ format, megabytes }: Book): Promise<{ input: string; sourceBytes: number }> {
  const sourcePath = path.join(root, `${megabytes}.${format}`);
  const bytes = format === 'pdf' ? await pdfBook(megabytes) : epubBook(megabytes);
  writeFileSync(sourcePath, bytes);
  const directory = mkdtempSync(path.join(root, 'prepared-'));
  const marker = format === 'pdf' ? createPdfMarker() : createEpubMarker();
  const started = performance.now();
  const prepared = await marker.prepare(
    { sourcePath, directory, pages: 'all' },
    AbortSignal.timeout(600_000),
  );
  process.stdout.write(
    `${format} ${megabytes} MB prepared in ${Math.round(performance.now() - started)} ms\n`,
  );
  if (!prepared.shared) throw new Error(`The ${format} of ${megabytes} MB could not be prepared.`);
  const input = { format, sourcePath, ...prepared.shared, targetPath: path.join(root, 'copy') };
  return { input: JSON.stringify(input), sourceBytes: bytes.length };
}

function machine(): string {
  const all = cpus();
  const memoryGb = Math.round(totalmem() / 1024 ** 3);
  return `${all.length} cores (${all[0]?.model ?? 'unknown'}), ${memoryGb} GB, ${type()} ${release()}`;
}

function versions(): Record<string, string> {
  const ofPackage = (name: string) => {
    const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
    return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version;
  };
  const qpdf = /version (\S+)/.exec(execFileSync('qpdf', ['--version'], { encoding: 'utf8' }))?.[1] ?? '';
  const packages = { 'pdf-lib (@cantoo/pdf-lib)': ofPackage('@cantoo/pdf-lib'), fflate: ofPackage('fflate') };
  return { Node: process.versions.node, ...packages, qpdf };
}
