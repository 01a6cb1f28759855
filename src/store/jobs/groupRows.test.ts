import { describe, expect, it } from 'vitest';
import { groupRows } from './groupRows.ts';

const lease = (jobId: string, token = 1n) => ({ jobId, token });

describe('rows of a batch', () => {
  it('are said once for all jobs that have the same ones, with the token of each', () => {
    const done = { step: 'a', state: 'done' };
    const text = groupRows([
      { lease: lease('j1', 1n), rows: [done, { step: 'b' }] },
      { lease: lease('j2', 9_007_199_254_740_993n), rows: [done] },
      { lease: lease('j3', 3n), rows: [done] },
    ]);
    expect(JSON.parse(text ?? '')).toEqual([
      { jobs: '{j1}', tokens: '{1}', rows: [done, { step: 'b' }] },
      { jobs: '{j2,j3}', tokens: '{9007199254740993,3}', rows: [done] },
    ]);
  });

  it('keep apart what differs in order alone', () => {
    const text = groupRows([
      { lease: lease('j1'), rows: [{ n: 1 }, { n: 2 }] },
      { lease: lease('j2'), rows: [{ n: 2 }, { n: 1 }] },
    ]);
    expect(JSON.parse(text ?? '')).toHaveLength(2);
  });

  it('are nothing when there are none', () => {
    expect(groupRows([])).toBeUndefined();
  });
});
