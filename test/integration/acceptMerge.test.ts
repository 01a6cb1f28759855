import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  purchaseEvents,
  startAcceptStack,
  waitForSessionMs,
  type AcceptStack,
} from '../builders/acceptStack.ts';

let stack: AcceptStack;

beforeAll(async () => {
  stack = await startAcceptStack();
});
afterAll(() => stack.stop());

describe('a payment that is known by its intent alone', () => {
  it('waits a bounded time for its session', async () => {
    const { post } = stack.webhook();
    const bought = purchaseEvents();
    await post(bought.succeeded);
    const { jobs } = await stack.stateOf(bought.intent);
    expect(jobs[0]?.due_in_ms).toBeGreaterThan(waitForSessionMs - 5_000);
    expect(jobs[0]?.due_in_ms).toBeLessThanOrEqual(waitForSessionMs);
  });

  it('is woken by its session: job and waiting steps are due at once', async () => {
    const { post } = stack.webhook();
    const bought = purchaseEvents();
    await post(bought.succeeded);
    const before = await stack.stateOf(bought.intent);
    const jobId = before.jobs[0]?.id;
    for (const [step, state, reason] of [
      ['resolve_order', 'blocked', 'unknown_product'],
      ['other', 'waiting', null],
      ['done', 'done', null],
    ]) {
      await stack.rows(
        `insert into fulfillment.fulfillment_job_steps (job_id, step, state, reason, due_at, lease_token)
         values ($1, $2, $3, $4, clock_timestamp() + interval '15 minutes', 0)`,
        [jobId, step, state, reason],
      );
    }
    await post(bought.completed);
    const { jobs } = await stack.stateOf(bought.intent);
    expect(jobs).toMatchObject([{ timeline: ['job.accepted', 'payment.merged'], control_seq: '1' }]);
    expect(jobs[0]?.due_in_ms).toBeLessThanOrEqual(0);
    const steps = await stack.rows<{ step: string; due: boolean }>(
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
    const { post } = stack.webhook();
    const bought = purchaseEvents();
    await post(bought.succeeded);
    const jobId = (await stack.stateOf(bought.intent)).jobs[0]?.id;
    await stack.rows(
      `update fulfillment.fulfillment_dispatch set worker = 'w', due_at = clock_timestamp() + interval '10 seconds' where job_id = $1`,
      [jobId],
    );
    await post(bought.completed);
    const { jobs } = await stack.stateOf(bought.intent);
    expect(jobs).toMatchObject([{ control_seq: '1' }]);
    expect(jobs[0]?.due_in_ms).toBeGreaterThan(5_000);
  });

  it('is not disturbed by what it knows already', async () => {
    const { post } = stack.webhook();
    const bought = purchaseEvents();
    for (const event of [bought.completed, bought.succeeded, bought.asyncSucceeded]) await post(event);
    expect((await stack.stateOf(bought.intent)).jobs).toMatchObject([{ control_seq: '0' }]);
  });

  it('notes a late event on a job that is finished, and reopens nothing', async () => {
    const { post, outcomes } = stack.webhook();
    const bought = purchaseEvents();
    await post(bought.completed);
    const jobId = (await stack.stateOf(bought.intent)).jobs[0]?.id;
    await stack.rows('delete from fulfillment.fulfillment_dispatch where job_id = $1', [jobId]);
    await stack.rows(
      `update fulfillment.fulfillment_jobs set state = 'completed', finished_at = now() where id = $1`,
      [jobId],
    );
    await post(bought.succeeded);
    expect((await stack.stateOf(bought.intent)).jobs).toMatchObject([
      { state: 'completed', due_in_ms: null, timeline: ['job.accepted', 'payment.merged'] },
    ]);
    expect(outcomes()).toEqual(['accepted', 'merged']);
  });

  it('takes turns with a worker that holds the job and wants the payment', async () => {
    let calls = 0;
    const counting = {
      query: (text: string, values: unknown[]) => {
        calls += 1;
        return stack.intake.query(text, values);
      },
    };
    const { post } = stack.webhook(counting as unknown as pg.Pool);
    const bought = purchaseEvents();
    await post(bought.succeeded);
    const jobId = (await stack.stateOf(bought.intent)).jobs[0]?.id;
    const worker = await stack.poolAs('fulfillment_worker').connect();
    await worker.query('begin');
    await worker.query('select from fulfillment.fulfillment_dispatch where job_id = $1 for update', [jobId]);
    const answer = post(bought.completed);
    await waitingForLock();
    await worker.query('select from fulfillment.payments where payment_key = $1 for update', [bought.intent]);
    await worker.query('commit');
    worker.release();
    expect((await answer).status).toBe(200);
    // Once for each event: nobody had to be thrown out of a circle and come again.
    expect(calls).toBe(2);
  });
});

async function waitingForLock(): Promise<void> {
  const deadlineMs = Date.now() + 5_000;
  while (Date.now() < deadlineMs) {
    const [row] = await stack.rows<{ waits: boolean }>(
      `select exists (select from pg_stat_activity where usename = 'fulfillment_intake' and wait_event_type = 'Lock'
          and datname = current_database()) as waits`,
    );
    if (row?.waits) return;
  }
  throw new Error('Nobody waits for a lock.');
}
