import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type pg from 'pg';
import { readTruth } from '../../src/store/jobs/readTruth.ts';
import { startEngineStack, type EngineStack } from '../builders/engineStack.ts';
import { planOf, readStep } from '../builders/steps.ts';

let stack: EngineStack;
let reader: pg.Pool;

beforeAll(async () => {
  stack = await startEngineStack();
  reader = stack.poolAs('fulfillment_reader', 1);
});
afterEach(() => stack.rows('truncate fulfillment.fulfillment_dispatch, fulfillment.stripe_events'));
afterAll(() => stack.stop());

const plan = planOf([readStep('first'), readStep('tracked'), readStep('last')], {
  tracked: { holds: false },
});

async function jobIn(state: string, done: string[] = []): Promise<string> {
  const id = await stack.addJob(plan);
  await stack.rows(
    `update fulfillment.fulfillment_jobs set state = $2, reason = 'r',
            held_at = case when $2 = 'held' then clock_timestamp() end,
            finished_at = case when $2 in ('failed', 'completed', 'cancelled') then clock_timestamp() end where id = $1`,
    [id, state],
  );
  for (const step of done) {
    await stack.rows(
      `insert into fulfillment.fulfillment_job_steps (job_id, step, state, lease_token) values ($1, $2, 'done', 1)`,
      [id, step],
    );
  }
  return id;
}

describe('the database’s truth, read by the reader', () => {
  it('is empty while nothing is open', async () => {
    expect(await readTruth(reader)).toEqual({
      active: [],
      mailGate: { why: null, held: 0 },
      oldestOpenAcceptedAt: null,
      failedLastHour: 0,
      quarantined: 0,
      circuits: [],
      caughtUpAt: null,
    });
  });

  it('counts unfinished jobs by state and the first holding step that is not done', async () => {
    await jobIn('open');
    await jobIn('open', ['first']);
    await jobIn('open', ['first']);
    await jobIn('blocked', ['first', 'tracked']);
    await jobIn('held', ['first', 'last']);
    // Completed, but its analytics are still owed: open work, and no open job.
    await jobIn('completed', ['first', 'last']);
    const { active } = await readTruth(reader);
    expect(active.map(({ state, step, count }) => `${state} ${step} ${count}`).toSorted()).toEqual([
      'blocked last 1',
      'held none 1',
      'open first 1',
      'open last 2',
    ]);
  });

  it('knows since when the oldest unfinished job waits', async () => {
    const oldest = await jobIn('blocked');
    await jobIn('open');
    await stack.rows(
      `update fulfillment.fulfillment_jobs set created_at = '2026-11-01T00:00:00Z' where id = $1`,
      [oldest],
    );
    expect((await readTruth(reader)).oldestOpenAcceptedAt).toEqual(new Date('2026-11-01T00:00:00Z'));
  });

  it('counts what failed within the hour exactly', async () => {
    const [, old] = [await jobIn('failed'), await jobIn('failed')];
    await stack.rows(
      `update fulfillment.fulfillment_jobs set finished_at = now() - interval '61 minutes' where id = $1`,
      [old],
    );
    expect((await readTruth(reader)).failedLastHour).toBe(1);
  });

  it('knows which providers’ circuits are not closed', async () => {
    await stack.rows(
      `insert into fulfillment.provider_circuits (provider, state, retry_at) values ('smtp', 'open', clock_timestamp())`,
    );
    expect((await readTruth(reader)).circuits).toEqual([{ provider: 'smtp', state: 'open' }]);
  });

  it('counts what waits for a human: quarantined events and conflicts', async () => {
    for (const [id, verdict] of [
      ['evt_1', 'accepted'],
      ['evt_2', 'quarantined'],
      ['evt_2', 'conflict'],
      ['evt_3', 'ignored'],
    ]) {
      await stack.rows(
        `insert into fulfillment.stripe_events (event_id, content_sha256, verdict, reason) values ($1, sha256(convert_to($1 || $2, 'UTF8')), $2, 'r')`,
        [id, verdict],
      );
    }
    expect((await readTruth(reader)).quarantined).toBe(2);
  });
});
