import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/fault.ts';
import { roles } from '../../../src/domain/permissions.ts';
import { systemClock } from '../../../src/main/systemClock.ts';
import { createPauseProvider } from '../../../src/operations/providers/pausing.ts';
import { type AuditKeeperOptions, createAuditKeeper } from '../../../src/operations/trail/auditKeeper.ts';
import { createExportTrail } from '../../../src/operations/trail/exportTrail.ts';
import { createListAudit } from '../../../src/operations/trail/listAudit.ts';
import { createPastKeeper, type PastKeeperOptions } from '../../../src/operations/trail/pastKeeper.ts';
import { createVerifyTrail } from '../../../src/operations/trail/verifyTrail.ts';
import type { By } from '../../../src/operations/frame/operation.ts';
import type { AuditAnchor, AuditAnchorPoint, AuditChain } from '../../../src/ports/audit.ts';
import { createAuditLog } from '../../../src/store/audit/auditLog.ts';
import { createDailyDuties } from '../../../src/store/operations/dailyDuties.ts';
import type { Retention } from '../../../src/ports/operationsPast.ts';
import { createOperationsPast } from '../../../src/store/operations/operationsPast.ts';
import { providerPausing } from '../../../src/store/operations/providers/providerPausing.ts';
import { eventually } from '../../builders/engineStack.ts';
import { insertMailLink, insertOwnedEbook } from '../../builders/ownedEbook.ts';
import { callerOf, type OperationsStack, startOperationsStack } from '../../builders/operationsStack.ts';
import { createManualClock } from '../../fakes/manualClock.ts';

/** A place outside of the database. */
function memoryAnchor(): AuditAnchor & { points: AuditAnchorPoint[]; broken: boolean } {
  const points: AuditAnchorPoint[] = [];
  const anchor = {
    points,
    broken: false,
    put: async (point: AuditAnchorPoint) => {
      if (anchor.broken) throw outOfReach();
      points.push(point);
      return `memory:${points.length}`;
    },
    latest: async () => points.at(-1),
    list: async () => {
      if (anchor.broken) throw outOfReach();
      return [...points];
    },
  };
  return anchor;
}

const outOfReach = () =>
  new Fault({ kind: 'permanent', reason: 'anchor_damaged', message: 'A line of it is none.' });

/** Something that happens once, for others to wait for. */
function signal() {
  let send: () => void = () => undefined;
  const sent = new Promise<void>((resolve) => {
    send = resolve;
  });
  return { sent, send };
}

let stack: OperationsStack;
const anchor = memoryAnchor();
beforeAll(async () => {
  stack = await startOperationsStack((pool) => {
    const log = createAuditLog(pool);
    return [
      createPauseProvider(providerPausing),
      createListAudit({ log, clock: systemClock }),
      createVerifyTrail({ log, anchor }),
      createExportTrail({ log, clock: systemClock, rowsMax: 20 }),
    ];
  });
});
beforeEach(() => {
  anchor.broken = false;
});
afterAll(() => stack.stop());

const pause = (subject: string, minutes = 5) =>
  stack.ask(
    'provider:pause',
    { provider: 'plausible', minutes },
    { caller: callerOf('ops_admin', subject), reason: '=1+1 the provider moves' },
  );

interface Listed {
  rows: Array<{ seq: number; actor: string; action: string; after: unknown; reason: string }>;
  next: number | null;
}
const list = async (input: object) => (await stack.ask('audit:list', input)).output as Listed;
const verify = async () => (await stack.ask('audit:verify', {})).output as Record<string, unknown>;

describe('the audit', () => {
  it('is listed by who, what, to what, how and when, page by page', async () => {
    await pause('auth0|bea');
    await pause('auth0|bea', 6);
    await stack.refusalOf(
      'provider:pause',
      { provider: 'stripe', minutes: 5 },
      {
        caller: callerOf('ops_viewer', 'auth0|victor'),
      },
    );
    const mine = await list({ actor: 'auth0|bea', limit: 1 });
    expect(mine.rows).toMatchObject([
      { actor: 'auth0|bea', action: 'provider:pause', after: { pausedUntil: expect.any(String) } },
    ]);
    const older = await list({ actor: 'auth0|bea', limit: 1, cursor: mine.next });
    expect(older.rows[0]!.seq).toBeLessThan(mine.rows[0]!.seq);
    expect(older.next).toBeNull();

    const filters = { action: 'provider:pause', target: 'stripe', targetKind: 'provider', channel: 'api' };
    expect((await list({ ...filters, result: 'refused' })).rows).toMatchObject([{ actor: 'auth0|victor' }]);
    expect((await list({ ...filters, result: 'done' })).rows).toEqual([]);
    expect((await list({ since: '1h' })).rows.length).toBeGreaterThanOrEqual(3);
    expect((await list({ until: '1h' })).rows).toEqual([]);
  });

  it('is verified against what is kept outside, and says so when that cannot be read', async () => {
    expect(await verify()).toMatchObject({ ok: true, findingCount: 0, problems: 0, anchorTrouble: null });
    anchor.broken = true;
    expect(await verify()).toMatchObject({ ok: false, findingCount: 0, anchorTrouble: 'anchor_damaged' });
  });

  it('is read once, however many ask at one time, and anew after that', async () => {
    const log = createAuditLog(stack.pool);
    let readings = 0;
    const counting = {
      readChainAlone: <T>(read: (chain: AuditChain) => Promise<T>) => {
        readings += 1;
        return log.readChainAlone(read);
      },
    };
    const operation = createVerifyTrail({ log: counting, anchor });
    const by = {} as By;
    const verdicts = await Promise.all([1, 2, 3].map(() => operation.read({}, by)));
    expect(readings).toBe(1);
    expect(new Set(verdicts).size).toBe(1);
    await operation.read({}, by);
    expect(readings).toBe(2);
  });

  it('is not read by two processes at one time: the second is told to wait', async () => {
    const done = signal();
    const reads = signal();
    const first = stack.audit.readChainAlone(() => {
      reads.send();
      return done.sent;
    });
    await reads.sent;
    expect(await stack.refusalOf('audit:verify', {})).toMatchObject({
      kind: 'too_many',
      code: 'audit_being_verified',
      remedy: expect.any(String) as string,
      retryAfterSeconds: 10,
    });
    done.send();
    await first;
    expect(await verify()).toMatchObject({ ok: true });
  });

  it('can be verified again after a verification that failed', async () => {
    const failing = createVerifyTrail({
      log: { readChainAlone: () => Promise.reject(outOfReach()) },
      anchor: null,
    });
    const by = {} as By;
    for (let turn = 0; turn < 2; turn += 1) await expect(failing.read({}, by)).rejects.toThrow(Fault);
  });

  it('shows a row that somebody with all rights has changed', async () => {
    const { auditSeq } = await pause('auth0|carl');
    const change = async (actor: string) => {
      const client = await stack.admin.connect();
      await client.query('set session_replication_role = replica');
      await client.query('update fulfillment.ops_audit set actor = $2 where seq = $1', [auditSeq, actor]);
      client.release(true);
    };
    await change('auth0|somebody');
    expect(await verify()).toMatchObject({
      ok: false,
      findingCount: 1,
      problems: 1,
      findings: [{ kind: 'changed', seq: auditSeq, toSeq: auditSeq }],
    });
    await change('auth0|carl');
    expect(await verify()).toMatchObject({ ok: true });
  });

  it('is exported as lines or as a table, and the export is itself written down', async () => {
    await pause('auth0|dora');
    const input = { since: '1h', actor: 'auth0|dora' };
    const exported = await stack.ask('audit:export', input, { reason: undefined as never });
    expect(exported.output).toMatchObject({ format: 'ndjson', rows: 1, contentType: 'application/x-ndjson' });
    const { text } = exported.output as { text: string };
    expect(JSON.parse(text)).toMatchObject({ actor: 'auth0|dora', action: 'provider:pause' });
    expect((await list({ action: 'audit:export' })).rows).toMatchObject([
      { seq: exported.auditSeq, target: { kind: 'audit', id: '1h..now' } },
    ]);
    const { output: table } = await stack.ask('audit:export', { ...input, format: 'csv' });
    const lines = (table as { text: string }).text.split('\r\n');
    expect(lines[0]).toMatch(/^seq,at,actor,/);
    expect(lines[1]).toContain(`,'=1+1 the provider moves,`);
    expect(table).toMatchObject({ rows: 1 });
  });

  it('is not exported without bounds', async () => {
    const endless = await stack.refusalOf('audit:export', { since: '2020-01-01' });
    expect(endless).toMatchObject({ kind: 'invalid_input', code: 'stretch_unusable', field: 'since' });
    const backwards = await stack.refusalOf('audit:export', { since: '1h', until: '2h' });
    expect(backwards.code).toBe('stretch_unusable');
    expect((await stack.refusalOf('audit:export', {})).field).toBe('since');
    for (let row = 0; row < 20; row += 1) await pause('auth0|eve');
    for (const format of ['csv', 'ndjson']) {
      const many = await stack.refusalOf('audit:export', { since: '1h', format });
      expect(many.code).toBe('export_too_large');
      const { output } = await stack.ask('audit:export', { since: '1h', format, actor: 'auth0|eve' });
      expect(output).toMatchObject({ rows: 20 });
    }
  });

  it('is for administrators and finance alone', async () => {
    for (const role of roles.filter((one) => one !== 'ops_admin' && one !== 'ops_finance'))
      for (const name of ['audit:list', 'audit:verify', 'audit:export'])
        expect((await stack.refusalOf(name, {}, { caller: callerOf(role) })).kind).toBe('not_allowed');
    const finance = { caller: callerOf('ops_finance') };
    await expect(stack.ask('audit:list', {}, finance)).resolves.toBeDefined();
  });
});

describe('the keeper of the audit', () => {
  const keeper = (options: Partial<AuditKeeperOptions> = {}) =>
    createAuditKeeper({
      log: stack.audit,
      anchor,
      duties: createDailyDuties(stack.pool),
      clock: createManualClock(),
      ...options,
    });
  beforeEach(async () => {
    await stack.admin.query('delete from fulfillment.ops_duties');
    anchor.points.length = 0;
  });

  it('anchors the head once a day, however many processes there are', async () => {
    const { auditSeq } = await pause('auth0|fred');
    const news = await Promise.all([1, 2, 3].map(() => keeper().keep()));
    const kept = news.filter((one) => one !== null);
    expect(kept).toMatchObject([{ anchoring: { outcome: 'anchored', seq: auditSeq }, pruning: { rows: 0 } }]);
    expect(anchor.points).toMatchObject([{ seq: auditSeq }]);
    expect(await stack.audit.listCheckpoints()).toContainEqual(
      expect.objectContaining({ seq: auditSeq, anchoredTo: 'memory:1' }),
    );
    expect(await verify()).toMatchObject({ ok: true, anchors: { agreeing: 1 } });

    await stack.admin.query('update fulfillment.ops_duties set day = day - 1');
    expect(await keeper().keep()).not.toBeNull();
  });

  it('comes back to what it, or one that died, did not finish', async () => {
    await pause('auth0|gina');
    anchor.broken = true;
    const failures: unknown[] = [];
    const clock = createManualClock();
    const again = keeper({ clock, everyMs: 1_000, againAfterMs: 0, failed: (error) => failures.push(error) });
    again.start();
    await eventually(() => failures.length === 1 && clock.sleeping() === 1);
    expect(anchor.points).toHaveLength(0);
    anchor.broken = false;
    await clock.advance(1_000);
    await eventually(() => clock.sleeping() === 1);
    await again.stop();
    expect(clock.sleeping()).toBe(0);
    expect(anchor.points).toHaveLength(1);
    expect(
      await stack.rows('select attempts, finished_at is null as open from fulfillment.ops_duties'),
    ).toEqual([{ attempts: 2, open: false }]);
  });

  it('waits until one that is at it counts as dead', async () => {
    const duties = createDailyDuties(stack.pool);
    await duties.begin('keep_audit', 1_000);
    expect(await keeper().keep()).toBeNull();
    await stack.admin.query(
      `update fulfillment.ops_duties set started_at = started_at - interval '31 minutes'`,
    );
    expect(await keeper().keep()).not.toBeNull();
  });

  it('closes the chain where there is no place outside, and removes nothing from a log that was tampered with', async () => {
    await pause('auth0|hans');
    const told = await keeper({ anchor: null }).keep();
    expect(told).toMatchObject({ anchoring: { outcome: 'unanchored' }, pruning: { rows: 0 } });

    await stack.admin.query('delete from fulfillment.ops_duties');
    anchor.points.push({ seq: 1_000_000, hash: new Uint8Array(32), at: new Date('2026-11-22') });
    const refused = await keeper().keep();
    expect(refused).toMatchObject({ anchoring: { outcome: 'refused', why: 'cut_off' }, pruning: null });
  });
});

describe('the keeper of what operations leave behind', () => {
  const retention = {
    rawEventDays: 90,
    downloadDays: 100,
    sessionDays: 10,
    mailDays: 14,
    timelineDays: 400,
    auditDays: 366,
  };
  const past = (changes: Partial<Retention> = {}) =>
    createOperationsPast(stack.pool, { ...retention, ...changes });
  const nothing = {
    requests: 0,
    bulkRuns: 0,
    drills: 0,
    eventBytes: 0,
    downloads: 0,
    sessions: 0,
    mailRequests: 0,
    timelineMonths: 0,
  };
  const keeper = (options: Partial<PastKeeperOptions> = {}) =>
    createPastKeeper({
      past: past(),
      duties: createDailyDuties(stack.pool),
      log: createAuditLog(stack.pool),
      clock: createManualClock(),
      ...options,
    });
  beforeEach(async () => {
    for (const table of ['ops_duties', 'ops_requests', 'ops_bulk_items', 'ops_bulk_runs', 'provider_drills'])
      await stack.admin.query(`delete from fulfillment.${table}`);
  });

  const addRequest = (requestId: string, age: string) =>
    stack.admin.query(
      `insert into fulfillment.ops_requests (actor, request_id, operation, input_sha256, created_at)
       values ('auth0|anna', $1, 'job:retry', $2, clock_timestamp() - $3::interval)`,
      [requestId, Buffer.alloc(32), age],
    );
  const requestsLeft = () =>
    stack
      .rows<{ id: string }>('select request_id as id from fulfillment.ops_requests order by 1')
      .then((rows) => rows.map(({ id }) => id));

  /** A run of two items that was planned as long ago; it ended then, unless it has not ended at all. */
  async function addRun(
    state: 'finished' | 'paused' | 'running',
    age: string,
    retryOf: string | null = null,
  ) {
    const [run] = await stack.rows<{ id: string }>(
      `insert into fulfillment.ops_bulk_runs
         (action, query, digest, state, items, eligible, approval_needed, planned_by, planned_at, expires_at, started_by,
          started_at, reason, rate_per_second, finished_at, retry_of)
       select 'job:retry', '', $1, $2, 2, 2, false, 'auth0|anna', t.at, t.at, 'auth0|anna', t.at, 'a test', 5,
              case when $2 = 'finished' then t.at end, $4::uuid
         from (select clock_timestamp() - $3::interval as at) t
       returning id`,
      [Buffer.alloc(32), state, age, retryOf],
    );
    const runId = run?.id ?? '';
    await stack.admin.query(
      `insert into fulfillment.ops_bulk_items (run_id, ordinal, job_id, decided_on, eligible)
       select $1, n, fulfillment.uuid_v7(), '1', true from generate_series(1, 2) n`,
      [runId],
    );
    return runId;
  }
  const runsLeft = () =>
    stack
      .rows<{ id: string }>('select id from fulfillment.ops_bulk_runs order by id')
      .then((rows) => rows.map(({ id }) => id));

  /** A time-ordered key of so long ago. */
  const keyOf = (age: string) =>
    `overlay(fulfillment.uuid_v7()::text placing left(fulfillment.uuid_v7_floor(clock_timestamp() - (${age}))::text, 13) from 1)::uuid`;
  const addEvent = (id: string, age: string, verdict = 'accepted') =>
    stack.admin.query(
      `insert into fulfillment.stripe_events (id, event_id, livemode, body, content_sha256, verdict, reason)
       select ${keyOf('$2::interval')}, $1, false, 'x', 'y', $3, 'a_test'`,
      [id, age, verdict],
    );
  async function addDownload(age: string) {
    const ebook = await insertOwnedEbook(stack.admin, {});
    const linkId = await insertMailLink(stack.admin, ebook);
    await stack.admin.query(
      `insert into fulfillment.downloads (link_id, entitlement_id, format, storage_key, at)
       values ($1, $2, 'pdf', 'k', clock_timestamp() - $3::interval)`,
      [linkId, ebook.entitlementId, age],
    );
    return ebook;
  }

  it('removes drills of providers after 13 months', async () => {
    for (const age of ['14 months', '12 months'])
      await stack.admin.query(
        `insert into fulfillment.provider_drills (at, by, passed, results)
         values (clock_timestamp() - $1::interval, 'auth0|anna', true, '[]')`,
        [age],
      );
    expect(await keeper().keep()).toEqual({ ...nothing, drills: 1 });
    expect(await stack.rows('select 1 from fulfillment.provider_drills')).toHaveLength(1);
  });

  it('empties raw events, and removes deliveries, sessions and wishes for mails, as old as they are kept', async () => {
    await addEvent('evt_old', '91 days');
    await addEvent('evt_young', '89 days');
    await addEvent('evt_open', '91 days', 'quarantined');
    for (const age of ['101 days', '99 days']) {
      const { paymentId } = await addDownload(age);
      await stack.admin.query(
        `insert into fulfillment.mail_requests (id, payment_id)
         select ${keyOf("$2::interval - interval '10 days'")}, $1`,
        [paymentId, age],
      );
    }
    expect(await keeper().keep()).toEqual({ ...nothing, eventBytes: 1, downloads: 1, mailRequests: 1 });
    expect(
      await stack.rows('select event_id as id from fulfillment.stripe_events where body is null'),
    ).toEqual([{ id: 'evt_old' }]);
    const [row] = await stack.rows(
      `select actor, channel, details from fulfillment.ops_audit where action = 'past:prune' order by seq desc limit 1`,
    );
    expect(row).toEqual({
      actor: 'keep_past',
      channel: 'system',
      details: { ...nothing, eventBytes: 1, downloads: 1, mailRequests: 1 },
    });
  });

  it('never empties what is young, whatever it is told', async () => {
    const eager = past({ rawEventDays: 0, downloadDays: 0, sessionDays: 0 });
    await Promise.all([eager.pruneEventBytes(100), eager.pruneDownloads(100)]);
    await addEvent('evt_younger', '29 days');
    await addDownload('89 days');
    expect([await eager.pruneEventBytes(100), await eager.pruneDownloads(100)]).toEqual([0, 0]);
  });

  it('removes sessions of staff as long after their end as the shop says, a day at least', async () => {
    await stack.admin.query('delete from fulfillment.ops_sessions');
    await stack.admin.query(
      `insert into fulfillment.ops_users (subject) values ('auth0|session') on conflict do nothing`,
    );
    for (const hours of [23, 25, 9 * 24, 11 * 24])
      await stack.admin.query(
        `insert into fulfillment.ops_sessions (token_sha256, subject, roles, signed_in_at, created_at, expires_at)
         values (sha256($1::int::text::bytea), 'auth0|session', '{ops_viewer}', now(),
                 clock_timestamp() - $1::int * interval '1 hour' - interval '1 hour', clock_timestamp() - $1::int * interval '1 hour')`,
        [hours],
      );
    expect(await past().pruneSessions(10)).toBe(1);
    expect(await past({ sessionDays: 0 }).pruneSessions(1)).toBe(1);
    expect(await past({ sessionDays: 0 }).pruneSessions(10)).toBe(1);
    expect(await stack.rows('select 1 from fulfillment.ops_sessions')).toHaveLength(1);
  });

  describe('months of timelines', () => {
    /** A month long ago, with one line about a job that began in it. */
    async function addMonth(month: string, { open = false, at = '401 days' } = {}): Promise<string> {
      const name = `fulfillment_job_events_${month.replace('-', '_')}`;
      const { rows } = await stack.admin.query<{ low: string; high: string; job: string }>(
        `select fulfillment.uuid_v7_floor($1::timestamptz) as low,
                fulfillment.uuid_v7_floor($1::timestamptz + interval '1 month') as high,
                fulfillment.uuid_v7_floor($1::timestamptz + interval '3 days') as job`,
        [`${month}-01T00:00:00Z`],
      );
      const { low = '', high = '', job = '' } = rows[0] ?? {};
      await stack.admin
        .query(`create table fulfillment.${name} partition of fulfillment.fulfillment_job_events
        for values from ('${low}') to ('${high}')`);
      await stack.admin.query(`alter table fulfillment.${name} owner to fulfillment_migrator`);
      const client = await stack.admin.connect();
      await client.query('set session_replication_role = replica');
      await client.query(
        `insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor, at)
         values ($1, 1, 'job.accepted', 'webhook', clock_timestamp() - $2::interval)`,
        [job, at],
      );
      if (open)
        await client.query(
          `insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at) values ($1, 'fulfil@1', clock_timestamp())`,
          [job],
        );
      await client.query('reset session_replication_role');
      client.release();
      return name;
    }
    const linesOf = (...names: string[]) =>
      Promise.all(names.map(async (name) => (await stack.rows(`select 1 from fulfillment.${name}`)).length));

    it('are emptied once they are as old as the shop says, but for those of which something is open', async () => {
      const [first, second, third] = [
        await addMonth('2024-01'),
        await addMonth('2024-02', { open: true }),
        await addMonth('2024-03'),
      ];
      expect(await keeper().keep()).toEqual({ ...nothing, timelineMonths: 2 });
      expect(await linesOf(first, second, third)).toEqual([0, 1, 0]);
      // An order of then has news: its line has a place.
      await stack.admin.query(
        `select fulfillment.append_job_event(fulfillment.uuid_v7_floor('2024-01-20'), 'job.reopened', 'x', '{}')`,
      );
      expect(await linesOf(first)).toEqual([1]);
      expect(await past({ timelineDays: 0 }).pruneTimelineMonth()).toBe(0);
    });

    it('keep what was written of late, and are never emptied young', async () => {
      const month = await addMonth('2024-04', { at: '89 days' });
      expect(await past({ timelineDays: 0 }).pruneTimelineMonth()).toBe(0);
      await stack.admin.query(`update fulfillment.${month} set at = at - interval '2 days'`);
      expect(await past().pruneTimelineMonth()).toBe(0);
      expect(await past({ timelineDays: 0 }).pruneTimelineMonth()).toBe(1);
    });

    it('wait for another day while somebody reads them', async () => {
      const month = await addMonth('2024-05');
      const reader = await stack.admin.connect();
      await reader.query('begin');
      await reader.query(`select 1 from fulfillment.${month}`);
      expect(await past().pruneTimelineMonth()).toBe(0);
      await reader.query('rollback');
      reader.release();
      expect(await past().pruneTimelineMonth()).toBe(1);
    });
  });

  it('removes requests after 30 days, a few at a time, and leaves the younger ones', async () => {
    for (const id of ['old-1', 'old-2', 'old-3']) await addRequest(id, '31 days');
    await addRequest('young', '29 days');
    expect(await past().pruneRequests(2)).toBe(2);
    expect(await keeper({ rowsAtOnce: 1 }).keep()).toEqual({ ...nothing, requests: 1 });
    expect(await requestsLeft()).toEqual(['young']);
  });

  it('leaves the requests of a run that has not ended: they alone say what it has done', async () => {
    const underWay = await addRun('paused', '40 days');
    const ended = await addRun('finished', '40 days');
    for (const id of [underWay, ended]) await addRequest(`bulk:${id}:1`, '40 days');
    await keeper().keep();
    expect(await requestsLeft()).toEqual([`bulk:${underWay}:1`]);
  });

  it('removes whole runs 13 months after their end, and never one that has not ended', async () => {
    const old = await addRun('finished', '14 months');
    const underWay = [await addRun('paused', '20 months'), await addRun('running', '20 months')];
    const young = await addRun('finished', '12 months', old);
    expect(await keeper().keep()).toEqual({ ...nothing, bulkRuns: 1 });
    expect(await runsLeft()).toEqual([...underWay, young].toSorted());
    expect(
      await stack.rows('select distinct run_id as id from fulfillment.ops_bulk_items order by 1'),
    ).toEqual([...underWay, young].toSorted().map((id) => ({ id })));
    expect(await stack.rows('select retry_of from fulfillment.ops_bulk_runs where id = $1', [young])).toEqual(
      [{ retry_of: null }],
    );
  });

  it('does so once a day, and leaves the rest to others when it has to stop', async () => {
    await addRequest('old', '31 days');
    const stopped = new AbortController();
    stopped.abort();
    expect(await keeper().keep(stopped.signal)).toBeNull();
    expect(await keeper().keep()).toBeNull();
    expect(await keeper({ againAfterMs: 0 }).keep()).toEqual({ ...nothing, requests: 1 });
    expect(await keeper({ againAfterMs: 0 }).keep()).toBeNull();
  });

  it('does not let the role itself remove what is younger', async () => {
    await expect(stack.pool.query('delete from fulfillment.ops_requests')).rejects.toThrow(
      'permission denied',
    );
    await expect(stack.pool.query('delete from fulfillment.ops_bulk_runs')).rejects.toThrow(
      'permission denied',
    );
  });
});
