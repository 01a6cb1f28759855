import { describe, expect, it } from 'vitest';
import type { ChainPoint } from '../../domain/auditChain.ts';
import type { AuditAnchorPoint } from '../../ports/audit.ts';
import { anchorAudit } from './anchorAudit.ts';

const at = new Date('2026-11-22T10:00:00Z');
const hashOf = (byte: number) => new Uint8Array(32).fill(byte);

interface Given {
  anchored?: AuditAnchorPoint[];
  /** Of each row, what its hash is made of. */
  hashes?: number[];
  headSeq?: number;
}

function setUp({ anchored = [], hashes = [1, 2, 3], headSeq = hashes.length }: Given = {}) {
  const checkpoints: Array<ChainPoint & { anchoredTo: string | null }> = [];
  let reachable = true;
  const log = {
    readHead: async () => ({ seq: headSeq, hash: hashOf(hashes[headSeq - 1] ?? 0), at }),
    readHash: async (seq: number) => (hashes[seq - 1] === undefined ? null : hashOf(hashes[seq - 1] ?? 0)),
    addCheckpoint: async (point: ChainPoint, anchoredTo: string | null) => {
      if (!reachable) throw new Error('the database is away');
      checkpoints.push({ ...point, anchoredTo });
    },
  };
  const anchor = {
    put: async (point: AuditAnchorPoint) => {
      if (!anchored.some(({ seq }) => seq === point.seq)) anchored.push(point);
      return `shelf ${anchored.length}`;
    },
    latest: async () => anchored.at(-1),
    list: async () => anchored,
  };
  return {
    anchored,
    checkpoints,
    anchor: () => anchorAudit({ log, anchor }),
    setReachable: (is: boolean) => {
      reachable = is;
    },
  };
}

describe('anchoring the audit', () => {
  it('writes the head down outside, and a checkpoint that says where', async () => {
    const { anchor, anchored, checkpoints } = setUp();
    expect(await anchor()).toEqual({
      outcome: 'anchored',
      seq: 3,
      hash: hashOf(3),
      at,
      anchoredTo: 'shelf 1',
    });
    expect(anchored).toEqual([{ seq: 3, hash: hashOf(3), at }]);
    expect(checkpoints).toEqual([{ seq: 3, hash: hashOf(3), anchoredTo: 'shelf 1' }]);
  });

  it('anchors nothing of an empty log', async () => {
    const { anchor, anchored } = setUp({ hashes: [] });
    expect(await anchor()).toEqual({ outcome: 'nothing' });
    expect(anchored).toEqual([]);
  });

  it('mends a run that was cut short between anchor and checkpoint', async () => {
    const { anchor, checkpoints, anchored, setReachable } = setUp();
    setReachable(false);
    await expect(anchor()).rejects.toThrow('away');
    setReachable(true);
    expect(await anchor()).toMatchObject({ outcome: 'anchored' });
    expect(anchored).toHaveLength(1);
    expect(checkpoints).toMatchObject([{ seq: 3, anchoredTo: 'shelf 1' }]);
  });

  it.each([
    ['that ends before the last anchor', 'cut_off', { anchored: [{ seq: 5, hash: hashOf(5), at }] }],
    ['that was emptied', 'cut_off', { anchored: [{ seq: 1, hash: hashOf(1), at }], hashes: [] }],
    ['that is another than was anchored', 'rewritten', { anchored: [{ seq: 2, hash: hashOf(9), at }] }],
    ['whose head is no row', 'head_differs', { headSeq: 4 }],
  ])('refuses a log %s, and writes nothing down', async (_, why, given) => {
    const { anchor, anchored, checkpoints } = setUp(given);
    const before = [...anchored];
    expect(await anchor()).toMatchObject({ outcome: 'refused', why });
    expect(anchored).toEqual(before);
    expect(checkpoints).toEqual([]);
  });
});
