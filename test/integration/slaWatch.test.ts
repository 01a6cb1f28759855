import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type pg from 'pg';
import { createSlaWatch } from '../../src/guardrails/slaWatch.ts';
import type { TelemetryEvent } from '../../src/ports/telemetry.ts';
import { createBreachBook } from '../../src/store/guardrails/breachBook.ts';
import { type EngineStack, startEngineStack } from '../builders/engineStack.ts';
import { planOf, readStep } from '../builders/steps.ts';
import { systemClock } from '../../src/main/systemClock.ts';

let stack: EngineStack;
let pool: pg.Pool;
beforeAll(async () => {
  stack = await startEngineStack();
  pool = stack.poolAs('fulfillment_worker', 2);
});
beforeEach(() =>
  stack.rows('truncate fulfillment.fulfillment_dispatch, fulfillment.sla_breaches, fulfillment.job_failures'),
);
afterAll(() => stack.stop());

const plan = planOf([readStep('first')]);

/** An order whose time is over in so many milliseconds. */
async function order(inMs: number, kind = 'fulfil'): Promise<string> {
  const id = await stack.addJob(plan);
  await stack.rows(
    `update fulfillment.fulfillment_jobs set sla_deadline = clock_timestamp() + $2 * interval '1 millisecond', kind = $3,
            subject_key = case when $3 in ('fulfil', 'settle') then null else id::text end where id = $1`,
    [id, inMs, kind],
  );
  return id;
}

const end = (id: string, state: 'completed' | 'failed') =>
  stack.rows(
    `update fulfillment.fulfillment_jobs set state = $2, finished_at = clock_timestamp(), failed_step = 'first',
            reason = case $2 when 'failed' then 'timeout' end where id = $1`,
    [id, state],
  );

function watch() {
  const told: TelemetryEvent[] = [];
  const watching = createSlaWatch({
    book: createBreachBook(pool),
    clock: systemClock,
    telemetry: { emit: (event) => void told.push(event) },
  });
  return {
    look: watching.look,
    breached: () => told.flatMap((event) => (event.name === 'job.sla_breached' ? [event.jobId] : [])),
    told,
  };
}

it('an order is told of once its time is over, and one that still has time is not', async () => {
  const late = await order(-1);
  await order(60_000);
  const { look, breached } = watch();
  await look();
  await look();
  expect(breached()).toEqual([late]);
});

it('two that look at the same time tell of each order once between them', async () => {
  const late = await Promise.all(Array.from({ length: 20 }, () => order(-1)));
  const watches = [watch(), watch(), watch()];
  await Promise.all(watches.map(({ look }) => look()));
  expect(watches.flatMap(({ breached }) => breached()).toSorted()).toEqual(late.toSorted());
});

it('one that is done late, or fails in time, is told of though it is open no more', async () => {
  const [late, failed, inTime] = [await order(-1), await order(60_000), await order(60_000)];
  await end(late, 'completed');
  await end(failed, 'failed');
  await end(inTime, 'completed');
  const { look, breached } = watch();
  await look();
  expect(breached().toSorted()).toEqual([late, failed].toSorted());
});

it('one that fails, is retried and fails again is beyond its time once, and has failed twice', async () => {
  const id = await order(60_000);
  const { look, breached } = watch();
  await end(id, 'failed');
  await look();
  await stack.rows(
    `update fulfillment.fulfillment_jobs set state = 'open', finished_at = null where id = $1`,
    [id],
  );
  await end(id, 'failed');
  await look();
  expect(breached()).toEqual([id]);
  expect(
    await stack.rows('select kind, step, reason from fulfillment.job_failures where job_id = $1', [id]),
  ).toEqual(Array(2).fill({ kind: 'fulfil', step: 'first', reason: 'timeout' }));
});

it('what is held has its clock stopped, and what is no order has none here', async () => {
  const held = await order(-1);
  await stack.rows(
    `update fulfillment.fulfillment_jobs set state = 'held', reason = 'r', held_at = clock_timestamp() where id = $1`,
    [held],
  );
  const other = await order(-1, 'notify');
  await end(other, 'failed');
  const { look, told } = watch();
  await look();
  expect(told).toEqual([]);
});

it('what was written down long ago is removed', async () => {
  await stack.rows(
    `insert into fulfillment.sla_breaches (job_id) values (fulfillment.uuid_v7_floor(now() - interval '401 days'))`,
  );
  await stack.rows(
    `insert into fulfillment.job_failures (id, job_id, kind, reason)
     values (fulfillment.uuid_v7_floor(now() - interval '401 days'), gen_random_uuid(), 'fulfil', 'r')`,
  );
  const { look, told } = watch();
  await look();
  expect(told).toEqual([]);
  expect(await stack.rows('select from fulfillment.job_failures')).toEqual([]);
});
