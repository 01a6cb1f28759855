import { describe, expect, it } from 'vitest';
import { judgeMigrations, judgePartitions } from './schema.ts';

describe('migrations', () => {
  it('fail when one is missing, and name the first', () => {
    const findings = judgeMigrations({ pending: ['2_b.sql', '3_c.sql'], applied: 1, unknown: [] });
    expect(findings).toMatchObject([
      {
        state: 'failed',
        detail: '2 not applied, the first being 2_b.sql',
        remedy: 'Run: fulfillment migrate',
      },
    ]);
  });

  it('of a newer release are worth a note', () => {
    expect(judgeMigrations({ pending: [], applied: 3, unknown: ['4'] }).map(({ state }) => state)).toEqual([
      'ok',
      'note',
    ]);
  });
});

describe('partitions of the timeline', () => {
  it.each([
    [{ tableThere: true, monthsAhead: 3 }, 'ok'],
    [{ tableThere: true, monthsAhead: 2 }, 'ok'],
    [{ tableThere: true, monthsAhead: 1 }, 'failed'],
    [{ tableThere: true, monthsAhead: -1 }, 'failed'],
    [{ tableThere: false, monthsAhead: -1 }, 'failed'],
  ])('%j is %s', (partitions, state) => {
    expect(judgePartitions(partitions)).toMatchObject([{ state }]);
  });
});
