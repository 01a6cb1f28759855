import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWebhookReceiver } from '../../src/intake/receiveWebhook.ts';
import { systemClock } from '../../src/main/systemClock.ts';
import { systemRandom } from '../../src/main/systemRandom.ts';
import { fulfilPlan } from '../../src/steps/plans.ts';
import { createPool } from '../../src/store/connection.ts';
import { createIntakeStore } from '../../src/store/events/acceptEvent.ts';
import {
  bytesOf,
  intentObject,
  sessionObject,
  signatureHeader,
  stripeEvent,
} from '../builders/stripeEvent.ts';
import { openTestPools, type TestPools } from '../builders/testPools.ts';
import { createRecordingTelemetry } from '../fakes/recordingTelemetry.ts';

const secret = 'whsec_test';
const waitForSessionMs = 60_000;

let db: TestPools;
let intake: pg.Pool;

beforeAll(async () => {
  db = await openTestPools();
  intake = db.poolAs('fulfillment_intake', 20);
});
afterAll(() => db.stop());

function webhook(pool: pg.Pool = intake) {
  const telemetry = createRecordingTelemetry();
  const receive = createWebhookReceiver({
    store: createIntakeStore(pool),
    clock: systemClock,
    random: systemRandom,
    telemetry,
    secrets: [secret],
    livemode: false,
    startDate: new Date('2020-01-01T00:00:00Z'),
    plan: fulfilPlan,
    slaSeconds: 300,
    waitForSessionMs,
    onWork: () => undefined,
  });
  return {
    telemetry,
    outcomes: () => telemetry.of('webhook.answered').map(({ outcome }) => outcome),
    post: (content: unknown) => {
      const body = bytesOf(content);
      return receive({ body, signatureHeader: signatureHeader(body, [secret], new Date()) });
    },
  };
}

/** The events of one purchase, with ids of their own. */
function purchase(fields: { paid?: boolean } = {}) {
  const mark = randomUUID().replaceAll('-', '');
  const ids = { intent: `pi_${mark}`, session: `cs_test_${mark}` };
  const sessionWith = (changes: object = {}) =>
    sessionObject({ id: ids.session, payment_intent: ids.intent, ...changes });
  const unpaid = fields.paid === false ? { payment_status: 'unpaid' } : {};
  const event = (name: string, object: Record<string, unknown>, type?: string) =>
    stripeEvent(object, { id: `evt_${name}_${mark}`, ...(type ? { type } : {}) });
  return {
    ...ids,
    sessionWith,
    completed: event('completed', sessionWith(unpaid)),
    asyncSucceeded: event('async', sessionWith(), 'checkout.session.async_payment_succeeded'),
    succeeded: event('intent', intentObject({ id: ids.intent })),
  };
}

async function stateOf(intentId: string) {
  const payments = await db.rows<{ id: string; checkout_session_id: string | null; paid: boolean }>(
    'select id, checkout_session_id, paid from fulfillment.payments where payment_key = $1',
    [intentId],
  );
  const jobs = await db.rows<{
    id: string;
    state: string;
    due_in_ms: number;
    control_seq: string;
    timeline: string[];
  }>(
    `select j.id, j.state, d.control_seq,
            (extract(epoch from d.due_at - clock_timestamp()) * 1000)::float as due_in_ms,
            array(select e.kind from fulfillment.fulfillment_job_events e where e.job_id = j.id order by e.seq) as timeline
       from fulfillment.fulfillment_jobs j join fulfillment.payments p on p.id = j.payment_id
       left join fulfillment.fulfillment_dispatch d on d.job_id = j.id
      where p.payment_key = $1`,
    [intentId],
  );
  return { payments, jobs };
}

const eventsOf = (id: unknown) =>
  db.rows<{ verdict: string; reason: string | null; body: Buffer; payment_id: string | null }>(
    'select verdict, reason, body, payment_id from fulfillment.stripe_events where event_id = $1 order by received_at',
    [id],
  );

function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

describe('accepting one purchase', () => {
  it('makes event, payment, job and dispatch row before it answers', async () => {
    const { post, outcomes } = webhook();
    const bought = purchase();
    expect(await post(bought.completed)).toEqual({ status: 200, body: { received: true } });
    const { payments, jobs } = await stateOf(bought.intent);
    expect(payments).toMatchObject([{ checkout_session_id: bought.session, paid: true }]);
    expect(jobs).toMatchObject([{ state: 'open', timeline: ['job.accepted'] }]);
    expect(jobs[0]?.due_in_ms).toBeLessThanOrEqual(0);
    expect(await eventsOf(bought.completed['id'])).toMatchObject([
      { verdict: 'accepted', reason: null, body: bytesOf(bought.completed), payment_id: payments[0]?.id },
    ]);
    expect(outcomes()).toEqual(['accepted']);
  });

  it('takes fifty copies at once for one: one event row, one job, fifty answers', async () => {
    const { post, outcomes } = webhook();
    const bought = purchase();
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(bought.completed)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(await eventsOf(bought.completed['id'])).toHaveLength(1);
    const { payments, jobs } = await stateOf(bought.intent);
    expect([payments.length, jobs.length]).toEqual([1, 1]);
    expect(outcomes().toSorted()).toEqual(['accepted', ...Array.from({ length: 49 }, () => 'duplicate')]);
  });

  it('takes different events of one payment at the same instant for one payment with one job', async () => {
    const { post, outcomes } = webhook();
    const many = Array.from({ length: 12 }, () => purchase());
    const answers = await Promise.all(
      many.flatMap(({ completed, succeeded, asyncSucceeded }) =>
        [completed, succeeded, asyncSucceeded].map((event) => post(event)),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(outcomes().filter((outcome) => outcome === 'accepted')).toHaveLength(12);
    expect(outcomes().filter((outcome) => outcome === 'merged')).toHaveLength(24);
    for (const bought of many) {
      const { payments, jobs } = await stateOf(bought.intent);
      expect(payments).toMatchObject([{ checkout_session_id: bought.session, paid: true }]);
      expect(jobs).toMatchObject([{ timeline: ['job.accepted', 'payment.merged', 'payment.merged'] }]);
      expect(jobs[0]?.due_in_ms).toBeLessThanOrEqual(0);
    }
  });

  it.each(permutations(['completed', 'succeeded', 'asyncSucceeded'] as const satisfies string[]))(
    'ends the same in the order %s, %s, %s, each event twice',
    async (...order) => {
      const { post } = webhook();
      const bought = purchase({ paid: false });
      for (const name of [...order, ...order]) expect((await post(bought[name])).status).toBe(200);
      const { payments, jobs } = await stateOf(bought.intent);
      expect(payments).toMatchObject([{ checkout_session_id: bought.session, paid: true }]);
      expect(jobs).toMatchObject([{ state: 'open' }]);
      expect(jobs[0]?.due_in_ms).toBeLessThanOrEqual(0);
    },
  );

  it('makes no job of an unpaid session, and one as soon as it is paid', async () => {
    const { post, outcomes } = webhook();
    const bought = purchase({ paid: false });
    await post(bought.completed);
    expect(await stateOf(bought.intent)).toMatchObject({ payments: [{ paid: false }], jobs: [] });
    await post(bought.asyncSucceeded);
    const { payments, jobs } = await stateOf(bought.intent);
    expect(payments).toMatchObject([{ paid: true, checkout_session_id: bought.session }]);
    expect(jobs).toHaveLength(1);
    expect(outcomes()).toEqual(['unpaid', 'accepted']);
  });

  it('fulfils a purchase of zero under its session', async () => {
    const { post } = webhook();
    const bought = purchase();
    const free = bought.sessionWith({
      payment_intent: null,
      payment_status: 'no_payment_required',
      amount_total: 0,
    });
    await post(stripeEvent(free, { id: `evt_free_${bought.intent}` }));
    const { payments, jobs } = await stateOf(String(free['id']));
    expect(payments).toMatchObject([{ paid: true }]);
    expect(jobs).toHaveLength(1);
  });
});

describe('a payment that is known by its intent alone', () => {
  it('waits a bounded time for its session', async () => {
    const { post } = webhook();
    const bought = purchase();
    await post(bought.succeeded);
    const { jobs } = await stateOf(bought.intent);
    expect(jobs[0]?.due_in_ms).toBeGreaterThan(waitForSessionMs - 5_000);
    expect(jobs[0]?.due_in_ms).toBeLessThanOrEqual(waitForSessionMs);
  });

  it('is woken by its session: job and waiting steps are due at once', async () => {
    const { post } = webhook();
    const bought = purchase();
    await post(bought.succeeded);
    const before = await stateOf(bought.intent);
    const jobId = before.jobs[0]?.id;
    for (const [step, state, reason] of [
      ['resolve_order', 'blocked', 'unknown_product'],
      ['other', 'waiting', null],
      ['done', 'done', null],
    ]) {
      await db.rows(
        `insert into fulfillment.fulfillment_job_steps (job_id, step, state, reason, due_at, lease_token)
         values ($1, $2, $3, $4, clock_timestamp() + interval '15 minutes', 0)`,
        [jobId, step, state, reason],
      );
    }
    await post(bought.completed);
    const { jobs } = await stateOf(bought.intent);
    expect(jobs).toMatchObject([{ timeline: ['job.accepted', 'payment.merged'], control_seq: '1' }]);
    expect(jobs[0]?.due_in_ms).toBeLessThanOrEqual(0);
    const steps = await db.rows<{ step: string; due: boolean }>(
      'select step, due_at <= clock_timestamp() as due from fulfillment.fulfillment_job_steps where job_id = $1 order by step',
      [jobId],
    );
    expect(steps).toEqual([
      { step: 'done', due: false },
      { step: 'other', due: true },
      { step: 'resolve_order', due: true },
    ]);
  });

  it('keeps its lease when the session comes while it is worked on, and its holder is told', async () => {
    const { post } = webhook();
    const bought = purchase();
    await post(bought.succeeded);
    const jobId = (await stateOf(bought.intent)).jobs[0]?.id;
    await db.rows(
      `update fulfillment.fulfillment_dispatch set worker = 'w', due_at = clock_timestamp() + interval '10 seconds' where job_id = $1`,
      [jobId],
    );
    await post(bought.completed);
    const { jobs } = await stateOf(bought.intent);
    expect(jobs).toMatchObject([{ control_seq: '1' }]);
    expect(jobs[0]?.due_in_ms).toBeGreaterThan(5_000);
  });

  it('is not disturbed by what it knows already', async () => {
    const { post } = webhook();
    const bought = purchase();
    for (const event of [bought.completed, bought.succeeded, bought.asyncSucceeded]) await post(event);
    expect((await stateOf(bought.intent)).jobs).toMatchObject([{ control_seq: '0' }]);
  });

  it('notes a late event on a job that is finished, and reopens nothing', async () => {
    const { post, outcomes } = webhook();
    const bought = purchase();
    await post(bought.completed);
    const jobId = (await stateOf(bought.intent)).jobs[0]?.id;
    await db.rows('delete from fulfillment.fulfillment_dispatch where job_id = $1', [jobId]);
    await db.rows(
      `update fulfillment.fulfillment_jobs set state = 'completed', finished_at = now() where id = $1`,
      [jobId],
    );
    await post(bought.succeeded);
    expect((await stateOf(bought.intent)).jobs).toMatchObject([
      { state: 'completed', due_in_ms: null, timeline: ['job.accepted', 'payment.merged'] },
    ]);
    expect(outcomes()).toEqual(['accepted', 'merged']);
  });

  it('takes turns with a worker that holds the job and wants the payment', async () => {
    const { post } = webhook();
    const bought = purchase();
    await post(bought.succeeded);
    const jobId = (await stateOf(bought.intent)).jobs[0]?.id;
    const worker = await db.poolAs('fulfillment_worker').connect();
    await worker.query('begin');
    await worker.query('select from fulfillment.fulfillment_dispatch where job_id = $1 for update', [jobId]);
    const answer = post(bought.completed);
    await waitingForLock();
    await worker.query('select from fulfillment.payments where payment_key = $1 for update', [bought.intent]);
    await worker.query('commit');
    worker.release();
    expect((await answer).status).toBe(200);
  });
});

async function waitingForLock(): Promise<void> {
  const deadlineMs = Date.now() + 5_000;
  while (Date.now() < deadlineMs) {
    const [row] = await db.rows<{ waits: boolean }>(
      `select exists (select from pg_stat_activity where usename = 'fulfillment_intake' and wait_event_type = 'Lock'
          and datname = current_database()) as waits`,
    );
    if (row?.waits) return;
  }
  throw new Error('Nobody waits for a lock.');
}

describe('the same event again', () => {
  it('is a duplicate when only the number of pending webhooks differs', async () => {
    const { post, outcomes } = webhook();
    const bought = purchase();
    await post(bought.completed);
    await post({ ...bought.completed, pending_webhooks: 0 });
    expect(outcomes()).toEqual(['accepted', 'duplicate']);
    expect(await eventsOf(bought.completed['id'])).toHaveLength(1);
  });

  it('is kept beside the first when its content differs, for a human, once', async () => {
    const { post, outcomes } = webhook();
    const bought = purchase();
    const forged = { ...bought.completed, data: { object: bought.sessionWith({ amount_total: 1 }) } };
    await post(bought.completed);
    for (let turn = 0; turn < 2; turn += 1) expect((await post(forged)).status).toBe(200);
    expect(outcomes()).toEqual(['accepted', 'conflict', 'conflict']);
    expect(await eventsOf(bought.completed['id'])).toMatchObject([
      { verdict: 'accepted', body: bytesOf(bought.completed) },
      { verdict: 'conflict', reason: 'same_id_other_content', body: bytesOf(forged) },
    ]);
    expect((await stateOf(bought.intent)).jobs).toHaveLength(1);
  });

  it('is for a human when a session comes back with another payment', async () => {
    const { post, outcomes } = webhook();
    const bought = purchase();
    const other = purchase();
    await post(bought.completed);
    const again = stripeEvent(bought.sessionWith({ payment_intent: other.intent }), {
      id: `evt_again_${other.intent}`,
    });
    expect((await post(again)).status).toBe(200);
    expect(outcomes()).toEqual(['accepted', 'quarantined']);
    expect(await eventsOf(again['id'])).toMatchObject([
      { verdict: 'quarantined', reason: 'session_of_other_payment' },
    ]);
    expect((await stateOf(other.intent)).payments).toEqual([]);
  });
});

describe('content that cannot be used', () => {
  const hostile = (mark: string): Array<[string, string, string]> => [
    [
      'NUL',
      JSON.stringify(stripeEvent(sessionObject({ x: 'a\u0000' }), { id: `evt_${mark}` })),
      'unstorable_text',
    ],
    [
      'a lone surrogate',
      JSON.stringify(stripeEvent(sessionObject({ x: '\ud800' }), { id: `evt_${mark}` })),
      'unstorable_text',
    ],
    [
      'NUL in the version',
      JSON.stringify(stripeEvent(undefined, { id: `evt_${mark}`, api_version: '\u0000' })),
      'envelope: api_version',
    ],
    [
      'an absurd number',
      JSON.stringify(stripeEvent(undefined, { id: `evt_${mark}` })).replace('4900', '1e400'),
      'shape: amount_total',
    ],
    [
      'a date beyond dates',
      JSON.stringify(stripeEvent(undefined, { id: `evt_${mark}`, created: 1e15 })),
      'envelope: created',
    ],
    ['nesting', `[${'['.repeat(200_000)}`, 'nested_too_deep'],
    ['no JSON', `${mark} {`, 'not_json'],
    ['no object', JSON.stringify(mark), 'envelope: root'],
  ];

  it.each(hostile(randomUUID().replaceAll('-', '')).map(([title]) => title))(
    'is answered 200, stored raw once and visible: %s',
    async (title) => {
      const { post, outcomes } = webhook();
      const [, body, reason] =
        hostile(randomUUID().replaceAll('-', '')).find(([name]) => name === title) ?? [];
      expect((await post(body)).status).toBe(200);
      expect((await post(body)).status).toBe(200);
      expect(outcomes()).toEqual(['quarantined', 'duplicate']);
      const visible = await db
        .poolAs('fulfillment_reader', 1)
        .query(
          `select verdict, reason from fulfillment.stripe_events where verdict = 'quarantined' and reason = $1`,
          [reason],
        );
      expect(visible.rows.length).toBeGreaterThan(0);
      const kept = await db.rows('select from fulfillment.stripe_events where body = $1', [bytesOf(body)]);
      expect(kept).toHaveLength(1);
    },
  );

  it('is stored and ignored when the type is unknown', async () => {
    const { post, outcomes } = webhook();
    const id = `evt_${randomUUID().replaceAll('-', '')}`;
    await post(stripeEvent(undefined, { id, type: 'invoice.paid' }));
    expect(outcomes()).toEqual(['ignored']);
    expect(await eventsOf(id)).toMatchObject([{ verdict: 'ignored', reason: 'type_not_acted_on' }]);
  });
});

describe('the role of the intake', () => {
  it('may do nothing but accept: no table can be read or written, no other function called', async () => {
    const tables = await db.rows<{ name: string }>(
      `select c.oid::regclass::text as name from pg_class c
        where c.relnamespace = 'fulfillment'::regnamespace and c.relkind in ('r', 'p', 'v')`,
    );
    const statements = tables.flatMap(({ name }) => [
      `select 1 from ${name} limit 0`,
      `insert into ${name} default values`,
      `delete from ${name}`,
      `truncate ${name}`,
    ]);
    expect(tables.length).toBeGreaterThan(15);
    const forbidden = [
      ...statements,
      'select fulfillment.ensure_event_partitions(3)',
      `select fulfillment.append_job_event(gen_random_uuid(), 'a', 'b', '{}')`,
      'create table fulfillment.mine (n int)',
      'create table public.mine (n int)',
    ];
    for (const statement of forbidden) {
      const code = await intake.query(statement).then(
        () => `allowed: ${statement}`,
        (error: { code?: string }) => error.code,
      );
      expect(code).toBe('42501');
    }
  });
});

describe('a database that is down', () => {
  it('is answered 503 with Retry-After, and nothing is claimed to be received', async () => {
    const nobody = createPool({
      connectionString: 'postgresql://fulfillment_intake@127.0.0.1:1/none',
      applicationName: 'test',
      connectionsMax: 2,
    });
    const { post, outcomes } = webhook(nobody);
    expect(await post(purchase().completed)).toEqual({
      status: 503,
      body: { error: 'unavailable' },
      retryAfterSeconds: 30,
    });
    expect(outcomes()).toEqual(['unavailable']);
    await nobody.end();
  });

  it('loses nothing when its connections are cut: what was answered 200 is there', async () => {
    const pool = db.poolAs('fulfillment_intake', 5);
    const { post } = webhook(pool);
    const many = Array.from({ length: 40 }, () => purchase());
    const cut = async () => {
      await db.rows(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where usename = 'fulfillment_intake' and datname = current_database()`,
      );
    };
    const [answers] = await Promise.all([Promise.all(many.map(({ completed }) => post(completed))), cut()]);
    for (const [index, { status }] of answers.entries()) {
      const bought = many[index] as (typeof many)[number];
      const stored = await eventsOf(bought.completed['id']);
      if (status === 200) expect(stored).toHaveLength(1);
      else expect((await post(bought.completed)).status).toBe(200);
      expect((await stateOf(bought.intent)).jobs).toHaveLength(1);
    }
  });
});
