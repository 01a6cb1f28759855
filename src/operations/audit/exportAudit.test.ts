import { describe, expect, it } from 'vitest';
import type { AuditPageRequest, AuditRow } from '../../ports/audit.ts';
import { type AuditExportFormat, exportAudit } from './exportAudit.ts';

const at = new Date('2026-11-22T10:00:00.123Z');

const rowNo = (seq: number, fields: Partial<AuditRow> = {}): AuditRow => ({
  seq,
  at,
  actor: 'auth0|anna',
  roles: ['ops_editor', 'ops_finance'],
  channel: 'cli',
  action: 'job:retry',
  target: { kind: 'job', id: 'job-1' },
  result: 'done',
  reason: 'buyer called',
  requestId: null,
  bulkRunId: null,
  traceId: null,
  before: { version: 3 },
  after: null,
  details: null,
  prevHash: '00'.repeat(32),
  hash: 'ab'.repeat(32),
  ...fields,
});

/** A log that hands out one row a page. */
function logOf(rows: AuditRow[], headSeq = rows.length) {
  return {
    readHead: async () => ({ seq: headSeq, hash: new Uint8Array(32), at }),
    list: async (_: unknown, { after = 0 }: AuditPageRequest) => ({
      rows: rows.slice(after, after + 1),
      next: after + 1 < rows.length ? after + 1 : null,
    }),
  };
}

async function lines(log: ReturnType<typeof logOf>, format: AuditExportFormat): Promise<string[]> {
  const all: string[] = [];
  const filter = { from: new Date('2026-11-01'), to: new Date('2026-12-01') };
  for await (const line of exportAudit({ log, format, filter })) all.push(line);
  return all;
}

describe('an export', () => {
  it('is JSON, a row a line', async () => {
    const rows = [rowNo(1), rowNo(2, { reason: 'two\nlines' })];
    const exported = await lines(logOf(rows), 'jsonl');
    expect(exported.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
    expect(exported.map((line) => JSON.parse(line) as unknown)).toEqual(
      rows.map((row) => ({ ...row, at: '2026-11-22T10:00:00.123Z' })),
    );
  });

  it('is CSV with a header', async () => {
    expect(await lines(logOf([rowNo(1, { target: null, reason: '=1+1' })]), 'csv')).toEqual([
      'seq,at,actor,roles,channel,action,target_kind,target_id,result,reason,request_id,bulk_run_id,trace_id,before,after,details,prev_hash,hash\r\n',
      `1,2026-11-22T10:00:00.123Z,auth0|anna,ops_editor ops_finance,cli,job:retry,,,done,'=1+1,,,,"{""version"":3}",,,${'00'.repeat(32)},${'ab'.repeat(32)}\r\n`,
    ]);
  });

  it('ends with the row that was the last when it began', async () => {
    expect(await lines(logOf([rowNo(1), rowNo(2), rowNo(3)], 2), 'jsonl')).toHaveLength(2);
  });

  it('shows a row whose time was tampered with', async () => {
    const log = logOf([rowNo(1, { at: new Date(Number.NaN) })]);
    expect((await lines(log, 'csv'))[1]).toMatch(/^1,,auth0/);
    expect((await lines(log, 'jsonl'))[0]).toContain('"at":null');
  });

  it.each([
    ['2026-11-22', '2026-11-22'],
    ['2026-11-23', '2026-11-22'],
    ['2025-01-01', '2026-11-22'],
    ['never', '2026-11-22'],
    ['2026-11-22', 'never'],
  ])('is refused from %s to %s', (from, to) => {
    const filter = { from: new Date(from), to: new Date(to) };
    expect(() => exportAudit({ log: logOf([]), format: 'csv', filter })).toThrow(RangeError);
  });
});
