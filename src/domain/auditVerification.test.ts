import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditEntry, ChainedAuditRow, ChainPoint } from './auditChain.ts';
import { auditHash, chainAuditEntry, genesisHash } from './auditChain.ts';
import type { AuditReport } from './auditVerification.ts';
import { createAuditVerifier } from './auditVerification.ts';

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());
const start: ChainPoint = { seq: 0, hash: genesisHash };

function entryNo(number: number): Omit<AuditEntry, 'seq'> {
  return {
    at: new Date(Date.UTC(2026, 10, 1) + number * 1_000),
    actor: 'auth0|anna',
    roles: ['ops_editor'],
    channel: 'cli',
    action: 'job:retry',
    targetKind: 'job',
    targetId: `job-${number}`,
    result: 'done',
    reason: 'buyer called',
    requestId: `request-${number}`,
    bulkRunId: null,
    traceId: null,
    before: { state: 'failed', version: number },
    after: { state: 'open', version: number + 1 },
    details: {},
  };
}

function chainOf(length: number): ChainedAuditRow[] {
  const rows: ChainedAuditRow[] = [];
  for (let number = 1; number <= length; number += 1) {
    rows.push(chainAuditEntry(headOf(rows), entryNo(number), sha256));
  }
  return rows;
}

function headOf(rows: ChainedAuditRow[]): ChainPoint {
  const last = rows.at(-1);
  return last ? { seq: last.entry.seq, hash: last.hash } : start;
}

interface Known {
  head?: ChainPoint;
  checkpoints?: ChainPoint[];
  anchors?: ChainPoint[];
}

function verify(
  rows: ChainedAuditRow[],
  { head = headOf(rows), checkpoints = [], anchors = [] }: Known = {},
) {
  const verifier = createAuditVerifier({ sha256, checkpoints, anchors });
  for (const row of rows) verifier.take(row);
  return verifier.end(head);
}

const found = ({ problems }: AuditReport) => problems.map(({ kind, seq }) => `${kind} ${seq}`);

/** Everything rewritten from one row on, with hashes that fit. */
function rewrittenFrom(rows: ChainedAuditRow[], seq: number): ChainedAuditRow[] {
  const kept = rows.slice(0, seq - 1);
  for (const row of rows.slice(seq - 1)) {
    kept.push(chainAuditEntry(headOf(kept), { ...row.entry, reason: 'forged' }, sha256));
  }
  return kept;
}

describe('a chain of audit rows', () => {
  it('is whole as it was written', () => {
    expect(verify(chainOf(20))).toEqual({
      ok: true,
      rows: 20,
      prunedTo: 0,
      problems: [],
      problemCount: 0,
      anchorsUnchecked: 0,
    });
    expect(verify([])).toMatchObject({ ok: true, rows: 0 });
  });

  it('shows a change in any field', () => {
    const [row] = chainOf(1);
    if (!row) throw new Error('no row');
    const others: Record<keyof AuditEntry, unknown> = {
      seq: 2,
      at: new Date(0),
      actor: 'x',
      roles: ['ops_editor', 'ops_admin'],
      channel: 'api',
      action: 'job:cancel',
      targetKind: null,
      targetId: null,
      result: 'refused',
      reason: null,
      requestId: 'other',
      bulkRunId: 'b',
      traceId: 't',
      before: { state: 'failed', version: 2 },
      after: null,
      details: [1],
    };
    for (const [field, value] of Object.entries(others)) {
      const entry: AuditEntry = { ...row.entry, [field]: value };
      expect(auditHash(row.prevHash, entry, sha256), field).not.toEqual(row.hash);
    }
  });

  it('shows which row was changed', () => {
    const rows = chainOf(9);
    rows[4] = { ...rows[4]!, entry: { ...rows[4]!.entry, reason: 'forged' } };
    expect(found(verify(rows))).toEqual(['changed 5']);
  });

  it('shows a row that was changed and hashed again', () => {
    const rows = chainOf(9);
    rows[4] = rewrittenFrom(rows, 5)[4]!;
    expect(found(verify(rows))).toEqual(['broken_link 6']);
  });

  it('shows which rows were removed, also from the end and the beginning', () => {
    const rows = chainOf(9);
    const head = headOf(rows);
    const gone = verify(rows.toSpliced(3, 2), { head });
    expect(gone.problems).toEqual([{ kind: 'missing', seq: 4, toSeq: 5 }]);
    expect(verify(rows.slice(0, 7), { head }).problems).toEqual([{ kind: 'missing', seq: 8, toSeq: 9 }]);
    expect(verify(rows.slice(2), { head }).problems).toEqual([{ kind: 'missing', seq: 1, toSeq: 2 }]);
    expect(verify([], { head }).problems).toEqual([{ kind: 'missing', seq: 1, toSeq: 9 }]);
  });

  it('shows a row that was put in, in place of another, twice or at the end', () => {
    const rows = chainOf(9);
    const head = headOf(rows);
    const foreign = chainAuditEntry({ seq: 4, hash: sha256(new Uint8Array()) }, entryNo(77), sha256);
    expect(found(verify(rows.with(4, foreign), { head }))).toEqual(['broken_link 5', 'broken_link 6']);
    expect(found(verify(rows.toSpliced(4, 0, rows[4]!), { head }))).toEqual(['repeated 5']);
    const extra = chainAuditEntry(head, entryNo(10), sha256);
    expect(found(verify([...rows, extra], { head }))).toEqual(['beyond_head 10']);
  });

  it('shows rows that were put in with the rest renumbered', () => {
    const rows = chainOf(5);
    const extra = chainAuditEntry(headOf(rows.slice(0, 2)), entryNo(77), sha256);
    const renumbered = rows
      .slice(2)
      .map((row) => ({ ...row, entry: { ...row.entry, seq: row.entry.seq + 1 } }));
    const report = verify([...rows.slice(0, 2), extra, ...renumbered]);
    expect(found(report)).toContain('broken_link 4');
    expect(report.problems.filter(({ kind }) => kind === 'changed' || kind === 'moved')).not.toEqual([]);
  });

  it('shows rows that changed places', () => {
    const rows = chainOf(9);
    const swapped = rows
      .with(2, { ...rows[6]!, entry: { ...rows[6]!.entry, seq: 3 } })
      .with(6, { ...rows[2]!, entry: { ...rows[2]!.entry, seq: 7 } });
    const { problems } = verify(swapped, { head: headOf(rows) });
    expect(problems.filter(({ kind }) => kind === 'moved')).toEqual([
      { kind: 'moved', seq: 3, originalSeq: 7 },
      { kind: 'moved', seq: 7, originalSeq: 3 },
    ]);
  });

  it('tells by how much rows were moved when others were put in or removed and the rest renumbered', () => {
    const rows = chainOf(200);
    const renumbered = (kept: ChainedAuditRow[], by: number) =>
      kept.map((row) => ({ ...row, entry: { ...row.entry, seq: row.entry.seq + by } }));
    const two = rows.slice(0, 2);
    const one = chainAuditEntry(headOf(two), entryNo(77), sha256);
    const other = chainAuditEntry(headOf([one]), entryNo(78), sha256);
    expect(verify([...two, one, other, ...renumbered(rows.slice(2), 2)]).problems).toEqual([
      { kind: 'broken_link', seq: 5 },
      { kind: 'moved', seq: 5, toSeq: 202, originalSeq: 3 },
    ]);
    expect(verify([...two, ...renumbered(rows.slice(3), -1)]).problems).toEqual([
      { kind: 'broken_link', seq: 3 },
      { kind: 'moved', seq: 3, toSeq: 199, originalSeq: 4 },
    ]);
  });

  it('shows neighbouring changed rows as one stretch, and counts them', () => {
    const rows = chainOf(99).map((row) => ({ ...row, entry: { ...row.entry, reason: 'forged' } }));
    expect(verify(rows)).toMatchObject({
      problems: [{ kind: 'changed', seq: 1, toSeq: 99 }],
      problemCount: 99,
    });
  });

  it('shows a row with something in it that no hash is made of', () => {
    for (const forged of [{ at: new Date(Number.NaN) }, { details: 1.5 }, { reason: 'a\0' }, { seq: 3 }]) {
      const rows = chainOf(3);
      rows[2] = { ...rows[2]!, entry: { ...rows[2]!.entry, reason: 'x', ...forged } };
      expect(found(verify(rows))).toEqual(['changed 3']);
    }
  });

  it('shows by its head or a checkpoint that everything was written anew', () => {
    const rows = chainOf(9);
    const forged = rewrittenFrom(rows, 4);
    expect(found(verify(forged, { head: headOf(rows) }))).toEqual(['head_differs 9']);
    const checkpoints = [headOf(rows.slice(0, 6))];
    expect(found(verify(forged, { checkpoints }))).toEqual(['checkpoint_differs 6']);
  });

  it('shows by an anchor outside that rows, checkpoints and head were written anew together', () => {
    const rows = chainOf(9);
    const forged = rewrittenFrom(rows, 4);
    const known = { checkpoints: [headOf(forged.slice(0, 6))], anchors: [headOf(rows.slice(0, 8))] };
    expect(found(verify(forged, known))).toEqual(['anchor_differs 8']);
    expect(found(verify(forged.slice(0, 7), known))).toEqual(['anchor_differs 8']);
  });
});

describe('after pruning under a checkpoint', () => {
  const rows = chainOf(12);
  const checkpoints = [headOf(rows.slice(0, 4)), headOf(rows.slice(0, 8))];
  const kept = rows.slice(8);

  it('the chain is whole, with and without rows left', () => {
    expect(verify(kept, { checkpoints })).toMatchObject({ ok: true, rows: 4, prunedTo: 8 });
    expect(verify([], { checkpoints, head: headOf(rows.slice(0, 8)) })).toMatchObject({
      ok: true,
      rows: 0,
      prunedTo: 8,
    });
  });

  it('changed, removed and moved rows still show', () => {
    const head = headOf(rows);
    const changed = kept.with(1, { ...kept[1]!, entry: { ...kept[1]!.entry, actor: 'x' } });
    expect(found(verify(changed, { checkpoints, head }))).toEqual(['changed 10']);
    expect(verify(kept.slice(1), { checkpoints, head }).problems).toEqual([
      { kind: 'missing', seq: 1, toSeq: 9 },
    ]);
    expect(found(verify(kept.toSpliced(1, 1), { checkpoints, head }))).toEqual(['missing 10']);
  });

  it('a checkpoint that was exchanged shows', () => {
    const forged = [{ seq: 8, hash: sha256(new Uint8Array([1])) }];
    expect(found(verify(kept, { checkpoints: forged }))).toEqual(['broken_link 9']);
    const anchors = [headOf(rows.slice(0, 8)), headOf(rows.slice(0, 2))];
    expect(verify(kept, { checkpoints: forged, anchors })).toMatchObject({
      problemCount: 2,
      anchorsUnchecked: 1,
    });
  });

  it('a checkpoint below the last one still agrees with its anchor, or shows', () => {
    const anchors = [headOf(rows.slice(0, 4))];
    expect(verify(kept, { checkpoints, anchors })).toMatchObject({ ok: true, anchorsUnchecked: 0 });
    const forged = [{ seq: 4, hash: sha256(new Uint8Array([1])) }, checkpoints[1]!];
    expect(found(verify(kept, { checkpoints: forged, anchors }))).toEqual(['anchor_differs 4']);
  });
});

describe('any tampering with a chain of which the head is known', () => {
  it('is found', () => {
    const rows = chainOf(12);
    const head = headOf(rows);
    const index = fc.integer({ min: 0, max: 11 });
    const tampering = fc.oneof(
      index.map((at) => rows.toSpliced(at, 1)),
      index.map((at) => rows.toSpliced(at, 0, rows[(at + 5) % 12]!)),
      fc
        .tuple(index, index)
        .filter(([one, other]) => one !== other)
        .map(([one, other]) => rows.with(one, rows[other]!).with(other, rows[one]!)),
      fc
        .tuple(index, fc.string({ minLength: 1 }))
        .map(([at, reason]) =>
          rows.with(at, { ...rows[at]!, entry: { ...rows[at]!.entry, reason: `${reason}!` } }),
        ),
      index.map((at) => rewrittenFrom(rows, at + 1)),
    );
    fc.assert(
      fc.property(tampering, (tampered) => !verify(tampered, { head }).ok),
      { numRuns: 200 },
    );
  });
});
