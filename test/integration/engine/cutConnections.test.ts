import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JobStore } from '../../../src/ports/jobStore.ts';
import type { StepOutcome } from '../../../src/ports/step.ts';
import type { Transaction } from '../../../src/ports/transaction.ts';
import { clientOf } from '../../../src/store/transaction.ts';
import { eventually, startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { commitStep, outsideStep, planOf, readStep } from '../../builders/steps.ts';

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

  it('before COMMIT leaves nothing in doubt: what was done outside is recorded after all, and not asked about', async () => {
    const made: string[] = [];
    let cuts = 0;
    const send = outsideStep(
      'send',
      async ({ job }) => {
        made.push(job.jobId);
        return { made: true };
      },
      {
        record: async (tx) => {
          cuts += 1;
          if (cuts <= 3) await cut(tx);
        },
      },
    );
    const plan = planOf([send]);
    const id = await stack.addJob(plan);
    const { telemetry } = stack.startWorker(plan, [send], { leaseMs: 60_000 });
    expect(await stack.untilOver(id)).toMatchObject({ state: 'completed', dispatch: null });
    expect(made).toEqual([id]);
    expect(cuts).toBe(4);
    expect(telemetry.of('job.taken_over')).toEqual([]);
    expect(telemetry.of('database.unavailable')).toHaveLength(1);
  });

  it('for longer than the lease is surely held is given up: another one may have the job', async () => {
    const send = outsideStep('send', async () => ({ made: true }), {
      find: async () => ({ found: true }),
      record: async (tx) => {
        if (Date.now() < until) await cut(tx);
      },
    });
    const plan = planOf([send]);
    const id = await stack.addJob(plan);
    const until = Date.now() + 700;
    const away = () => Promise.reject(new Error('Connection terminated unexpectedly'));
    const { telemetry } = stack.startWorker(plan, [send], {
      leaseMs: 300,
      wrap: (store) => ({ ...store, extendLeases: away }),
    });
    expect((await stack.untilOver(id)).state).toBe('completed');
    expect(telemetry.of('database.unavailable').length).toBeGreaterThan(1);
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
    await stack.rows('update fulfillment.fulfillment_dispatch set isolation = 2 where job_id = $1', [id]);
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
