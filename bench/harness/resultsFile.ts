import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const figures = z.record(z.string(), z.number());

const recordSchema = z.object({
  /** The `startedAt` of its run. */
  run: z.string(),
  question: z.string(),
  engine: z.string(),
  /** What is compared within a question, such as the number of workers. */
  case: z.string().optional(),
  rep: z.number(),
  at: z.string(),
  figures: figures.optional(),
  skipped: z.string().optional(),
  failed: z.string().optional(),
});

const runSchema = z.object({
  startedAt: z.string(),
  command: z.string(),
  machine: z.object({
    cores: z.number(),
    processor: z.string(),
    memoryGb: z.number(),
    kernel: z.string(),
  }),
  versions: z.record(z.string(), z.string()),
  postgresSettings: z.record(z.string(), z.string()),
});

const documentSchema = z.object({ runs: z.array(runSchema), records: z.array(recordSchema) });

export type Figures = z.infer<typeof figures>;
export type Measurement = z.infer<typeof recordSchema>;
export type Run = z.infer<typeof runSchema>;
export type ResultsDocument = z.infer<typeof documentSchema>;

export function readResults(path: string): ResultsDocument {
  if (!existsSync(path)) return { runs: [], records: [] };
  return documentSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

export interface ResultsFile {
  /** Written at once: a run that is broken off keeps what it has. */
  append(record: Omit<Measurement, 'run' | 'at'>): void;
}

export function openResultsFile(path: string, run: Run): ResultsFile {
  const document = readResults(path);
  document.runs.push(run);
  return {
    append(record) {
      document.records.push({ run: run.startedAt, ...record, at: new Date().toISOString() });
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.unfinished`, `${JSON.stringify(document, null, 2)}\n`);
      renameSync(`${path}.unfinished`, path);
    },
  };
}
