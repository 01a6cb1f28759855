import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anchorAudit } from '../../../src/operations/audit/anchorAudit.ts';
import { verifyAudit } from '../../../src/operations/audit/verifyAudit.ts';
import { type AuditAnchor, pruneAction } from '../../../src/ports/audit.ts';
import { createAuditAnchorFile } from '../../../src/providers/localDisk/auditAnchorFile.ts';
import { type AuditedDatabase, hex, newEntry, openAuditedDatabase, unnumbered } from './auditedDatabase.ts';

let database: AuditedDatabase;
let directory: string;
let anchor: AuditAnchor;
let files = 0;

beforeAll(async () => {
  database = await openAuditedDatabase();
  directory = await mkdtemp(path.join(os.tmpdir(), 'audit-anchors-'));
});
afterAll(async () => {
  await database.stop();
  await rm(directory, { recursive: true });
});
beforeEach(async () => {
  await database.empty();
  anchor = createAuditAnchorFile({ file: path.join(directory, `${(files += 1)}.jsonl`) });
});

const dayMs = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * dayMs);
const anchorNow = () => anchorAudit({ log: database.log, anchor });

async function record(rows: number): Promise<void> {
  for (let n = 0; n < rows; n += 1) await database.log.record(newEntry({ requestId: `r-${n}` }));
}

/** What verification finds, with and without what was anchored. */
async function found({ anchored = false } = {}) {
  const anchors = anchored ? await anchor.list() : [];
  const verdict = await verifyAudit({ log: database.log, anchors });
  expect(verdict.ok).toBe(verdict.findings.length === 0);
  return verdict.findings.map(({ kind, seq, toSeq }) =>
    seq === toSeq ? `${kind} ${seq}` : `${kind} ${seq}-${toSeq}`,
  );
}

const sentences = async (anchored = false) =>
  (await verifyAudit({ log: database.log, anchors: anchored ? await anchor.list() : [] })).findings.map(
    ({ sentence }) => sentence,
  );

/** Rows get other numbers, without one being there twice in between. */
const renumber = (number: string, where: string) =>
  `alter table fulfillment.ops_audit drop constraint ops_audit_seq_check;
   update fulfillment.ops_audit set seq = -(${number}) where ${where};
   update fulfillment.ops_audit set seq = -seq where seq < 0;
   alter table fulfillment.ops_audit add constraint ops_audit_seq_check check (seq > 0)`;

const headFollows = `update fulfillment.ops_audit_head h set seq = a.seq, hash = a.hash, at = a.at
  from (select * from fulfillment.ops_audit order by seq desc limit 1) a`;

const changes: Array<[name: string, sql: string, findings: string[]]> = [
  ['a changed text', `update fulfillment.ops_audit set reason = 'forged' where seq = 5`, ['changed 5']],
  [
    'a changed time',
    `update fulfillment.ops_audit set at = at - interval '1 ms' where seq = 5`,
    ['changed 5'],
  ],
  ['a time that is none', `update fulfillment.ops_audit set at = 'infinity' where seq = 5`, ['changed 5']],
  [
    'a number no row is written with',
    `update fulfillment.ops_audit set before = '{"state": "failed", "version": 3.00000000000000000001}' where seq = 5`,
    ['changed 5'],
  ],
  [
    'several changed rows',
    `update fulfillment.ops_audit set actor = 'x' where seq in (4, 5, 6, 9)`,
    ['changed 4-6', 'changed 9'],
  ],
  ['a changed hash', `update fulfillment.ops_audit set hash = sha256(hash) where seq = 5`, ['changed 5']],
  ['a removed row', 'delete from fulfillment.ops_audit where seq = 5', ['removed 5']],
  ['removed rows', 'delete from fulfillment.ops_audit where seq in (4, 5, 8)', ['removed 4-5', 'removed 8']],
  ['a removed beginning', 'delete from fulfillment.ops_audit where seq < 4', ['removed 1-3']],
  ['a removed end', 'delete from fulfillment.ops_audit where seq > 8', ['removed 9-12']],
  ['all rows removed', 'delete from fulfillment.ops_audit', ['removed 1-12']],
  ['rows that changed places', renumber('10 - seq', 'seq in (3, 7)'), ['moved 3', 'moved 7']],
  ['neighbours that changed places', renumber('11 - seq', 'seq in (5, 6)'), ['moved 5', 'moved 6']],
  [
    'a removed row, with the rest numbered anew',
    `delete from fulfillment.ops_audit where seq = 5; ${renumber('seq - 1', 'seq > 5')}; ${headFollows}`,
    ['removed 5', 'moved 5-11'],
  ],
  [
    'a row under a number that is never given',
    `alter table fulfillment.ops_audit drop constraint ops_audit_seq_check;
     update fulfillment.ops_audit set seq = -3 where seq = 12;
     alter table fulfillment.ops_audit add constraint ops_audit_seq_check check (seq > 0) not valid`,
    ['inserted -3', 'removed 12'],
  ],
  [
    'a row put in at the end',
    `insert into fulfillment.ops_audit select seq + 1, at, actor, roles, channel, action, target_kind, target_id, result,
       reason, request_id, bulk_run_id, trace_id, before, after, details, hash, sha256(hash)
       from fulfillment.ops_audit where seq = 12`,
    ['changed 13', 'inserted 13'],
  ],
  ['a head that was moved', 'update fulfillment.ops_audit_head set hash = sha256(hash)', ['head_differs 12']],
  ['a head that is gone', 'delete from fulfillment.ops_audit_head', ['head_differs 12']],
];

describe('verification of the audit', () => {
  it('finds nothing in a log as it was written, and says what it cannot know', async () => {
    expect(await verifyAudit({ log: database.log })).toMatchObject({ ok: true, rows: 0, verified: null });
    await record(12);
    await anchorNow();
    const verdict = await verifyAudit({ log: database.log, anchors: await anchor.list() });
    expect(verdict).toMatchObject({
      ok: true,
      rows: 12,
      verified: { fromSeq: 1, toSeq: 12, from: expect.any(Date), to: expect.any(Date) },
      prunedTo: 0,
      anchors: { agreeing: 1, differing: 0, unchecked: 0 },
      findings: [],
      problems: 0,
    });
    expect(verdict.summary).toMatch(/as it was written\. Looked at 12 rows, from row 1 of .* to row 12 of/);
    expect((await verifyAudit({ log: database.log })).summary).toMatch(/No anchor was given/);
  });

  it.each(changes)('finds %s', async (_, sql, findings) => {
    await record(12);
    await database.force(sql);
    expect(await found()).toEqual(findings);
  });

  it('finds a row that was changed and hashed anew', async () => {
    await record(12);
    const head = (await database.log.readHead())!;
    const kept = await database.pools.rows<{ hash: Buffer; prev_hash: Buffer }>(
      'select * from fulfillment.ops_audit where seq > 5',
    );
    await database.rewriteFrom(5, (entry) => ({ ...entry, reason: 'forged' }));
    await database.force('delete from fulfillment.ops_audit where seq > 5');
    await database.force(
      `insert into fulfillment.ops_audit select * from jsonb_populate_recordset(null::fulfillment.ops_audit, $1)`,
      [JSON.stringify(kept.map((row) => ({ ...row, hash: hex(row.hash), prev_hash: hex(row.prev_hash) })))],
    );
    await database.force('update fulfillment.ops_audit_head set seq = $1, hash = $2', [head.seq, head.hash]);
    expect(await found()).toEqual(['exchanged 5']);
    expect(await sentences()).toEqual([expect.stringMatching(/^Row 5 was changed and hashed anew/)]);
  });

  it('finds a row that was put in, with the rest numbered anew, and names it', async () => {
    await record(12);
    const before = (await database.log.readHash(4))!;
    await database.force(renumber('seq + 1', 'seq >= 5'));
    await database.insertAfter({ seq: 4, hash: before }, unnumbered({ reason: 'never happened' }));
    await database.force(headFollows);
    expect(await found()).toEqual(['inserted 5', 'moved 6-13']);
    expect(await sentences()).toEqual([
      'Row 5 was put in, and the rows after that numbered anew.',
      'Rows 6 to 13 were moved: written as rows 5 to 12.',
    ]);
  });

  it('finds a second row under the same number, wherever batches end', async () => {
    await database.writeChain(Array.from({ length: 1_001 }, () => unnumbered()));
    await database.force('alter table fulfillment.ops_audit drop constraint ops_audit_pkey');
    await database.force(
      'insert into fulfillment.ops_audit select * from fulfillment.ops_audit where seq = 1000',
    );
    expect(await found()).toEqual(['inserted 1000']);
    await database.empty();
    await database.force('alter table fulfillment.ops_audit add primary key (seq)');
  });

  it('is not deceived by what is appended or pruned meanwhile', async () => {
    await database.writeChain(
      Array.from({ length: 3_000 }, (_, n) => unnumbered({ at: n < 2_000 ? daysAgo(400) : daysAgo(3) })),
    );
    const point = { seq: 1_500, hash: (await database.log.readHash(1_500))! };
    await database.log.addCheckpoint(point, null);
    const meanwhile: Array<Promise<unknown>> = [];
    const verdict = await verifyAudit({
      log: database.log,
      onProgress: () => meanwhile.push(database.log.record(newEntry()), database.log.prune(retention)),
    });
    await Promise.all(meanwhile);
    expect(verdict).toMatchObject({ ok: true, rows: 3_000, prunedTo: 0 });
    expect(await verifyAudit({ log: database.log })).toMatchObject({ ok: true, prunedTo: 1_500 });
  });

  it('ends when it is called off', async () => {
    await record(3);
    const verifying = verifyAudit({ log: database.log, signal: AbortSignal.abort(new Error('called off')) });
    await expect(verifying).rejects.toThrow('called off');
  });
});

describe('verification of the audit by an anchor', () => {
  it('tells a tail that was cut off, head and checkpoints with it', async () => {
    await record(8);
    await anchorNow();
    await record(4);
    await anchorNow();
    await database.force('delete from fulfillment.ops_audit where seq > 7');
    await database.force('delete from fulfillment.ops_audit_checkpoints');
    await database.force(headFollows);
    expect(await found()).toEqual([]);
    expect(await found({ anchored: true })).toEqual(['cut_off 8-12']);
    expect(await sentences(true)).toEqual([
      expect.stringMatching(/^Rows 8 to 12 were cut off from the end: row 12 of .* was anchored outside/),
    ]);
    expect(await anchorNow()).toMatchObject({ outcome: 'refused', why: 'cut_off' });
  });

  it('tells a log that was emptied', async () => {
    await record(5);
    await anchorNow();
    await database.empty();
    expect(await found()).toEqual([]);
    expect(await found({ anchored: true })).toEqual(['cut_off 1-5']);
    expect(await anchorNow()).toMatchObject({ outcome: 'refused', why: 'cut_off' });
  });

  it('tells by a checkpoint that was forgotten that a tail was cut off', async () => {
    await record(8);
    await anchorNow();
    await database.force('delete from fulfillment.ops_audit where seq > 6');
    await database.force(headFollows);
    expect(await found()).toEqual(['cut_off 7-8']);
  });

  it('tells a log that was rewritten as a whole, and between which anchors', async () => {
    for (const rows of [4, 4, 4]) {
      await record(rows);
      await anchorNow();
    }
    await database.rewriteFrom(6, (entry) => ({ ...entry, actor: 'auth0|somebody-else' }));
    expect(await found()).toEqual([]);
    expect(await found({ anchored: true })).toEqual(['rewritten 5-12']);
    expect(await sentences(true)).toEqual([
      expect.stringMatching(/row 8 of .* is not the one that was anchored outside\. Up to row 4 it is/),
    ]);
    await record(1);
    expect(await anchorNow()).toMatchObject({ outcome: 'refused', why: 'rewritten' });
  });

  it('tells a log that was rewritten from its beginning', async () => {
    await record(5);
    await anchorNow();
    await database.rewriteFrom(1, (entry) => ({ ...entry, reason: 'forged' }));
    expect(await found()).toEqual([]);
    expect(await found({ anchored: true })).toEqual(['rewritten 1-5']);
  });
});

describe('verification of the audit after pruning', () => {
  /** 12 rows, of which 8 are old; pruned to the checkpoint of row 6, which leaves 7 to 12 and the row of pruning, 13. */
  async function writePruned() {
    await database.writeChain(
      Array.from({ length: 12 }, (_, n) => unnumbered({ at: daysAgo(n < 8 ? 400 - n : 12 - n) })),
    );
    for (const seq of [3, 6]) {
      const at = daysAgo(401 - seq);
      const hash = (await database.log.readHash(seq))!;
      const anchoredTo = await anchor.put({ seq, hash, at });
      await database.log.addCheckpoint({ seq, hash }, anchoredTo);
    }
    expect(await database.log.prune(retention)).toEqual({ rows: 6, toSeq: 6 });
  }

  it('finds a log as it was written, from its checkpoint on', async () => {
    await writePruned();
    await anchorNow();
    const verdict = await verifyAudit({ log: database.log, anchors: await anchor.list() });
    expect(verdict).toMatchObject({
      ok: true,
      rows: 7,
      prunedTo: 6,
      verified: { fromSeq: 7, toSeq: 13 },
      anchors: { agreeing: 3, differing: 0, unchecked: 0 },
    });
    expect(verdict.summary).toMatch(/Everything up to row 6 was pruned under a checkpoint/);
    const { rows } = await database.log.list({ action: pruneAction }, { limit: 5 });
    expect(rows).toMatchObject([{ seq: 13, actor: 'retention', details: { rows: 6, toSeq: 6 } }]);
    expect(await database.log.prune(retention)).toEqual({ rows: 0, toSeq: null });
    expect(await database.log.readHead()).toMatchObject({ seq: 13 });
  });

  it('goes on when all rows but the one of pruning are gone', async () => {
    await database.writeChain([unnumbered({ at: daysAgo(500) }), unnumbered({ at: daysAgo(450) })]);
    await anchorNow();
    expect(await database.log.prune(retention)).toEqual({ rows: 2, toSeq: 2 });
    await record(2);
    expect(await found({ anchored: true })).toEqual([]);
  });

  const changesAfterPruning: Array<[name: string, sql: string, findings: string[]]> = [
    ['a changed row', `update fulfillment.ops_audit set reason = 'forged' where seq = 9`, ['changed 9']],
    ['a removed row', 'delete from fulfillment.ops_audit where seq = 9', ['removed 9']],
    ['a removed beginning', 'delete from fulfillment.ops_audit where seq < 9', ['removed 7-8']],
    ['a removed end', 'delete from fulfillment.ops_audit where seq > 11', ['removed 12-13']],
    ['rows that changed places', renumber('20 - seq', 'seq in (8, 12)'), ['moved 8', 'moved 12']],
    [
      'a checkpoint that was exchanged',
      'update fulfillment.ops_audit_checkpoints set hash = sha256(hash) where seq = 6',
      ['exchanged 7'],
    ],
    [
      'a checkpoint that was removed',
      'delete from fulfillment.ops_audit_checkpoints where seq = 6',
      ['checkpoint_differs 6'],
    ],
    [
      'a beginning that was removed up to a checkpoint',
      `insert into fulfillment.ops_audit_checkpoints (seq, hash) select seq, hash from fulfillment.ops_audit where seq = 10;
       delete from fulfillment.ops_audit where seq <= 10`,
      ['removed 7-10'],
    ],
  ];

  it.each(changesAfterPruning)('finds %s', async (_, sql, findings) => {
    await writePruned();
    await database.force(sql);
    expect(await found()).toEqual(findings);
  });

  it('finds a row that was put in, with the rest numbered anew', async () => {
    await writePruned();
    const before = (await database.log.readHash(8))!;
    await database.force(renumber('seq + 1', 'seq >= 9'));
    await database.insertAfter({ seq: 8, hash: before }, unnumbered({ reason: 'never happened' }));
    await database.force(headFollows);
    expect(await found()).toEqual(['inserted 9', 'moved 10-14']);
  });

  it('tells by an anchor a tail that was cut off, and a log that was rewritten', async () => {
    await writePruned();
    await anchorNow();
    await database.rewriteFrom(8, (entry) => ({ ...entry, reason: 'forged' }));
    expect(await found()).toEqual([]);
    expect(await found({ anchored: true })).toEqual(['rewritten 7-13']);
    await database.force('delete from fulfillment.ops_audit where seq > 10');
    await database.force('delete from fulfillment.ops_audit_checkpoints where seq > 10');
    await database.force(headFollows);
    expect((await found({ anchored: true })).at(-1)).toBe('cut_off 11-13');
  });

  it('tells by an anchor that a checkpoint of pruned rows was exchanged', async () => {
    await writePruned();
    await database.force('update fulfillment.ops_audit_checkpoints set hash = sha256(hash) where seq = 3');
    expect(await found()).toEqual([]);
    expect(await found({ anchored: true })).toEqual(['checkpoint_differs 3']);
  });

  it('tells by an anchor that rows were pruned before their time', async () => {
    await database.writeChain(Array.from({ length: 5 }, () => unnumbered({ at: daysAgo(5) })));
    await anchorNow();
    // Somebody removes them, and lets the log tell that they were pruned.
    await database.force('delete from fulfillment.ops_audit');
    await database.log.record({ ...newEntry(), action: pruneAction, details: { rows: 5, toSeq: 5 } });
    expect(await found()).toEqual([]);
    expect(await found({ anchored: true })).toEqual(['removed 5']);
  });
});

const retention = {
  actor: 'retention',
  roles: [],
  channel: 'system',
  reason: null,
  requestId: null,
  traceId: null,
} as const;
