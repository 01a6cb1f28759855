import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEntry, ChainedAuditRow, ChainPoint } from '../../src/domain/auditChain.ts';
import { chainAuditEntry } from '../../src/domain/auditChain.ts';
import { createAuditVerifier } from '../../src/domain/auditVerification.ts';
import { openTestPools, type TestPools } from '../builders/testPools.ts';

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());

let pools: TestPools;
let operations: pg.Pool;

beforeAll(async () => {
  pools = await openTestPools();
  operations = pools.poolAs('fulfillment_operations', 4);
});
afterAll(() => pools.stop());

const plain: Omit<AuditEntry, 'seq' | 'at'> = {
  actor: 'auth0|anna',
  roles: ['ops_editor', 'ops_finance'],
  channel: 'cli',
  action: 'job:retry',
  targetKind: 'job',
  targetId: '019a',
  result: 'done',
  reason: 'Käufer „rief an“ 📞',
  requestId: 'r-1',
  bulkRunId: null,
  traceId: null,
  before: { state: 'failed', versions: [3, -1, 9_007_199_254_740_991], b: { z: null, a: 'ł"\\' } },
  after: null,
  details: { '': [], a: {}, é: true },
};

interface Head {
  seq: bigint;
  hash: Buffer;
  at: Date;
}

async function inTransaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await operations.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

async function insertRow(client: pg.ClientBase, { entry, prevHash, hash }: ChainedAuditRow): Promise<void> {
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  await client.query(
    `insert into fulfillment.ops_audit (seq, at, actor, roles, channel, action, target_kind, target_id, result, reason,
       request_id, bulk_run_id, trace_id, before, after, details, prev_hash, hash)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
    [
      entry.seq,
      entry.at,
      entry.actor,
      entry.roles,
      entry.channel,
      entry.action,
      entry.targetKind,
      entry.targetId,
      entry.result,
      entry.reason,
      entry.requestId,
      entry.bulkRunId,
      entry.traceId,
      json(entry.before),
      json(entry.after),
      json(entry.details),
      prevHash,
      hash,
    ],
  );
}

/** Appends a row as an operation does: under the lock of the head, in its own transaction. */
async function append(
  fields: Partial<AuditEntry> = {},
  change: (row: ChainedAuditRow) => ChainedAuditRow = (row) => row,
): Promise<number> {
  return inTransaction(async (client) => {
    const { rows } = await client.query<Head>('select * from fulfillment.lock_audit_head()');
    const { seq, hash, at } = rows[0]!;
    const row = chainAuditEntry({ seq: Number(seq), hash }, { ...plain, at, ...fields }, sha256);
    await insertRow(client, change(row));
    return row.entry.seq;
  });
}

interface Stored extends Record<string, unknown> {
  seq: string;
  at: Date;
  prev_hash: Buffer;
  hash: Buffer;
}

async function verify() {
  const points = async (table: string): Promise<ChainPoint[]> =>
    (await pools.rows<{ seq: string; hash: Buffer }>(`select seq, hash from fulfillment.${table}`)).map(
      ({ seq, hash }) => ({ seq: Number(seq), hash }),
    );
  const verifier = createAuditVerifier({ sha256, checkpoints: await points('ops_audit_checkpoints') });
  for (const row of await pools.rows<Stored>('select * from fulfillment.ops_audit order by seq')) {
    const { target_kind, target_id, request_id, bulk_run_id, trace_id, prev_hash, hash, seq, ...rest } = row;
    const entry = {
      ...rest,
      seq: Number(seq),
      targetKind: target_kind,
      targetId: target_id,
      requestId: request_id,
      bulkRunId: bulk_run_id,
      traceId: trace_id,
    } as unknown as AuditEntry;
    verifier.take({ entry, prevHash: prev_hash, hash });
  }
  const [head] = await points('ops_audit_head');
  return verifier.end(head!);
}

const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => 'was done',
    (error: Error) => error.message,
  );

/** What somebody with all rights could do to the table. */
const tamper = async (sql: string) => {
  await pools.rows('alter table fulfillment.ops_audit disable trigger user');
  await pools.rows(sql);
  await pools.rows('alter table fulfillment.ops_audit enable trigger user');
};

describe('the audit', () => {
  beforeEach(async () => {
    await pools.rows('alter table fulfillment.ops_audit_checkpoints disable trigger user');
    await tamper('truncate fulfillment.ops_audit, fulfillment.ops_audit_checkpoints');
    await pools.rows('alter table fulfillment.ops_audit_checkpoints enable trigger user');
    await pools.rows(
      `update fulfillment.ops_audit_head set seq = 0, hash = decode(repeat('00', 32), 'hex'), at = '2000-01-01Z'`,
    );
  });

  it('keeps rows that verify as they were written, whatever they say', async () => {
    await append();
    await append({ reason: null, targetKind: null, targetId: null, roles: [], before: [1, 'x'] });
    await append({ bulkRunId: randomUUID(), result: 'refused', channel: 'system' });
    expect(await verify()).toMatchObject({ ok: true, rows: 3 });
  });

  it('gives numbers without a gap to many at once, and after a rollback', async () => {
    await refusalOf(append({ result: 'perhaps' as 'done' }));
    await Promise.all(Array.from({ length: 20 }, () => append()));
    expect(await verify()).toMatchObject({ ok: true, rows: 20 });
    const rows = await pools.rows<{ last: string }>('select max(seq) as last from fulfillment.ops_audit');
    expect(rows).toEqual([{ last: '20' }]);
  });

  it('takes no row that does not follow from the head', async () => {
    await append();
    const notFollowing = /does not follow from the head/;
    const renumbered = (seq: number) => (row: ChainedAuditRow) => ({ ...row, entry: { ...row.entry, seq } });
    expect(await refusalOf(append({}, renumbered(3)))).toMatch(notFollowing);
    expect(await refusalOf(append({}, (row) => ({ ...row, prevHash: randomBytes(32) })))).toMatch(
      notFollowing,
    );
    expect(await refusalOf(append({ at: new Date('2020-01-01') }))).toMatch(notFollowing);
    expect(await verify()).toMatchObject({ ok: true, rows: 1 });
  });

  it.each([
    [`update fulfillment.ops_audit set reason = 'x'`],
    ['delete from fulfillment.ops_audit'],
    ['truncate fulfillment.ops_audit'],
    [`update fulfillment.ops_audit_checkpoints set hash = hash`],
    ['delete from fulfillment.ops_audit_checkpoints'],
    ['truncate fulfillment.ops_audit_checkpoints'],
  ])('refuses %s to operations and to a superuser', async (sql) => {
    const seq = await append();
    await operations.query(
      'insert into fulfillment.ops_audit_checkpoints (seq, hash) select seq, hash from fulfillment.ops_audit where seq = $1',
      [seq],
    );
    expect(await refusalOf(operations.query(sql))).toMatch(/permission denied|append-only/);
    expect(await refusalOf(pools.rows(sql))).toMatch(/append-only/);
  });

  it('lets operations move no head, and make no checkpoint of what is not there', async () => {
    await append();
    expect(await refusalOf(operations.query('update fulfillment.ops_audit_head set seq = 9'))).toMatch(
      /permission denied/,
    );
    const checkpoint = 'insert into fulfillment.ops_audit_checkpoints (seq, hash) values ($1, $2)';
    expect(await refusalOf(operations.query(checkpoint, [1, randomBytes(32)]))).toMatch(
      /not the hash of that row/,
    );
  });

  it.each([
    [`update fulfillment.ops_audit set reason = 'forged' where seq = 3`, ['changed 3']],
    [`update fulfillment.ops_audit set roles = array['ops_admin'] where seq = 3`, ['changed 3']],
    [`update fulfillment.ops_audit set at = at + interval '1 second' where seq = 3`, ['changed 3']],
    ['delete from fulfillment.ops_audit where seq = 3', ['missing 3']],
    ['delete from fulfillment.ops_audit where seq = 5', ['missing 5']],
    [
      `alter table fulfillment.ops_audit drop constraint ops_audit_seq_check;
       update fulfillment.ops_audit set seq = -seq where seq in (2, 4);
       update fulfillment.ops_audit set seq = 6 + seq where seq < 0;
       alter table fulfillment.ops_audit add check (seq > 0)`,
      ['moved 2', 'moved 4'],
    ],
  ])('shows what was done by force: %s', async (sql, problems) => {
    for (let n = 0; n < 5; n += 1) await append({ requestId: `r-${n}` });
    await tamper(sql);
    const report = await verify();
    const kinds = report.problems
      .filter(({ kind }) => kind !== 'broken_link')
      .map(({ kind, seq }) => `${kind} ${seq}`);
    expect(kinds).toEqual(problems);
  });

  it('is pruned after a year under a checkpoint, no further, and verifies still', async () => {
    const old = new Date(Date.now() - 400 * 86_400_000);
    for (const at of [old, old, old, old, new Date()]) await append({ at });
    const checkpoint = `insert into fulfillment.ops_audit_checkpoints (seq, hash)
      select seq, hash from fulfillment.ops_audit where seq = $1`;
    const prune = async () =>
      (await operations.query<{ n: bigint }>('select fulfillment.prune_audit(0) as n')).rows[0]?.n;

    expect(await prune()).toBe(0n);
    await operations.query(checkpoint, [5]);
    expect(await prune()).toBe(0n);
    await operations.query(checkpoint, [3]);
    expect(await prune()).toBe(3n);
    expect(await verify()).toMatchObject({ ok: true, rows: 2, prunedTo: 3 });
    await append();
    expect(await verify()).toMatchObject({ ok: true, rows: 3 });
    await tamper('delete from fulfillment.ops_audit where seq = 4');
    expect((await verify()).problems).toMatchObject([{ kind: 'missing', toSeq: 4 }]);
  });
});

describe('the other tables of operations', () => {
  const digest = randomBytes(32);
  const planned = `insert into fulfillment.ops_bulk_runs
    (action, query, digest, items, eligible, approval_needed, planned_by, expires_at)
    values ('job:retry', 'status:failed', $1, 200, 190, true, 'anna', clock_timestamp() + interval '10 minutes') returning id`;
  const start = `update fulfillment.ops_bulk_runs set state = 'running', started_by = $2, started_at = clock_timestamp(),
    reason = 'outage over', rate_per_second = 5 where id = $1`;
  const approve = `update fulfillment.ops_bulk_runs set approved_by = $2, approved_at = clock_timestamp() where id = $1`;

  it('let a large bulk run start only when a second person has approved it', async () => {
    const { rows } = await operations.query<{ id: string }>(planned, [digest]);
    const id = rows[0]?.id;
    expect(await refusalOf(operations.query(start, [id, 'anna']))).toMatch(/runs_only_approved/);
    expect(await refusalOf(operations.query(approve, [id, 'anna']))).toMatch(/approved_by_a_second_person/);
    await operations.query(approve, [id, 'piotr']);
    expect(await refusalOf(operations.query(start, [id, 'piotr']))).toMatch(/not_started_by_its_approver/);
    await operations.query(start, [id, 'anna']);
  });

  it('keep one open alert per rule and scope', async () => {
    const open = `insert into fulfillment.alerts (rule, scope, severity, summary) values ('sla', $1, 'page', 'x')`;
    await operations.query(open, ['']);
    await operations.query(open, ['other']);
    expect(await refusalOf(operations.query(open, ['']))).toMatch(/alerts_one_at_a_time/);
    await operations.query(
      `update fulfillment.alerts set state = 'resolved', resolved_at = clock_timestamp() where scope = ''`,
    );
    await operations.query(open, ['']);
  });

  it('keep no session longer than eight hours', async () => {
    await operations.query(`insert into fulfillment.ops_users (subject) values ('anna')`);
    const session = (hours: number) =>
      operations.query(
        `insert into fulfillment.ops_sessions (token_sha256, subject, roles, signed_in_at, expires_at)
         values ($1, 'anna', '{ops_viewer}', clock_timestamp(), clock_timestamp() + $2 * interval '1 hour')`,
        [randomBytes(32), hours],
      );
    expect(await refusalOf(session(7.9))).toBe('was done');
    expect(await refusalOf(session(8.1))).toMatch(/ends_within_eight_hours/);
  });

  it('know a request again', async () => {
    const ask = (actor: string) =>
      operations.query(
        `insert into fulfillment.ops_requests (actor, request_id, operation, input_sha256) values ($1, 'r1', 'job:retry', $2)
         on conflict do nothing`,
        [actor, digest],
      );
    expect((await ask('anna')).rowCount).toBe(1);
    expect((await ask('anna')).rowCount).toBe(0);
    expect((await ask('piotr')).rowCount).toBe(1);
  });
});
