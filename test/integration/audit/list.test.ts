import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exportAudit } from '../../../src/operations/audit/exportAudit.ts';
import type { AuditFilter } from '../../../src/ports/audit.ts';
import { type AuditedDatabase, newEntry, openAuditedDatabase, unnumbered } from './auditedDatabase.ts';

let database: AuditedDatabase;

beforeAll(async () => {
  database = await openAuditedDatabase();
});
afterAll(() => database.stop());
beforeEach(() => database.empty());

async function pagesOf(
  filter: AuditFilter,
  limit: number,
  between: () => Promise<unknown> = async () => undefined,
) {
  const seqs: number[] = [];
  let after: number | undefined;
  for (;;) {
    const page = await database.log.list(filter, { limit, ...(after === undefined ? {} : { after }) });
    seqs.push(...page.rows.map(({ seq }) => seq));
    if (page.next === null) return seqs;
    after = page.next;
    await between();
  }
}

describe('the list of the audit', () => {
  it('pages through without missing or repeating a row while others are appended', async () => {
    const { log } = database;
    for (let n = 0; n < 23; n += 1) await log.record(newEntry());
    const seqs = await pagesOf({}, 5, () => Promise.all([log.record(newEntry()), log.record(newEntry())]));
    expect(seqs).toEqual(Array.from({ length: 23 }, (_, n) => 23 - n));
    expect(await log.readHead()).toMatchObject({ seq: 31 });
  });

  it('ends with a page that is just full', async () => {
    for (let n = 0; n < 4; n += 1) await database.log.record(newEntry());
    expect(await pagesOf({}, 2)).toEqual([4, 3, 2, 1]);
    expect(await database.log.list({}, { limit: 2, order: 'oldest', after: 2 })).toMatchObject({
      rows: [{ seq: 3 }, { seq: 4 }],
      next: null,
    });
  });

  it('shows a row as it was given, with its hash', async () => {
    const entry = newEntry({
      requestId: 'r-1',
      bulkRunId: randomUUID(),
      traceId: 'abc',
      details: { items: 3 },
    });
    const { hash } = await database.log.record(entry);
    const { rows } = await database.log.list({}, { limit: 1 });
    expect(rows).toEqual([
      {
        ...entry,
        seq: 1,
        at: expect.any(Date),
        prevHash: '0'.repeat(64),
        hash: Buffer.from(hash).toString('hex'),
      },
    ]);
  });

  it('filters by everything that is asked for, together', async () => {
    const run = randomUUID();
    const day = (n: number) => new Date(Date.UTC(2026, 10, n));
    await database.writeChain([
      unnumbered({ at: day(1), actor: 'piotr', action: 'job:hold', result: 'refused' }),
      unnumbered({ at: day(2), actor: 'piotr', channel: 'api', requestId: 'r-2' }),
      unnumbered({ at: day(3), bulkRunId: run, targetId: 'job-3' }),
      unnumbered({ at: day(4), bulkRunId: run, targetKind: 'order', targetId: 'job-3' }),
      unnumbered({ at: day(4), targetKind: null, targetId: null }),
    ]);
    const found = (filter: AuditFilter) => pagesOf(filter, 2);
    expect(await found({ actor: 'piotr' })).toEqual([2, 1]);
    expect(await found({ actor: 'piotr', result: 'done' })).toEqual([2]);
    expect(await found({ action: 'job:hold' })).toEqual([1]);
    expect(await found({ channel: 'api' })).toEqual([2]);
    expect(await found({ requestId: 'r-2' })).toEqual([2]);
    expect(await found({ bulkRunId: run.toUpperCase() })).toEqual([4, 3]);
    expect(await found({ target: { id: 'job-3' } })).toEqual([4, 3]);
    expect(await found({ target: { kind: 'order', id: 'job-3' } })).toEqual([4]);
    expect(await found({ from: day(2), to: day(4) })).toEqual([3, 2]);
    expect(await found({ from: day(4) })).toEqual([5, 4]);
    expect(await found({ to: day(2) })).toEqual([1]);
    expect(await found({ from: day(5) })).toEqual([]);
    expect(await found({ to: day(1) })).toEqual([]);
    expect(await found({ actor: `' or true --` })).toEqual([]);
  });

  it.each([0, 1_001, 1.5, Number.NaN])('refuses a page of %d rows', async (limit) => {
    await expect(database.log.list({}, { limit })).rejects.toThrow(RangeError);
  });

  it('refuses a time that is none and a bulk run without an id', async () => {
    await expect(database.log.list({ from: new Date('soon') }, { limit: 1 })).rejects.toThrow(RangeError);
    await expect(database.log.list({ bulkRunId: '7' }, { limit: 1 })).rejects.toThrow(RangeError);
  });
});

describe('an export of the audit', () => {
  const range = { from: new Date('2026-01-01'), to: new Date('2026-12-31') };
  const exported = async (format: 'csv' | 'jsonl', filter: AuditFilter = {}) => {
    const lines: string[] = [];
    for await (const line of exportAudit({ log: database.log, format, filter: { ...range, ...filter } }))
      lines.push(line);
    return lines;
  };

  it('holds every row of the stretch once, over many batches', async () => {
    await database.writeChain(Array.from({ length: 1_203 }, () => unnumbered()));
    const rows = (await exported('jsonl')).map((line) => JSON.parse(line) as { seq: number });
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_203 }, (_, n) => n + 1));
    expect(await exported('jsonl', { to: new Date('2026-11-22') })).toEqual([]);
  });

  it('makes no formula of what somebody has typed', async () => {
    const reasons = [
      '=HYPERLINK("http://evil","x")',
      '+1',
      '-1',
      '@SUM(A1)',
      '\t=1',
      '\r=1',
      'plain, "quoted"',
    ];
    await database.writeChain(reasons.map((reason) => unnumbered({ reason })));
    const [header, ...lines] = await exported('csv');
    expect(header).toMatch(/^seq,at,actor,.*,hash\r\n$/);
    for (const [n, reason] of reasons.slice(0, -1).entries()) {
      expect(lines[n]).toContain(`'${reason.replaceAll('"', '""')}`);
    }
    expect(lines.at(-1)).toContain(',"plain, ""quoted""",');
  });
});
