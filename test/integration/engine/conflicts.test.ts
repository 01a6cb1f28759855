import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StepOutcome } from '../../../src/ports/step.ts';
import type { Transaction } from '../../../src/ports/transaction.ts';
import { clientOf } from '../../../src/store/transaction.ts';
import { eventually, startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { commitStep, gate, outsideStep, planOf, readStep } from '../../builders/steps.ts';

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

describe('others in the way', () => {
  it.each(['40P01', '40001', '55P03', '57014'])(
    'of a transaction (%s) are nobody’s fault: it is repeated whole',
    async (code) => {
      let calls = 0;
      const step = commitStep('write', async (tx, jobs) => {
        calls += 1;
        await mark(
          tx,
          jobs.map((job) => job.jobId),
          code,
        );
        if (calls <= 2) throw Object.assign(new Error('in the way'), { code });
        return allDone(jobs);
      });
      const plan = planOf([step]);
      const ids = await stack.addJobs(plan, 4);
      const { telemetry } = stack.startWorker(plan, [step], { lingerMs: 20 });
      for (const id of ids) {
        expect(await stack.untilOver(id)).toMatchObject({
          state: 'completed',
          steps: { write: { attempts: 1 } },
        });
        expect(await marksOf(id)).toEqual([code]);
      }
      expect(telemetry.of('record.split')).toEqual([]);
    },
  );

  it('in a real deadlock: both get through', async () => {
    const order: string[] = [];
    const step = commitStep('write', async (tx, jobs) => {
      if (order.length === 0) {
        order.push('locked');
        const other = await stack.admin.connect();
        await other.query('begin');
        await other.query(`set local deadlock_timeout = '50ms'`);
        await other.query(`select pg_advisory_xact_lock(2)`);
        await clientOf(tx).query('select pg_advisory_xact_lock(1)');
        await clientOf(tx).query(`set local lock_timeout = '5s'`);
        const theirs = other.query('select pg_advisory_xact_lock(1)').then(
          () => other.query('commit'),
          () => other.query('rollback'),
        );
        void theirs.finally(() => other.release());
        await clientOf(tx).query('select pg_advisory_xact_lock(2)');
      }
      return allDone(jobs);
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'completed',
      steps: { write: { attempts: 1 } },
    });
  });
});

describe('a person or a new fact that speaks while a job is worked on', () => {
  const speak = (jobId: string) =>
    stack.rows(
      'update fulfillment.fulfillment_dispatch set control_seq = control_seq + 1 where job_id = $1',
      [jobId],
    );

  it('is heard with the next record: what is in flight is finished, nothing is begun, and the job is claimed afresh', async () => {
    const finishOne = gate();
    const finishTwo = gate();
    const tokens: Record<string, number | undefined> = {};
    let started = 0;
    const tokenOf = async (jobId: string) => (await stack.see(jobId)).dispatch?.token;
    const steps = [
      outsideStep('one', async () => {
        started += 1;
        await finishOne.passed;
        return {};
      }),
      outsideStep('two', async () => {
        started += 1;
        await finishTwo.passed;
        return {};
      }),
      commitStep('after_one', async (_tx, jobs) => {
        for (const job of jobs) tokens['after_one'] = await tokenOf(job.jobId);
        return allDone(jobs);
      }),
      readStep('then', async (job) => {
        tokens['then'] = await tokenOf(job.jobId);
        return { kind: 'done' };
      }),
    ];
    const plan = planOf(steps, { after_one: { needs: ['one'] }, then: { needs: ['one'] } });
    const id = await stack.addJob(plan);
    stack.startWorker(plan, steps);
    await eventually(() => started === 2);
    await speak(id);
    finishOne.open();
    const between = await stack.until(id, (job) => job.steps['one']?.state === 'done');
    expect(between).toMatchObject({
      dispatch: { token: 1, worker: expect.any(String) },
      effects: { 'two:1': { state: 'intended' } },
    });
    finishTwo.open();
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'completed',
      effects: { 'two:1': { state: 'done', attempts: 1 } },
    });
    expect(tokens).toEqual({ after_one: 2, then: 2 });
  });

  it('makes a step that decided on the old facts look again at once', async () => {
    const asking = gate();
    const answer = gate();
    let looks = 0;
    const step = readStep('ask', async () => {
      looks += 1;
      if (looks > 1) return { kind: 'done' };
      asking.open();
      await answer.passed;
      return { kind: 'block', reason: 'unknown_product', recheckMs: 15 * 60_000 };
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    await asking.passed;
    await speak(id);
    answer.open();
    expect((await stack.untilOver(id)).state).toBe('completed');
    expect(looks).toBe(2);
  });
});
