import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ChangeOperation } from '../../../src/operations/frame/operation.ts';
import { createCancelJob, createHoldJob, createReleaseJob } from '../../../src/operations/jobs/standstill.ts';
import { wireOperations, type WiredOperations } from '../../../src/main/wireOperations.ts';
import type { AuditFilter } from '../../../src/ports/audit.ts';
import type { Transaction } from '../../../src/ports/transaction.ts';
import { createAuditLog } from '../../../src/store/audit/auditLog.ts';
import { createPool } from '../../../src/store/connection.ts';
import { jobControl } from '../../../src/store/operations/jobControl.ts';
import { queryIn } from '../../../src/store/transaction.ts';
import { as, buildAdminServer } from '../../builders/adminServer.ts';
import { type EngineStack, startEngineStack } from '../../builders/engineStack.ts';
import { listThings } from '../../builders/madeUpOperations.ts';
import { planOf, readStep } from '../../builders/steps.ts';

const plan = planOf([readStep('ask')]);

/** What the next `thing:try` does inside its transaction. */
let trial: (tx: Transaction) => Promise<unknown> = async () => undefined;
const input = z.strictObject({});
const tryThing: ChangeOperation<z.infer<typeof input>> = {
  kind: 'change',
  name: 'thing:try',
  permission: 'job:retry',
  summary: 'Try something',
  path: '/try',
  reason: 'optional',
  input,
  output: z.unknown(),
  target: () => ({ kind: 'thing', id: '1' }),
  async change(tx) {
    await trial(tx);
    return { output: { tried: true }, before: {}, after: {} };
  },
};

const list = [
  createHoldJob(jobControl),
  createReleaseJob(jobControl),
  createCancelJob(jobControl),
  tryThing,
  {
    ...listThings,
    read: () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })),
  },
];

let stack: EngineStack;
let wired: WiredOperations;
let woken = 0;
const worker = { wake: () => void (woken += 1) };

beforeAll(async () => {
  stack = await startEngineStack();
  const pool = stack.poolAs('fulfillment_operations', 6);
  wired = wireOperations({ pool, telemetry: { emit: () => undefined }, worker, list });
});
afterAll(async () => {
  await wired.stop();
  await stack.stop();
});

const build = () =>
  buildAdminServer({ list, ask: (name, asked) => wired.operations.ask(name, asked) }).server;

function post(url: string, payload: object, headers: Record<string, string> = {}) {
  return build().inject({
    method: 'POST',
    url: `/v1/admin${url}`,
    headers: { ...as('ops_admin'), 'idempotency-key': randomUUID(), ...headers },
    payload,
  });
}

const auditOf = async (filter: AuditFilter) =>
  (await createAuditLog(stack.poolAs('fulfillment_operations', 1)).list(filter, { limit: 100 })).rows;

async function addJob(): Promise<string> {
  const jobId = await stack.addJob(plan, { dueInMs: 600_000 });
  await stack.rows(
    `insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor) values ($1, 1, 'job.accepted', 'door:webhook')`,
    [jobId],
  );
  return jobId;
}

const hold = { version: 1, reason: 'the buyer called' };

describe('a change over HTTP', () => {
  it('is done, audited with all that is known of who asked, and workers hear of it', async () => {
    const jobId = await addJob();
    const headers = {
      'idempotency-key': 'hold-1',
      'x-fulfillment-channel': 'cli',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    };
    const answer = await post(`/jobs/${jobId}/hold`, hold, headers);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ jobId, state: 'held', version: 2 });
    expect((await stack.see(jobId)).state).toBe('held');
    expect(await auditOf({ target: { id: jobId } })).toMatchObject([
      {
        seq: Number(answer.headers['x-audit-seq']),
        actor: 'auth0|anna',
        roles: ['ops_admin'],
        channel: 'cli',
        action: 'job:hold',
        result: 'done',
        reason: 'the buyer called',
        requestId: 'hold-1',
        traceId: '0af7651916cd43dd8448eb211c80319c',
      },
    ]);
    const before = woken;
    await post(`/jobs/${jobId}/release`, { version: 2, reason: 'they have answered' });
    expect(woken).toBe(before + 1);
  });

  it('is done once for one request id, also when it comes several times at once', async () => {
    const jobId = await addJob();
    const same = { 'idempotency-key': `once-${jobId}` };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post(`/jobs/${jobId}/hold`, hold, same)),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array<number>(5).fill(200));
    expect(answers.filter(({ headers }) => headers['x-repeated'] === 'false')).toHaveLength(1);
    expect(new Set(answers.map(({ headers }) => headers['x-audit-seq']))).toHaveProperty('size', 1);
    for (const answer of answers) expect(answer.json()).toEqual(answers[0]?.json());
    expect((await stack.see(jobId)).timeline.filter((line) => line === 'job.held')).toHaveLength(1);

    const other = await post(`/jobs/${jobId}/cancel`, { ...hold, version: 2 }, same);
    expect(other.statusCode).toBe(422);
    expect(other.json()).toMatchObject({ code: 'request_id_reused', field: 'Idempotency-Key' });
    expect((await stack.see(jobId)).state).toBe('held');
  });

  it('that was decided on what has moved is refused with what has happened', async () => {
    const jobId = await addJob();
    await post(`/jobs/${jobId}/hold`, hold);
    const late = await post(`/jobs/${jobId}/cancel`, hold);
    expect(late.statusCode).toBe(409);
    expect(late.json()).toMatchObject({
      code: 'job_changed',
      field: 'version',
      changes: [{ at: expect.any(String), what: 'job.held by staff:auth0|anna' }],
    });
    const senseless = await post(`/jobs/${jobId}/hold`, { ...hold, version: 2 });
    expect(senseless.statusCode).toBe(409);
    expect(senseless.json()).toMatchObject({ code: 'job_held' });
  });

  it.each([
    ['no reason', (jobId: string) => post(`/jobs/${jobId}/hold`, { version: 1 }), 400, 'reason'],
    [
      'a reason that cannot be kept',
      (jobId: string) => post(`/jobs/${jobId}/hold`, { ...hold, reason: 'x'.repeat(1_001) }),
      400,
      'reason',
    ],
    [
      'a version that is text',
      (jobId: string) => post(`/jobs/${jobId}/hold`, { ...hold, version: '1' }),
      400,
      'version',
    ],
    [
      'a field that nobody knows',
      (jobId: string) => post(`/jobs/${jobId}/hold`, { ...hold, force: true }),
      400,
      'force',
    ],
    ['an id that cannot be one', () => post('/jobs/a%2Fb/hold', hold), 400, 'jobId'],
    ['a job that is not there', () => post(`/jobs/${randomUUID()}/hold`, hold), 404, 'jobId'],
  ])('with %s is refused, and says which field', async (_what, ask, status, field) => {
    const jobId = await addJob();
    const answer = await ask(jobId);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ field });
    expect((await stack.see(jobId)).state).toBe('open');
  });
});

describe('whoever may not', () => {
  it('changes nothing and is written down, also those who were only counted', async () => {
    const jobId = await addJob();
    const one = wireOperations({
      pool: stack.poolAs('fulfillment_operations', 2),
      telemetry: { emit: () => undefined },
      worker: undefined,
      list,
    });
    const { server } = buildAdminServer({ list, ask: (name, asked) => one.operations.ask(name, asked) });
    const headers = { ...as('ops_viewer', 'auth0|victor'), 'idempotency-key': 'v-1' };
    for (let index = 0; index < 13; index += 1) {
      const url = `/v1/admin/jobs/${jobId}/hold`;
      const answer = await server.inject({ method: 'POST', url, headers, payload: hold });
      expect(answer.statusCode).toBe(403);
    }
    expect(await auditOf({ actor: 'auth0|victor' })).toHaveLength(10);
    await one.stop();
    const rows = await auditOf({ actor: 'auth0|victor' });
    expect(rows).toHaveLength(11);
    expect(rows[0]).toMatchObject({
      action: 'job:hold',
      result: 'refused',
      target: { kind: 'job', id: jobId },
      details: { code: 'not_allowed', suppressed: 2 },
    });
    expect((await stack.see(jobId)).state).toBe('open');
  });
});

describe('a database that cannot answer now', () => {
  const passes = async () => {
    const key = { 'idempotency-key': randomUUID() };
    const answer = await post('/try', {}, key);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.json()).toMatchObject({ code: 'unavailable' });
    trial = async () => undefined;
    const again = await post('/try', {}, key);
    expect(again.statusCode).toBe(200);
    expect(again.headers['x-repeated']).toBe('false');
    const rows = await auditOf({ requestId: key['idempotency-key'] });
    expect(rows.map(({ result }) => result)).toEqual(['done']);
  };

  it('because the connection broke: 503, and the same request goes through later', async () => {
    trial = (tx) => queryIn(tx, 'select pg_terminate_backend(pg_backend_pid())');
    await passes();
  });

  it('because others were in the way: 503, and the same request goes through later', async () => {
    const jobId = await addJob();
    const other = await stack.admin.connect();
    try {
      await other.query('begin');
      await other.query('select from fulfillment.fulfillment_dispatch where job_id = $1 for update', [jobId]);
      trial = async (tx) => {
        await queryIn(tx, `set local lock_timeout = '10ms'`);
        await jobControl.lock(tx, jobId);
      };
      await passes();
    } finally {
      await other.query('rollback');
      other.release();
    }
  });

  it('because it is away: 503 for changes and reads, and for refusals that cannot be written down', async () => {
    const pool = createPool({
      connectionString: 'postgres://fulfillment_operations@127.0.0.1:1/none',
      applicationName: 'nowhere',
      connectionsMax: 1,
    });
    const lost = wireOperations({ pool, telemetry: { emit: () => undefined }, worker: undefined, list });
    const { server } = buildAdminServer({ list, ask: (name, asked) => lost.operations.ask(name, asked) });
    const send = (method: 'GET' | 'POST', url: string, role: string) =>
      server.inject({
        method,
        url: `/v1/admin${url}`,
        headers: { ...as(role), 'idempotency-key': '1' },
        ...(method === 'POST' ? { payload: {} } : {}),
      });
    expect((await send('POST', '/try', 'ops_admin')).statusCode).toBe(503);
    expect((await send('POST', '/try', 'ops_viewer')).statusCode).toBe(503);
    expect((await send('GET', '/things?query=x', 'ops_viewer')).statusCode).toBe(503);
    expect((await send('GET', '/me', 'ops_viewer')).statusCode).toBe(200);
    await lost.stop();
    await pool.end();
  });
});
