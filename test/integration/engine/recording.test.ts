import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/fault.ts';
import type { JobStore } from '../../../src/ports/jobStore.ts';
import type { StepOutcome } from '../../../src/ports/step.ts';
import type { Transaction } from '../../../src/ports/transaction.ts';
import { clientOf } from '../../../src/store/transaction.ts';
import { eventually, startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { commitStep, gate, outsideStep, planOf, readStep } from '../../builders/steps.ts';
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
    expect((await stack.see(bad)).effects['send:1']).toMatchObject({
      attempts: 2,
      evidence: { found: true },
    });
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

describe('a connection that is cut', () => {
  /** Ends the session of its own transaction, as an administrator or a failing proxy would. */
  const cut = (tx: Transaction) => clientOf(tx).query('select pg_terminate_backend(pg_backend_pid())');

  it('in the middle of a record loses no job and doubles no effect', async () => {
    const made: string[] = [];
    let cuts = 0;
    const steps = [
      outsideStep(
        'send',
        async ({ job }) => {
          made.push(job.jobId);
          return { made: true };
        },
        {
          find: async ({ job }) => (made.includes(job.jobId) ? { found: true } : undefined),
          record: async (tx, rows) => {
            await mark(
              tx,
              rows.map(({ job }) => job.jobId),
              'sent',
            );
            cuts += 1;
            if (cuts === 1) await cut(tx);
          },
        },
      ),
      commitStep('after', async (tx, jobs) => {
        await mark(
          tx,
          jobs.map((job) => job.jobId),
          'after',
        );
        return allDone(jobs);
      }),
    ];
    const plan = planOf(steps, { after: { needs: ['send'] } });
    const ids = await stack.addJobs(plan, 8);
    const { telemetry } = stack.startWorker(plan, steps, { lingerMs: 20, leaseMs: 60_000 });
    for (const id of ids) {
      expect((await stack.untilOver(id)).state).toBe('completed');
      expect(await marksOf(id)).toEqual(['after', 'sent']);
    }
    expect(made.toSorted()).toEqual(ids.toSorted());
    expect(telemetry.of('database.unavailable').length).toBeGreaterThan(0);
  });

  it('so that only the reply to COMMIT is lost: what was committed counts once', async () => {
    let lost = 0;
    const step = commitStep('write', async (tx, jobs) => {
      await mark(
        tx,
        jobs.map((job) => job.jobId),
        'written',
      );
      return allDone(jobs);
    });
    const then = outsideStep('send');
    const plan = planOf([step, then], { send: { needs: ['write'] } });
    const ids = await stack.addJobs(plan, 5);
    stack.startWorker(plan, [step, then], {
      lingerMs: 20,
      leaseMs: 60_000,
      wrap: (inner) => losingReply(inner, () => (lost += 1) <= 2),
    });
    for (const id of ids) {
      expect((await stack.untilOver(id)).state).toBe('completed');
      expect(await marksOf(id)).toEqual(['written']);
    }
    expect(lost).toBeGreaterThan(2);
  });

  it('again and again is not held against a job that is worked on alone', async () => {
    let cuts = 0;
    const step = commitStep('write', async (tx, jobs) => {
      cuts += 1;
      if (cuts <= 4) await cut(tx);
      return allDone(jobs);
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    await stack.rows('update fulfillment.fulfillment_dispatch set alone = true where job_id = $1', [id]);
    stack.startWorker(plan, [step], { leaseMs: 60_000 });
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'completed',
      steps: { write: { attempts: 1 } },
    });
  });

  it('for everybody, while many jobs are under way, ends as if nothing had happened', async () => {
    const made = new Map<string, number>();
    const steps = [
      readStep('ask', async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return { kind: 'done' };
      }),
      commitStep('write', async (tx, jobs) => {
        await mark(
          tx,
          jobs.map((job) => job.jobId),
          'written',
        );
        return allDone(jobs);
      }),
      outsideStep(
        'send',
        async ({ job }) => {
          made.set(job.jobId, (made.get(job.jobId) ?? 0) + 1);
          return { made: true };
        },
        { find: async ({ job }) => (made.has(job.jobId) ? { found: true } : undefined) },
      ),
    ];
    const plan = planOf(steps, { write: { needs: ['ask'] }, send: { needs: ['write'] } });
    const ids = await stack.addJobs(plan, 60);
    const workers = [1, 2].map(() => stack.startWorker(plan, steps, { leaseMs: 400, jobsMax: 8 }));
    for (let round = 0; round < 3; round += 1) {
      await eventually(
        () => workers.flatMap(({ telemetry }) => telemetry.of('job.completed')).length > round * 10,
      );
      await cutAll(stack.admin);
    }
    for (const id of ids) {
      expect((await stack.untilOver(id)).state).toBe('completed');
      expect(await marksOf(id)).toEqual(['written']);
    }
    expect([...made.values()]).toEqual(Array.from({ length: 60 }, () => 1));
  });
});

/** The transaction is committed, and nobody hears of it. */
function losingReply(inner: JobStore, due: () => boolean): JobStore {
  return {
    ...inner,
    inTransaction: async (work) => {
      const result = await inner.inTransaction(work);
      if (due()) throw new Error('Connection terminated unexpectedly');
      return result;
    },
  };
}

const cutAll = (admin: pg.Pool) =>
  admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'fulfillment_worker' and datname = current_database()`,
  );
