import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/fault.ts';
import type { Operations } from '../../../src/operations/frame/operations.ts';
import { type BulkStack, startBulkStack } from '../../builders/bulkStack.ts';
import { eventually } from '../../builders/engineStack.ts';
import { callerOf } from '../../builders/operationsStack.ts';
import { gate } from '../../builders/steps.ts';
import { createManualClock } from '../../fakes/manualClock.ts';

let stack: BulkStack;
beforeAll(async () => {
  stack = await startBulkStack();
});
afterEach(async () => {
  await stack.stopRunners();
  await stack.endRuns();
});
afterAll(() => stack.stop());

const editor = { caller: callerOf('ops_editor', 'auth0|eve') };

/** Tells one test's orders from all others. */
const newMark = () => `outage_${randomUUID().slice(0, 13)}`;

async function planOf(count: number, action = 'job:retry') {
  const mark = newMark();
  const jobIds = await stack.addOrders(mark, { count });
  return { mark, jobIds, plan: await stack.plan(action, `status:failed reason:${mark}`) };
}

const once = (count: number) => Array.from({ length: count }, () => ({ lines: 1, rows: 1 }));

/** Asks as the product does, and counts; the hook comes after what was asked has been done. */
function counting(after: (count: number) => unknown = () => undefined) {
  const seen = { asked: 0 };
  const ask: Operations['ask'] = async (name, asked) => {
    const answer = await stack.operations.ask(name, asked);
    seen.asked += 1;
    await after(seen.asked);
    return answer;
  };
  return { seen, ask };
}

describe('a run', () => {
  it('carries out each item once, as whoever has started it, for their reason', async () => {
    const { plan } = await planOf(30);
    await stack.run(plan);
    stack.startRunner();
    const { progress, page, worker } = await stack.untilState(plan.runId, 'finished');
    expect(progress).toEqual({ done: 30, refused: 0, failed: 0, waiting: 0, leftOut: 0, etaSeconds: null });
    expect(worker).toBeNull();
    expect(await stack.traces(plan.runId, 'job.retried')).toEqual(once(30));
    const { rows } = await stack.audit.list({ bulkRunId: plan.runId }, { limit: 100 });
    expect(rows).toHaveLength(30);
    expect(new Set(rows.map(({ seq }) => seq))).toEqual(new Set(page.map(({ auditSeq }) => auditSeq)));
    for (const row of rows)
      expect(row).toMatchObject({
        actor: 'auth0|anna',
        action: 'job:retry',
        reason: 'the outage is over',
        channel: 'api',
      });
  });

  it('refuses by themselves the items that have moved since the plan, and they can be planned anew', async () => {
    const { jobIds, plan } = await planOf(20);
    const moved = [jobIds[0], jobIds[7]].map(String);
    for (const jobId of moved) {
      await stack.ask('job:cancel', { jobId, version: await stack.versionOf(jobId) });
      await stack.ask('job:release', { jobId, version: await stack.versionOf(jobId) });
    }
    await stack.run(plan);
    stack.startRunner();
    const shown = await stack.untilState(plan.runId, 'finished');
    expect(shown.progress).toMatchObject({ done: 18, refused: 2 });
    expect(shown.outcomes).toEqual([
      { state: 'done', outcome: 'done', items: 18 },
      { state: 'refused', outcome: 'job_changed', items: 2 },
    ]);
    const { page } = await stack.show(plan.runId, { itemState: 'refused' });
    expect(page.map(({ jobId }) => jobId).toSorted()).toEqual(moved.toSorted());

    const again = (await stack.ask('bulk:retry_failed', { runId: plan.runId })).output as typeof plan;
    expect(again).toMatchObject({ items: 2, eligible: 2, action: 'job:retry' });
    expect((await stack.show(again.runId)).retryOf).toBe(plan.runId);
    await stack.run(again);
    expect((await stack.untilState(again.runId, 'finished')).progress).toMatchObject({ done: 2 });
    const refusal = await stack.refusalOf('bulk:retry_failed', { runId: again.runId });
    expect(refusal).toMatchObject({ kind: 'wrong_state', code: 'nothing_failed' });
  });

  it('goes on in another process when its own has died between effect and note, and does nothing twice', async () => {
    const { plan } = await planOf(30);
    await stack.run(plan);
    const dead = gate();
    const died = gate();
    const { ask } = counting((count) => {
      if (count < 15) return;
      died.open();
      return dead.passed;
    });
    // Whoever is dead does not look for work again.
    const first = stack.startRunner({ ask, pollMs: 100_000_000 });
    await died.passed;
    expect((await stack.show(plan.runId)).progress).toMatchObject({ done: 14, waiting: 16 });
    const other = counting();
    stack.startRunner({ ask: other.ask });
    await stack.letLeasesEnd();
    const { progress } = await stack.untilState(plan.runId, 'finished');
    expect(progress).toMatchObject({ done: 30, refused: 0, failed: 0 });
    // The one that was under way was found done.
    expect(other.seen.asked).toBe(15);
    expect(await stack.traces(plan.runId, 'job.retried')).toEqual(once(30));
    // The dead one wakes up, and harms nothing.
    dead.open();
    await first.stop();
    expect(await stack.traces(plan.runId, 'job.retried')).toEqual(once(30));
    expect((await stack.show(plan.runId)).progress).toEqual(progress);
  });

  it('takes an answer to something else under an item’s request id for no answer', async () => {
    const { plan } = await planOf(2);
    await stack.rows(
      `insert into fulfillment.ops_requests (actor, request_id, operation, input_sha256, outcome, audit_seq, finished_at)
       values ('auth0|anna', $1, 'job:hold', $2, '{}', 1, clock_timestamp())`,
      [`bulk:${plan.runId}:1`, Buffer.alloc(32)],
    );
    await stack.run(plan);
    stack.startRunner();
    const { progress, outcomes } = await stack.untilState(plan.runId, 'finished');
    expect(progress).toMatchObject({ done: 1, refused: 1 });
    expect(outcomes).toContainEqual({ state: 'refused', outcome: 'request_id_reused', items: 1 });
  });

  it('is given back when its process stops, after the item that is under way', async () => {
    const { plan } = await planOf(10);
    await stack.run(plan);
    const under = gate();
    const going = gate();
    const { ask, seen } = counting((count) => {
      if (count < 4) return;
      going.open();
      return under.passed;
    });
    const first = stack.startRunner({ ask });
    await going.passed;
    const stopped = first.stop();
    under.open();
    await stopped;
    expect(seen.asked).toBe(4);
    const shown = await stack.show(plan.runId);
    expect(shown).toMatchObject({ state: 'running', worker: null, progress: { done: 4, waiting: 6 } });
    stack.startRunner();
    await stack.untilState(plan.runId, 'finished');
    expect(await stack.traces(plan.runId, 'job.retried')).toEqual(once(10));
  });

  it('is in the hands of one process, however many there are', async () => {
    const plans = [(await planOf(12)).plan, (await planOf(12)).plan, (await planOf(12)).plan];
    for (const plan of plans) await stack.run(plan);
    const processes = [counting(), counting(), counting()];
    for (const { ask } of processes) stack.startRunner({ ask });
    for (const { runId } of plans) {
      expect((await stack.untilState(runId, 'finished')).progress).toMatchObject({ done: 12 });
      expect(await stack.traces(runId, 'job.retried')).toEqual(once(12));
    }
    expect(processes.reduce((sum, { seen }) => sum + seen.asked, 0)).toBe(36);
  });

  it('that others got in the way of does the rest: two runs of the same orders do each order once', async () => {
    const { mark, plan } = await planOf(20);
    const twin = await stack.plan('job:retry', `status:failed reason:${mark}`);
    await stack.run(plan);
    await stack.run(twin);
    stack.startRunner();
    stack.startRunner();
    const one = await stack.untilState(plan.runId, 'finished');
    const other = await stack.untilState(twin.runId, 'finished');
    expect(one.progress.done + other.progress.done).toBe(20);
    expect(one.progress.refused + other.progress.refused).toBe(20);
    for (const { lines } of await stack.traces(plan.runId, 'job.retried')) expect(lines).toBe(1);
  });

  it('keeps its rate', async () => {
    const { plan } = await planOf(6);
    await stack.run(plan, 4);
    const clock = createManualClock();
    const { ask, seen } = counting();
    stack.startRunner({ ask, clock, pollMs: 1_000_000 });
    const noted = (count: number) =>
      eventually(
        async () => (await stack.show(plan.runId)).progress.done === count && clock.sleeping() === 2,
      );
    await noted(1);
    for (const count of [2, 3, 4]) {
      await clock.advance(249);
      expect(clock.sleeping()).toBe(2);
      expect(seen.asked).toBe(count - 1);
      await clock.advance(1);
      await noted(count);
    }
    expect((await stack.show(plan.runId)).progress).toMatchObject({ waiting: 2, etaSeconds: 1 });
  });

  it('goes on with what whoever started it may do by then', async () => {
    const { plan } = await planOf(10);
    const asked = { caller: callerOf('ops_editor', 'auth0|gone') };
    await stack.ask('bulk:run', { runId: plan.runId, digest: plan.digest, rate: 50 }, asked);
    const { ask } = counting(async (count) => {
      if (count !== 3) return;
      await stack.rows(
        `insert into fulfillment.ops_users (subject, disabled_at, disabled_by, disabled_reason)
         values ('auth0|gone', clock_timestamp(), 'auth0|anna', 'left')`,
      );
    });
    stack.startRunner({ ask });
    const { outcomes } = await stack.untilState(plan.runId, 'finished');
    expect(outcomes).toEqual([
      { state: 'refused', outcome: 'not_allowed', items: 7 },
      { state: 'done', outcome: 'done', items: 3 },
    ]);
  });

  it('waits while the database is away, and asks again for what it does not know of', async () => {
    const { plan } = await planOf(5);
    await stack.run(plan);
    const failures: unknown[] = [];
    let away = 2;
    // The answer is lost after the effect.
    const { ask } = counting((count) => {
      if (count < 3 || (away -= 1) < 0) return;
      throw new Fault({ kind: 'transient', reason: 'database_unavailable', message: 'Away.' });
    });
    stack.startRunner({ ask, failed: (error) => failures.push(error) });
    expect((await stack.untilState(plan.runId, 'finished')).progress).toMatchObject({ done: 5, failed: 0 });
    expect(failures).toHaveLength(2);
    expect(await stack.traces(plan.runId, 'job.retried')).toEqual(once(5));
  });

  it('is paused when item after item breaks off, and says so', async () => {
    const { plan } = await planOf(15);
    await stack.run(plan);
    const ask = () => Promise.reject(new TypeError('anna@example.com is not a function'));
    const broken = stack.startRunner({ ask });
    const shown = await stack.untilState(plan.runId, 'paused');
    expect(shown).toMatchObject({ pausedBecause: 'failures', progress: { failed: 10, waiting: 5 } });
    expect(shown.outcomes).toEqual([{ state: 'failed', outcome: 'TypeError', items: 10 }]);
    await broken.stop();
    stack.startRunner();
    await stack.ask('bulk:resume', { runId: plan.runId });
    await stack.untilState(plan.runId, 'finished');
    const { output } = await stack.ask('bulk:retry_failed', { runId: plan.runId });
    expect(output).toMatchObject({ items: 10, eligible: 10 });
  });
});

describe('a run under way', () => {
  it('is paused between two items, resumed, and finished', async () => {
    const { plan } = await planOf(12);
    const { runId } = plan;
    await stack.run(plan);
    let pausing: Promise<unknown> | undefined;
    const { ask, seen } = counting((count) =>
      count === 5 ? (pausing = stack.ask('bulk:pause', { runId })) : undefined,
    );
    stack.startRunner({ ask });
    const paused = await stack.untilState(runId, 'paused');
    await eventually(async () => (await stack.show(runId)).progress.done === 5);
    expect(paused).toMatchObject({ pausedBecause: 'staff', worker: null });
    expect((await pausing) as object).toMatchObject({ output: { state: 'paused', done: 4, waiting: 8 } });
    expect(seen.asked).toBe(5);
    expect((await stack.refusalOf('bulk:pause', { runId })).code).toBe('bulk_paused');
    await stack.ask('bulk:resume', { runId });
    expect((await stack.untilState(runId, 'finished')).progress).toMatchObject({ done: 12 });
    expect(await stack.traces(runId, 'job.retried')).toEqual(once(12));
    for (const name of ['bulk:pause', 'bulk:resume', 'bulk:abort'])
      expect((await stack.refusalOf(name, { runId })).code).toBe('bulk_finished');
  });

  it('is aborted between two items: what was done stays done, and is told so', async () => {
    const { plan } = await planOf(12);
    const { runId } = plan;
    await stack.run(plan);
    const { ask, seen } = counting((count) => (count === 5 ? stack.ask('bulk:abort', { runId }) : undefined));
    stack.startRunner({ ask });
    const { progress, page } = await stack.untilState(runId, 'aborted');
    expect(progress).toMatchObject({ done: 5, waiting: 0, leftOut: 7 });
    expect(page.map(({ state }) => state).toSorted()).toEqual([
      ...Array.from({ length: 5 }, () => 'done'),
      ...Array.from({ length: 7 }, () => 'left_out'),
    ]);
    expect(seen.asked).toBe(5);
    expect((await stack.traces(runId, 'job.retried')).filter(({ lines }) => lines > 0)).toHaveLength(5);
    expect((await stack.refusalOf('bulk:resume', { runId })).code).toBe('bulk_aborted');
    const noReason = await stack.refusalOf('bulk:abort', { runId }, { reason: '' });
    expect(noReason).toMatchObject({ kind: 'invalid_input', field: 'reason' });
  });

  it('is not resumed by somebody who could not have started it', async () => {
    const { plan } = await planOf(2, 'job:cancel');
    await stack.run(plan);
    await stack.ask('bulk:pause', { runId: plan.runId }, editor);
    const refusal = await stack.refusalOf('bulk:resume', { runId: plan.runId }, editor);
    expect(refusal).toMatchObject({ kind: 'not_allowed', message: expect.stringContaining('job:cancel') });
  });
});
