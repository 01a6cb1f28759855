import { z } from 'zod';
import type { AuditLog } from '../../ports/audit.ts';
import type { Clock } from '../../ports/clock.ts';
import { exportAudit } from '../audit/exportAudit.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { auditFilterInput, auditFilterOf, auditTimes } from './auditInput.ts';
import { momentOf } from './momentInput.ts';

export interface ExportTrailOptions {
  log: Pick<AuditLog, 'list' | 'readHead'>;
  clock: Pick<Clock, 'now'>;
  /** The most rows one export gives out. Default 10 000. */
  rowsMax?: number;
  /** The longest text, in characters. Default 16 million. */
  charactersMax?: number;
}

const input = z.strictObject({
  ...auditFilterInput,
  since: auditTimes.since,
  until: auditTimes.until.optional(),
  format: z
    .enum(['ndjson', 'csv'])
    .default('ndjson')
    .describe('One JSON document a line, or CSV with a header.'),
});
const output = z.strictObject({
  format: z.enum(['ndjson', 'csv']),
  contentType: z.string(),
  fileName: z.string(),
  rows: z.int(),
  text: z.string().describe('The lines with their ends, the oldest first.'),
});

const contentTypes = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
} as const;

/** A stretch of the audit to take away. That somebody did is itself in the audit. */
export function createExportTrail({
  log,
  clock,
  rowsMax = 10_000,
  charactersMax = 16_000_000,
}: ExportTrailOptions): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'audit:export',
    permission: 'audit:export',
    summary: 'Take away a stretch of the audit as JSON lines or CSV',
    path: '/audit/export',
    input,
    output,
    audited: ({ since, until }) => ({
      target: { kind: 'audit', id: `${since}..${until ?? 'now'}` },
      reason: 'optional',
    }),
    async read(asked) {
      const now = clock.now();
      const from = momentOf(asked.since, now, now);
      const to = momentOf(asked.until, now, now);
      const filter = { ...auditFilterOf(asked), from, to };
      const lines = linesOf(log, asked.format, filter);
      const taken: string[] = [];
      let characters = 0;
      // A header is no row.
      const linesMax = rowsMax + (asked.format === 'csv' ? 1 : 0);
      for await (const line of lines) {
        characters += line.length;
        if (taken.length === linesMax || characters > charactersMax) throw tooMuch(rowsMax);
        taken.push(line);
      }
      return {
        format: asked.format,
        contentType: contentTypes[asked.format],
        fileName: `audit-${dayOf(from)}-${dayOf(to)}.${asked.format}`,
        rows: taken.length - (asked.format === 'csv' ? 1 : 0),
        text: taken.join(''),
      };
    },
  };
}

function linesOf(
  log: ExportTrailOptions['log'],
  format: 'ndjson' | 'csv',
  filter: Parameters<typeof exportAudit>[0]['filter'],
): AsyncIterable<string> {
  try {
    return exportAudit({ log, format: format === 'csv' ? 'csv' : 'jsonl', filter });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Refusal({
      kind: 'invalid_input',
      code: 'stretch_unusable',
      field: 'since',
      detail: error.message,
    });
  }
}

const dayOf = (time: Date) => time.toISOString().slice(0, 10);

const tooMuch = (rowsMax: number) =>
  new Refusal({
    kind: 'invalid_input',
    code: 'export_too_large',
    field: 'since',
    detail: `One export gives out at most ${rowsMax} rows, and there are more in that stretch of time.`,
    remedy: 'Take a shorter stretch, or narrow it to an actor or an action.',
  });
