import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JobView, JsonObject, StepOutcome } from '../../../src/ports/step.ts';
import { clientOf } from '../../../src/store/transaction.ts';
import { startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { commitStep, effectKeys, gate, outsideStep, planOf, readStep } from '../../builders/steps.ts';

let stack: EngineStack;

beforeAll(async () => {
  stack = await startEngineStack();
  await stack.rows('create table public.marks (job_id uuid not null, mark text not null)');
  await stack.rows('grant select, insert on public.marks to fulfillment_worker');
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

describe('a job that goes well', () => {
  it('writes states, outputs, effects and the timeline in the order of its plan', async () => {
    const seen: JobView[] = [];
    const steps = [
      readStep('ask', async () => ({ kind: 'done', output: { answer: 42 }, order: { lines: 2 } })),
      commitStep('write', async (_tx, jobs) => {
        seen.push(...jobs);
        return new Map(jobs.map((job) => [job.jobId, { kind: 'done', output: { number: 7 } }]));
      }),
      outsideStep('send', async ({ effect, job }) => {
        seen.push(job);
        return { reference: `ref of ${effect.key}` };
      }),
    ];
    const plan = planOf(steps, { write: { needs: ['ask'] }, send: { needs: ['write'] } });
    const id = await stack.addJob(plan);
    const { name, telemetry } = stack.startWorker(plan, steps);
    const job = await stack.untilOver(id);

    expect(job).toMatchObject({
      state: 'completed',
      reason: null,
      failedStep: null,
      order: { lines: 2 },
      steps: {
        ask: { state: 'done', attempts: 1, output: { answer: 42 } },
        write: { state: 'done', attempts: 1, output: { number: 7 } },
        send: { state: 'done', attempts: 1 },
      },
      effects: { 'send:1': { state: 'done', attempts: 1, evidence: { reference: 'ref of send:1' } } },
      timeline: ['step.done ask', 'step.done write', 'effect.done send', 'job.completed'],
    });
    expect(job.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(new Set(job.events.map(({ actor }) => actor))).toEqual(new Set([`worker:${name}`]));
    expect(job.events.at(-1)?.data).toEqual({ sla_met: true });
    expect(seen.map(({ order, outputs }) => [order, outputs.get('ask')])).toEqual([
      [{ lines: 2 }, { answer: 42 }],
      [{ lines: 2 }, { answer: 42 }],
    ]);
    expect(telemetry.of('job.completed')).toMatchObject([{ jobId: id, slaMet: true }]);
    expect(telemetry.of('step.attempted').map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
      'ask done',
      'write done',
      'send done',
    ]);
  });

  it('carries the lease token of its claim in every row', async () => {
    const steps = [readStep('ask'), outsideStep('send')];
    const plan = planOf(steps);
    const id = await stack.addJob(plan);
    await stack.rows('update fulfillment.fulfillment_dispatch set lease_token = 40 where job_id = $1', [id]);
    stack.startWorker(plan, steps);
    const job = await stack.untilOver(id);
    expect([job.steps['ask']?.token, job.effects['send:1']?.token]).toEqual([41, 41]);
  });

  it('says so when it met its deadline too late', async () => {
    const steps = [readStep('ask')];
    const plan = planOf(steps);
    const id = await stack.addJob(plan, { slaSeconds: -1 });
    const { telemetry } = stack.startWorker(plan, steps);
    expect((await stack.untilOver(id)).events.at(-1)?.data).toMatchObject({ sla_met: false });
    expect(telemetry.of('job.completed')).toMatchObject([{ slaMet: false }]);
  });

  it('runs steps that need nothing of each other side by side', async () => {
    const both = gate();
    let started = 0;
    const meet = async (): Promise<StepOutcome> => {
      started += 1;
      if (started === 2) both.open();
      await both.passed;
      return { kind: 'done' };
    };
    const steps = [readStep('left', meet), readStep('right', meet)];
    const plan = planOf(steps);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, steps);
    expect((await stack.untilOver(id)).state).toBe('completed');
  });

  it('skips what says it is not needed, and what owes nothing', async () => {
    const steps = [
      readStep('ask', async () => ({ kind: 'skip', reason: 'not_needed' })),
      outsideStep('send', undefined, { effects: () => [] }),
      outsideStep('file', undefined, { prepare: async () => ({ kind: 'skip', reason: 'in_time' }) }),
    ];
    const plan = planOf(steps, { send: { needs: ['ask'] } });
    const id = await stack.addJob(plan);
    stack.startWorker(plan, steps);
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'completed',
      steps: {
        ask: { state: 'skipped', reason: 'not_needed' },
        send: { state: 'skipped', reason: 'nothing_owed' },
        file: { state: 'done' },
      },
      effects: { 'file:1': { state: 'done', evidence: { skipped: 'in_time' } } },
    });
  });

  it('ends at once when a step finds that it has no duty', async () => {
    const steps = [
      readStep('ask', async () => ({ kind: 'cancel_job', reason: 'pays_an_invoice' })),
      commitStep('write', async () => expect.fail('nothing is written')),
    ];
    const plan = planOf(steps, { write: { needs: ['ask'] } });
    const id = await stack.addJob(plan);
    const { telemetry } = stack.startWorker(plan, steps);
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'cancelled',
      reason: 'pays_an_invoice',
      timeline: ['step.skipped ask', 'job.cancelled'],
    });
    expect(telemetry.of('job.cancelled')).toHaveLength(1);
  });
});

describe('commit steps', () => {
  const marking = (mark: string) =>
    commitStep(mark, async (tx, jobs) => {
      await clientOf(tx).query('insert into public.marks select id, $2 from unnest($1::uuid[]) id', [
        jobs.map((job) => job.jobId),
        mark,
      ]);
      return new Map(jobs.map((job) => [job.jobId, { kind: 'done' }]));
    });

  it('are called once for all jobs of a batch', async () => {
    const sizes: number[] = [];
    const step = commitStep('write', async (_tx, jobs) => {
      sizes.push(jobs.length);
      return new Map(jobs.map((job) => [job.jobId, { kind: 'done' }]));
    });
    const plan = planOf([step]);
    const ids = await stack.addJobs(plan, 30);
    stack.startWorker(plan, [step], { lingerMs: 30 });
    for (const id of ids) expect((await stack.untilOver(id)).state).toBe('completed');
    expect(sizes.reduce((sum, size) => sum + size)).toBe(30);
    expect(sizes.length).toBeLessThan(4);
  });

  it('run in the transaction that records them: what comes later can undo them', async () => {
    let calls = 0;
    const spoiling = commitStep('spoil', async (_tx, jobs) => {
      calls += 1;
      if (calls <= 2) throw new Error('spoiled');
      return new Map(jobs.map((job) => [job.jobId, { kind: 'done' }]));
    });
    const steps = [marking('first'), spoiling];
    const plan = planOf(steps, { spoil: { needs: ['first'] } });
    const id = await stack.addJob(plan);
    stack.startWorker(plan, steps);
    expect((await stack.untilOver(id)).state).toBe('completed');
    expect(calls).toBeGreaterThan(1);
    expect(await stack.rows('select mark from public.marks where job_id = $1', [id])).toEqual([
      { mark: 'first' },
    ]);
  });

  it('see the outputs of those before them in the same transaction', async () => {
    const outputs: Array<JsonObject | undefined> = [];
    const steps = [
      commitStep(
        'number',
        async (_tx, jobs) => new Map(jobs.map(({ jobId }) => [jobId, { kind: 'done', output: { no: 1 } }])),
      ),
      commitStep('use', async (_tx, jobs) => {
        outputs.push(...jobs.map((job) => job.outputs.get('number')));
        return new Map(jobs.map(({ jobId }) => [jobId, { kind: 'done' }]));
      }),
    ];
    const plan = planOf(steps, { use: { needs: ['number'] } });
    const id = await stack.addJob(plan);
    stack.startWorker(plan, steps);
    await stack.untilOver(id);
    expect(outputs).toEqual([{ no: 1 }]);
  });

  it('that forget a job are tried again for it', async () => {
    let calls = 0;
    const step = commitStep('write', async (_tx, jobs) => {
      calls += 1;
      return new Map(calls === 1 ? [] : jobs.map((job) => [job.jobId, { kind: 'done' }]));
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    expect(await stack.untilOver(id)).toMatchObject({
      timeline: ['step.retry write', 'step.done write', 'job.completed'],
    });
  });
});

describe('a step that does not hold up the job', () => {
  it('is finished in its own time: the job is completed and stays in dispatch until then', async () => {
    let analyticsIsUp = false;
    const steps = [
      readStep('ask'),
      outsideStep('track', async () => {
        if (!analyticsIsUp) throw new Error('down');
        return { tracked: true };
      }),
    ];
    const slowly = { baseMs: 20, capMs: 20, attemptsMax: 1_000, retryAfterCapMs: 0 };
    steps[1] = { ...(steps[1] as (typeof steps)[1]), retry: slowly };
    const plan = planOf(steps, { track: { holds: false } });
    const id = await stack.addJob(plan);
    const { telemetry } = stack.startWorker(plan, steps);
    const completed = await stack.untilState(id, 'completed');
    expect(completed.dispatch).not.toBeNull();
    await stack.until(id, (job) => (job.steps['track']?.attempts ?? 0) >= 2);
    analyticsIsUp = true;
    const job = await stack.untilOver(id);
    expect(job).toMatchObject({ state: 'completed', steps: { track: { state: 'done' } } });
    expect(job.timeline.filter((line) => line === 'job.completed')).toHaveLength(1);
    expect(telemetry.of('job.completed')).toHaveLength(1);
  });

  it('leaves the job completed when it fails for good', async () => {
    const steps = [readStep('ask'), outsideStep('track', async () => expect.fail('never'))];
    const plan = planOf(steps, { track: { holds: false } });
    const id = await stack.addJob(plan);
    const { telemetry } = stack.startWorker(plan, steps);
    const job = await stack.untilOver(id);
    expect(job).toMatchObject({ state: 'completed', steps: { track: { state: 'failed', attempts: 3 } } });
    expect(telemetry.of('job.failed')).toEqual([]);
  });
});

describe('effects per line', () => {
  it('are each done once and seen one by one', async () => {
    const made: string[] = [];
    const step = outsideStep(
      'files',
      async ({ effect }) => {
        made.push(effect.key);
        return { key: effect.key };
      },
      { effects: effectKeys('copy:1:pdf', 'copy:1:epub', 'receipt') },
    );
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    const job = await stack.untilOver(id);
    expect(made.toSorted()).toEqual(['copy:1:epub', 'copy:1:pdf', 'receipt']);
    expect(Object.keys(job.effects).toSorted()).toEqual(made.toSorted());
    expect(job.timeline.filter((line) => line === 'effect.done files')).toHaveLength(3);
  });
});
