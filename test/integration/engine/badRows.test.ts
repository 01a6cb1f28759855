import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/fault.ts';
import type { StepOutcome } from '../../../src/ports/step.ts';
import type { Transaction } from '../../../src/ports/transaction.ts';
import { clientOf, inTransaction } from '../../../src/store/transaction.ts';
import { startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { commitStep, outsideStep, planOf, readStep } from '../../builders/steps.ts';
import { aFault } from '../../fakes/faultScript.ts';

let stack: EngineStack;

beforeAll(async () => {
  stack = await startEngineStack();
  await stack.rows('create table public.marks (job_id uuid not null, mark text not null)');
  await stack.rows('grant select, insert on public.marks to fulfillment_worker');
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const allDone = (jobs: Array<{ jobId: string }>) =>
  new Map<string, StepOutcome>(jobs.map((job) => [job.jobId, { kind: 'done' }]));

const mark = (tx: Transaction, jobIds: string[], text: string) =>
  clientOf(tx).query('insert into public.marks select id, $2 from unnest($1::uuid[]) id', [jobIds, text]);

const marksOf = async (jobId: string) =>
  (
    await stack.rows<{ mark: string }>('select mark from public.marks where job_id = $1 order by mark', [
      jobId,
    ])
  ).map((row) => row.mark);

describe('a bad row', () => {
  it('in a commit step is split off: its neighbours are recorded, and it alone is at fault', async () => {
    let bad = '';
    const step = commitStep('write', async (tx, jobs) => {
      await mark(
        tx,
        jobs.map((job) => job.jobId),
        'written',
      );
      if (jobs.some((job) => job.jobId === bad)) throw new Error('one of them is bad');
      return allDone(jobs);
    });
    const plan = planOf([step]);
    const ids = await stack.addJobs(plan, 9);
    bad = ids[4] ?? '';
    const { telemetry } = stack.startWorker(plan, [step], { lingerMs: 30 });
    for (const id of ids.filter((id) => id !== bad)) {
      expect(await stack.untilOver(id)).toMatchObject({
        state: 'completed',
        steps: { write: { attempts: 1 } },
      });
      expect(await marksOf(id)).toEqual(['written']);
    }
    expect(await stack.untilOver(bad)).toMatchObject({
      state: 'failed',
      failedStep: 'write',
      reason: 'unexpected_error',
      timeline: ['step.retry write', 'step.retry write', 'step.failed write', 'job.failed'],
    });
    expect(await marksOf(bad)).toEqual([]);
    expect(telemetry.of('record.split').length).toBeGreaterThan(0);
  });

  it('in a commit step is blamed on that step: what others did before it in the same breath is recorded', async () => {
    let asked = 0;
    const steps = [
      readStep('ask', async () => {
        asked += 1;
        return { kind: 'done', output: { answer: 1 } };
      }),
      commitStep('fine'),
      commitStep('write', () => Promise.reject(new Error('never'))),
    ];
    const plan = planOf(steps, { fine: { needs: ['ask'] }, write: { needs: ['ask'] } });
    const id = await stack.addJob(plan);
    const { telemetry } = stack.startWorker(plan, steps);
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'failed',
      failedStep: 'write',
      steps: {
        ask: { state: 'done', attempts: 1 },
        fine: { state: 'done', attempts: 1 },
        write: { state: 'failed', attempts: 3 },
      },
    });
    expect(asked).toBe(1);
    expect(new Set(telemetry.of('unexpected.error').map(({ during }) => during))).toEqual(new Set(['write']));
  });

  it('in one step’s record hook is not blamed on another step that was recorded with it', async () => {
    const steps = [
      readStep('good', async () => ({ kind: 'done' })),
      readStep('bad', async () => ({ kind: 'done' }), { record: () => Promise.reject(new Error('no')) }),
    ];
    const plan = planOf(steps);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, steps, { lingerMs: 20 });
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'failed',
      failedStep: 'bad',
      steps: { good: { state: 'done', attempts: 1 }, bad: { state: 'failed', attempts: 3 } },
    });
  });

  it('in a record hook is split off: what was made is asked about, not made again', async () => {
    let bad = '';
    const made: string[] = [];
    let refusals = 0;
    const step = outsideStep(
      'send',
      async ({ job }) => {
        made.push(job.jobId);
        return { reference: 'r' };
      },
      {
        find: async ({ job }) => (made.includes(job.jobId) ? { found: true } : undefined),
        record: async (tx, rows) => {
          await mark(
            tx,
            rows.map(({ job }) => job.jobId),
            'sent',
          );
          const spoils = rows.some(({ job, evidence }) => job.jobId === bad && !evidence['found']);
          if (spoils) refusals += 1;
          if (spoils) throw new Error('no room for this one');
        },
      },
    );
    const plan = planOf([step]);
    const ids = await stack.addJobs(plan, 6);
    bad = ids[2] ?? '';
    stack.startWorker(plan, [step], { lingerMs: 20 });
    for (const id of ids) {
      expect((await stack.untilOver(id)).state).toBe('completed');
      expect(await marksOf(id)).toEqual(['sent']);
    }
    const spoiled = await stack.see(bad);
    expect(spoiled.effects['send:1']).toMatchObject({ attempts: 2, evidence: { found: true } });
    expect(spoiled.events[0]).toMatchObject({ kind: 'effect.retry', data: { fault: 'unknown_effect' } });
    expect(made.toSorted()).toEqual(ids.toSorted());
    expect(refusals).toBeGreaterThan(0);
  });

  it('in an intent hook is split off: nothing is made for it, and the others go out', async () => {
    let bad = '';
    const made: string[] = [];
    const step = outsideStep(
      'send',
      async ({ job }) => {
        made.push(job.jobId);
        return {};
      },
      {
        intend: async (_tx, rows) => {
          if (rows.some(({ job }) => job.jobId === bad)) throw new Error('bad');
          return new Map();
        },
      },
    );
    const plan = planOf([step]);
    const ids = await stack.addJobs(plan, 5);
    bad = ids[0] ?? '';
    stack.startWorker(plan, [step], { lingerMs: 20 });
    expect(await stack.untilOver(bad)).toMatchObject({
      state: 'failed',
      effects: { 'send:1': { state: 'failed' } },
    });
    for (const id of ids.slice(1)) expect((await stack.untilOver(id)).state).toBe('completed');
    expect(made.toSorted()).toEqual(ids.slice(1).toSorted());
  });

  it('that only Postgres refuses is at fault by itself', async () => {
    const steps = [
      readStep('ask', async () => ({ kind: 'done', output: { text: 'a\u0000b' } })),
      readStep('fine'),
    ];
    const plan = planOf([steps[0] as never]);
    const other = planOf([steps[1] as never]);
    const id = await stack.addJob(plan);
    const neighbour = await stack.addJob(other);
    stack.startWorker([plan, other], steps, { lingerMs: 10 });
    expect((await stack.untilOver(neighbour)).state).toBe('completed');
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'failed',
      failedStep: 'ask',
      steps: { ask: { attempts: 3 } },
    });
  });

  it('does not hide behind COMMIT: Postgres answers it with ROLLBACK when an error was swallowed', async () => {
    const pool = stack.poolAs('fulfillment_worker', 1);
    const swallowing = inTransaction(pool, async (tx) => {
      await mark(tx, ['00000000-0000-7000-8000-000000000000'], 'lost');
      await clientOf(tx)
        .query('select 1 / 0')
        .catch(() => undefined);
    });
    await expect(swallowing).rejects.toThrow('rolled back');
    expect(await inTransaction(pool, async () => 'the connection is fine')).toBe('the connection is fine');
  });

  it('of a step that swallows an error of Postgres is not taken for recorded', async () => {
    let calls = 0;
    const step = commitStep('write', async (tx, jobs) => {
      calls += 1;
      if (calls <= 2)
        await clientOf(tx)
          .query('select 1 / 0')
          .catch(() => undefined);
      return allDone(jobs);
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    const job = await stack.untilOver(id);
    expect(job).toMatchObject({ state: 'completed', steps: { write: { state: 'done' } } });
    expect(calls).toBeGreaterThan(1);
  });

  it('may be a fault of the step’s own choosing', async () => {
    const step = commitStep('write', () =>
      Promise.reject(new Fault(aFault({ kind: 'permanent', reason: 'series_closed' }))),
    );
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    const { telemetry } = stack.startWorker(plan, [step]);
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'failed',
      reason: 'series_closed',
      steps: { write: { attempts: 1 } },
    });
    expect(telemetry.of('unexpected.error')).toEqual([]);
  });
});
