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
afterEach(() =>
  stack.rows(
    'truncate fulfillment.fulfillment_dispatch, fulfillment.stripe_events, fulfillment.job_failures',
  ),
);
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
      at: expect.any(Date),
      active: [],
      beyondSla: 0,
      beyondSlaJobId: null,
      oldestOpenAcceptedAt: null,
      oldestOpenDeadline: null,
      oldestHeldAt: null,
      oldestDueAt: null,
      failed: { last5m: 0, last1h: 0, last24h: 0, unattended: 0 },
      failedBecause: [],
      quarantined: 0,
      lastWebhookAt: null,
      webhooksSilent: false,
      circuits: [],
      mailGate: { why: null, held: 0 },
      mailsUnproven: 0,
      caughtUpAt: null,
      workers: { alive: 0, lastSeenAt: null },
      partitionsAhead: 3,
      upkeepAt: null,
      auditBroken: false,
      reconciledAt: null,
      findings: 0,
      alerts: { page: 0, ticket: 0 },
      undelivered: [],
      channelTests: [],
      sentinelAt: null,
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

  it('counts what failed within the hour exactly, also what was retried since, and nothing that nobody waits for', async () => {
    const [retried, old] = [await jobIn('failed'), await jobIn('failed')];
    await stack.rows(
      `update fulfillment.job_failures set failed_at = now() - interval '61 minutes' where job_id = $1`,
      [old],
    );
    await stack.rows(
      `update fulfillment.fulfillment_jobs set state = 'open', finished_at = null where id = $1`,
      [retried],
    );
    const told = await jobIn('open');
    await stack.rows(
      `update fulfillment.fulfillment_jobs set kind = 'tell_shop', subject_key = 'a' where id = $1`,
      [told],
    );
    await stack.rows(
      `update fulfillment.fulfillment_jobs set state = 'failed', reason = 'r', finished_at = clock_timestamp() where id = $1`,
      [told],
    );
    const { failed, failedBecause } = await readTruth(reader);
    expect(failedBecause).toEqual([{ step: 'none', reason: 'r', count: 1 }]);
    expect(failed).toEqual({ last5m: 1, last1h: 1, last24h: 2, unattended: 1 });
  });

  it('knows which providers’ circuits are not closed', async () => {
    await stack.rows(
      `insert into fulfillment.provider_circuits (provider, state, retry_at) values ('smtp', 'open', clock_timestamp())`,
    );
    expect((await readTruth(reader)).circuits).toEqual([
      { provider: 'smtp', state: 'open', paused: false, changedAt: expect.any(Date) },
    ]);
  });

  it('knows what is beyond its deadline, what is due, and since when something is held', async () => {
    const late = await jobIn('blocked');
    const unimportant = await jobIn('open');
    const held = await jobIn('held');
    await stack.rows(
      `update fulfillment.fulfillment_jobs set kind = 'track', subject_key = 'b' where id = $1`,
      [unimportant],
    );
    await stack.rows(
      `update fulfillment.fulfillment_jobs set sla_deadline = '2026-11-01T00:05:00Z' where id = any ($1)`,
      [[late, unimportant, held]],
    );
    await stack.rows(
      `update fulfillment.fulfillment_jobs set held_at = '2026-11-01T00:02:00Z' where id = $1`,
      [held],
    );
    await stack.rows(
      `update fulfillment.fulfillment_dispatch set due_at = case job_id when $1 then timestamptz '2026-11-01T00:03:00Z'
              else clock_timestamp() + interval '1 hour' end`,
      [late],
    );
    expect(await readTruth(reader)).toMatchObject({
      beyondSla: 1,
      beyondSlaJobId: late,
      oldestOpenDeadline: new Date('2026-11-01T00:05:00Z'),
      oldestHeldAt: new Date('2026-11-01T00:02:00Z'),
      oldestDueAt: new Date('2026-11-01T00:03:00Z'),
    });
  });

  it('knows how far the partitions of the timeline reach', async () => {
    const month = (await stack.rows(
      `select to_char(clock_timestamp() at time zone 'UTC' + interval '2 months', 'YYYY_MM') as month`,
    )) as Array<{ month: string }>;
    await stack.rows(`drop table fulfillment.fulfillment_job_events_${month[0]?.month}`);
    expect((await readTruth(reader)).partitionsAhead).toBe(1);
    await stack.rows('select fulfillment.ensure_event_partitions(3)');
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
