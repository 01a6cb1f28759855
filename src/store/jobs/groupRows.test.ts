import { describe, expect, it } from 'vitest';
import { groupRows } from './groupRows.ts';

describe('rows of a batch', () => {
  it('are said once for all jobs that have the same ones, with the token of each', () => {
    const done = { step: 'a', state: 'done' };
    const text = groupRows([
      { jobId: 'j1', token: 1n, row: done },
      { jobId: 'j2', token: 9_007_199_254_740_993n, row: done },
      { jobId: 'j1', token: 1n, row: { step: 'b' } },
      { jobId: 'j3', token: 3n, row: done },
    ]);
    expect(JSON.parse(text ?? '')).toEqual([
      { jobs: '{j1}', tokens: '{1}', rows: [done, { step: 'b' }] },
      { jobs: '{j2,j3}', tokens: '{9007199254740993,3}', rows: [done] },
    ]);
  });

  it('keep apart what differs in order alone', () => {
    const text = groupRows([
      { jobId: 'j1', row: { n: 1 } },
      { jobId: 'j1', row: { n: 2 } },
      { jobId: 'j2', row: { n: 2 } },
      { jobId: 'j2', row: { n: 1 } },
    ]);
    expect(JSON.parse(text ?? '')).toHaveLength(2);
  });

  it('are nothing when there are none', () => {
    expect(groupRows([])).toBeUndefined();
  });
});
