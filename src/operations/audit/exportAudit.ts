import type { PlainJson } from '../../domain/canonicalJson.ts';
import type { AuditFilter, AuditLog, AuditRow } from '../../ports/audit.ts';
import { csvLine } from './csv.ts';

export const auditExportFormats = ['jsonl', 'csv'] as const;
export type AuditExportFormat = (typeof auditExportFormats)[number];

/** The longest stretch of time one export takes: all that is kept, and not by mistake all there ever was. */
export const exportRangeMaxMs = 400 * 86_400_000;

export interface ExportAuditOptions {
  log: Pick<AuditLog, 'list' | 'readHead'>;
  format: AuditExportFormat;
  filter: AuditFilter & { from: Date; to: Date };
  signal?: AbortSignal;
}

const batchRows = 500;

/**
 * The rows of a stretch of time, the oldest first, as lines with their ends: JSON lines, or CSV with a header. Batch by
 * batch with no transaction held, so that a slow reader harms nobody. Rows appended meanwhile are not in it.
 *
 * @throws RangeError when the stretch is none or too long; nothing was given out then
 */
export function exportAudit(options: ExportAuditOptions): AsyncIterable<string> {
  const { from, to } = options.filter;
  const rangeMs = to.getTime() - from.getTime();
  if (!(rangeMs > 0))
    throw new RangeError('An export needs a time to begin at and a later one to end before.');
  if (rangeMs > exportRangeMaxMs)
    throw new RangeError(`One export takes at most ${exportRangeMaxMs / 86_400_000} days.`);
  return linesOf(options);
}

async function* linesOf({ log, format, filter, signal }: ExportAuditOptions): AsyncGenerator<string> {
  const lastSeq = (await log.readHead())?.seq ?? Infinity;
  if (format === 'csv') yield csvLine(columns.map(([name]) => name));
  const line = format === 'csv' ? csvLineOf : jsonLineOf;
  let after: number | null = 0;
  while (after !== null) {
    signal?.throwIfAborted();
    const page = await log.list(filter, { limit: batchRows, order: 'oldest', after });
    for (const row of page.rows) {
      if (row.seq > lastSeq) return;
      yield line(row);
    }
    after = page.next;
  }
}

const timeText = (time: Date) => (Number.isNaN(time.getTime()) ? '' : time.toISOString());
const jsonText = (value: PlainJson) => (value === null ? '' : JSON.stringify(value));

const columns: ReadonlyArray<readonly [name: string, cell: (row: AuditRow) => string]> = [
  ['seq', ({ seq }) => String(seq)],
  ['at', ({ at }) => timeText(at)],
  ['actor', ({ actor }) => actor],
  ['roles', ({ roles }) => roles.join(' ')],
  ['channel', ({ channel }) => channel],
  ['action', ({ action }) => action],
  ['target_kind', ({ target }) => target?.kind ?? ''],
  ['target_id', ({ target }) => target?.id ?? ''],
  ['result', ({ result }) => result],
  ['reason', ({ reason }) => reason ?? ''],
  ['request_id', ({ requestId }) => requestId ?? ''],
  ['bulk_run_id', ({ bulkRunId }) => bulkRunId ?? ''],
  ['trace_id', ({ traceId }) => traceId ?? ''],
  ['before', ({ before }) => jsonText(before)],
  ['after', ({ after }) => jsonText(after)],
  ['details', ({ details }) => jsonText(details)],
  ['prev_hash', ({ prevHash }) => prevHash],
  ['hash', ({ hash }) => hash],
];

const csvLineOf = (row: AuditRow) => csvLine(columns.map(([, cell]) => cell(row)));
const jsonLineOf = (row: AuditRow) => `${JSON.stringify(row)}\n`;
