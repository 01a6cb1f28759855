import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { createPdfMarker } from '../../src/copies/pdf/pdfMarker.ts';
import { plainBook } from '../../test/builders/pdfBooks.ts';

/**
 * `npm run copies [-- <results file>]`: what one buyer's copy of a PDF costs: here, with pdf-lib and with qpdf. Books of 300
 * pages in 1, 20 and 100 MB. Each figure is from a process of its own that makes three copies before the clock starts, as a
 * worker has; the ways take turns.
 */

const reps = 3;
const ways = ['prepared', 'pdf-lib', 'qpdf'] as const;
const megabytes = [1, 20, 100];

export const measuredSchema = z.object({
  cpuMs: z.number(),
  wallMs: z.number(),
  /** Highest resident memory above that of the process when it was idle. */
  memoryMb: z.number(),
  copyBytes: z.number(),
});

const measure = fileURLToPath(new URL('./measure.ts', import.meta.url));
const root = mkdtempSync(path.join(tmpdir(), 'bench-copies-'));
const results: Record<string, unknown>[] = [];
try {
  for (const size of megabytes) {
    const sourcePath = path.join(root, `${size}.pdf`);
    // An illustrated book: on each page its text, four pictures of its own, which make up the size, and six links.
    const pictureBytes = ((size - 0.6) * 1024 * 1024) / 300 / 4;
    const book = await plainBook({ pages: 300, pictureBytes, picturesPerPage: 4, linksPerPage: 6 });
    writeFileSync(sourcePath, book);
    const directory = mkdtempSync(path.join(root, 'prepared-'));
    const prepared = await createPdfMarker().prepare(
      { sourcePath, directory, pages: 'all' },
      AbortSignal.timeout(600_000),
    );
    if (!prepared.shared) throw new Error(`The book of ${size} MB could not be prepared.`);
    const input = JSON.stringify({ sourcePath, ...prepared.shared, targetPath: path.join(root, 'copy.pdf') });
    const runs = ways.map((way) => ({ way, measured: [] as z.infer<typeof measuredSchema>[] }));
    for (let rep = 0; rep < reps; rep += 1) {
      for (const { way, measured } of rep % 2 === 0 ? runs : runs.toReversed()) {
        const said = execFileSync(process.execPath, ['--import', 'tsx', measure, way, input], {
          encoding: 'utf8',
        });
        measured.push(measuredSchema.parse(JSON.parse(said)));
      }
    }
    for (const { way, measured } of runs) {
      const median = (of: (one: z.infer<typeof measuredSchema>) => number) =>
        measured.map(of).sort((one, other) => one - other)[Math.floor(measured.length / 2)] ?? 0;
      const row = {
        megabytes: size,
        way,
        cpuMs: Math.round(median(({ cpuMs }) => cpuMs) * 10) / 10,
        wallMs: Math.round(median(({ wallMs }) => wallMs)),
        memoryMb: Math.round(median(({ memoryMb }) => memoryMb) * 10) / 10,
        copyBytes: median(({ copyBytes }) => copyBytes),
      };
      results.push(row);
      process.stdout.write(`${JSON.stringify(row)}\n`);
    }
  }
  const target = process.argv[2];
  if (target) writeFileSync(target, `${JSON.stringify({ reps, node: process.version, results }, null, 2)}\n`);
} finally {
  rmSync(root, { recursive: true, force: true });
}
