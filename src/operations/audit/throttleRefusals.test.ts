import { describe, expect, it } from 'vitest';
import type { NewAuditEntry } from '../../ports/audit.ts';
import { createRefusalThrottle } from './throttleRefusals.ts';

function setUp({ perMinuteMax = 3, pairsMax = 100 } = {}) {
  let nowMs = 0;
  let broken = false;
  const rows: NewAuditEntry[] = [];
  const log = {
    record: async (entry: NewAuditEntry) => {
      if (broken) throw new Error('the database is away');
      rows.push(entry);
      return { seq: rows.length, hash: new Uint8Array(32) };
    },
  };
  return {
    rows,
    throttle: createRefusalThrottle({ log, clock: { elapsedMs: () => nowMs }, perMinuteMax, pairsMax }),
    pass: (ms: number) => {
      nowMs += ms;
    },
    setBroken: (is: boolean) => {
      broken = is;
    },
  };
}

const attempt = (fields: Partial<NewAuditEntry> = {}): Omit<NewAuditEntry, 'result'> => ({
  actor: 'anna',
  roles: ['ops_viewer'],
  channel: 'api',
  action: 'job:cancel',
  target: { kind: 'job', id: 'job-1' },
  reason: null,
  requestId: null,
  bulkRunId: null,
  traceId: null,
  before: null,
  after: null,
  details: { missing: 'job:cancel' },
  ...fields,
});

describe('refused attempts', () => {
  it('are written down up to a number a minute, and counted in the next row', async () => {
    const { rows, throttle, pass } = setUp();
    const outcomes: string[] = [];
    for (let n = 0; n < 8; n += 1) outcomes.push(await throttle.refused(attempt()));
    expect(outcomes).toEqual([...Array(3).fill('written'), ...Array(5).fill('suppressed')]);
    pass(60_000);
    await throttle.refused(attempt());
    await throttle.refused(attempt());
    expect(rows.map(({ details }) => details)).toEqual([
      ...Array(3).fill({ missing: 'job:cancel' }),
      { missing: 'job:cancel', suppressed: 5 },
      { missing: 'job:cancel' },
    ]);
    expect(rows.every(({ result }) => result === 'refused')).toBe(true);
  });

  it('are never more than that in any minute', async () => {
    const { rows, throttle, pass } = setUp();
    const writtenAt: number[] = [];
    for (let second = 0; second < 300; second += 1) {
      const before = rows.length;
      await throttle.refused(attempt());
      if (rows.length > before) writtenAt.push(second);
      pass(1_000);
    }
    for (const start of writtenAt) {
      expect(writtenAt.filter((second) => second >= start && second < start + 60).length).toBeLessThanOrEqual(
        3,
      );
    }
    expect(rows).toHaveLength(15);
  });

  it('of another actor or action have a count of their own', async () => {
    const { rows, throttle } = setUp({ perMinuteMax: 1 });
    for (const fields of [{}, { actor: 'piotr' }, { action: 'job:hold' }, {}])
      await throttle.refused(attempt(fields));
    expect(rows.map(({ actor, action }) => [actor, action])).toEqual([
      ['anna', 'job:cancel'],
      ['piotr', 'job:cancel'],
      ['anna', 'job:hold'],
    ]);
  });

  it('stay counted when a row could not be written', async () => {
    const { rows, throttle, pass, setBroken } = setUp({ perMinuteMax: 1 });
    for (let n = 0; n < 4; n += 1) await throttle.refused(attempt());
    pass(60_000);
    setBroken(true);
    await expect(throttle.refused(attempt())).rejects.toThrow('away');
    setBroken(false);
    await throttle.refused(attempt());
    expect(rows.at(-1)?.details).toMatchObject({ suppressed: 3 });
  });

  it('that were only counted are told without a next one, with the last of them', async () => {
    const { rows, throttle, pass } = setUp({ perMinuteMax: 1 });
    for (const id of ['job-1', 'job-2', 'job-3'])
      await throttle.refused(attempt({ target: { kind: 'job', id } }));
    await throttle.flush();
    expect(rows).toHaveLength(1);
    pass(60_000);
    await throttle.flush();
    await throttle.flush();
    expect(rows).toHaveLength(2);
    expect(rows[1]).toMatchObject({ target: { id: 'job-3' }, details: { suppressed: 1 } });
  });

  it('that were only counted are told at the end, limit or not', async () => {
    const { rows, throttle } = setUp({ perMinuteMax: 1 });
    for (let n = 0; n < 3; n += 1) await throttle.refused(attempt());
    await throttle.close();
    expect(rows.map(({ details }) => details)).toEqual([
      { missing: 'job:cancel' },
      { missing: 'job:cancel', suppressed: 1 },
    ]);
  });

  it('of too many actors share one count, which says so, until others are quiet', async () => {
    const { rows, throttle, pass } = setUp({ perMinuteMax: 1, pairsMax: 2 });
    for (const actor of ['a', 'b', 'c', 'd', 'e']) await throttle.refused(attempt({ actor }));
    expect(rows.map(({ actor }) => actor)).toEqual(['a', 'b', 'c']);
    await throttle.close();
    expect(rows.at(-1)).toMatchObject({ actor: 'e', details: { suppressedOfMany: 1 } });
    pass(60_000);
    for (const actor of ['f', 'g']) await throttle.refused(attempt({ actor }));
    expect(rows.slice(-2).map(({ actor }) => actor)).toEqual(['f', 'g']);
  });

  it('are cut to what a row can take', async () => {
    const { rows, throttle } = setUp();
    await throttle.refused(
      attempt({
        actor: 'a'.repeat(300),
        target: { kind: 'job', id: `x\0${'📞'.repeat(200)}` },
        reason: '\uD800',
        requestId: 'r'.repeat(5_000),
      }),
    );
    const [row] = rows;
    expect(row?.actor).toHaveLength(200);
    expect(row?.target?.id).toHaveLength(300);
    expect(row?.target?.id).toMatch(/^x\uFFFD/);
    expect(row?.target?.id.isWellFormed()).toBe(true);
    expect(row?.reason).toBe('\uFFFD');
    expect(row?.requestId).toHaveLength(200);
  });
});
