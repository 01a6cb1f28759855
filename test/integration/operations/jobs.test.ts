import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/fault.ts';
import { planKey } from '../../../src/domain/plan.ts';
import { createRetryJob, createRetryStep } from '../../../src/operations/jobs/retryJob.ts';
import { createCancelJob, createHoldJob, createReleaseJob } from '../../../src/operations/jobs/standstill.ts';
import type { StepOutcome } from '../../../src/ports/step.ts';
import { createJobStore } from '../../../src/store/jobs/jobStore.ts';
import { jobControl } from '../../../src/store/operations/jobControl.ts';
import { callerOf, type OperationsStack, startOperationsStack } from '../../builders/operationsStack.ts';
import { commitStep, gate, outsideStep, planOf, readStep } from '../../builders/steps.ts';

let stack: OperationsStack;
beforeAll(async () => {
  stack = await startOperationsStack(() => [
    createRetryJob(jobControl),
    createRetryStep(jobControl),
    createHoldJob(jobControl),
    createReleaseJob(jobControl),
    createCancelJob(jobControl),
  ]);
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const permanent = (reason: string) => new Fault({ kind: 'permanent', reason, message: 'It cannot be.' });

/** A job whose second step refuses once, and was made before it said so. */
async function addFailedJob() {
  const calls = { before: 0, made: 0, found: 0 };
  let refuses = true;
  const steps = [
    commitStep('before', async (_tx, jobs) => {
      calls.before += 1;
      return new Map(jobs.map((job) => [job.jobId, { kind: 'done' }]));
    }),
    outsideStep(
      'send',
      async () => {
        if (refuses) throw permanent('address_refused');
        calls.made += 1;
        return { made: true };
      },
      {
        find: async () => {
          calls.found += 1;
          return undefined;
        },
      },
    ),
  ];
  const plan = planOf(steps, { send: { needs: ['before'] } });
  const jobId = await stack.addJob(plan);
  stack.startWorker(plan, steps);
  await stack.untilOver(jobId);
  refuses = false;
  return { jobId, calls, plan, steps, version: await stack.versionOf(jobId) };
}

describe('a job that has failed', () => {
  it('is taken up where it stopped: what is done is not redone, what was tried is asked about first', async () => {
    const { jobId, calls, version } = await addFailedJob();
    const { output, repeated } = await stack.ask('job:retry', { jobId, version });
    expect(repeated).toBe(false);
    expect(output).toMatchObject({
      state: 'open',
      retried: ['send'],
      notRedone: [{ step: 'before', state: 'done', effects: 0 }],
    });
    const job = await stack.untilOver(jobId);
    expect(job).toMatchObject({ state: 'completed', reason: null, failedStep: null });
    expect(calls).toEqual({ before: 1, made: 1, found: 1 });
    expect(job.timeline).toContain('job.retried');
    const told = job.events.find(({ kind }) => kind === 'job.retried');
    expect(told).toMatchObject({ actor: 'staff:auth0|anna', data: { steps: ['send'] } });
  });

  it('leaves one row of audit, with states before and after', async () => {
    const { jobId, version } = await addFailedJob();
    const { auditSeq } = await stack.ask('job:retry', { jobId, version });
    const { rows } = await stack.audit.list({ target: { id: jobId } }, { limit: 10 });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      seq: auditSeq,
      actor: 'auth0|anna',
      action: 'job:retry',
      result: 'done',
      reason: 'the buyer called',
      before: { state: 'failed', reason: 'address_refused', version },
      after: { state: 'open' },
    });
  });

  it('is retried once for one request, however often it is asked, and at the same time', async () => {
    const { jobId, version } = await addFailedJob();
    const asked = { requestId: `twice-${jobId}` };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => stack.ask('job:retry', { jobId, version }, asked)),
    );
    expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
    for (const { output } of answers) expect(output).toEqual(answers[0]?.output);
    const { timeline } = await stack.untilOver(jobId);
    expect(timeline.filter((line) => line === 'job.retried')).toHaveLength(1);
    const other = await addFailedJob();
    const refusal = await stack.refusalOf('job:retry', { jobId: other.jobId, version: other.version }, asked);
    expect(refusal.kind).toBe('request_id_reused');
  });

  it('is not retried by whoever saw it as it no longer is, and they are told what has changed', async () => {
    const { jobId, version } = await addFailedJob();
    const refusal = await stack.refusalOf('job:retry', { jobId, version: version - 1 });
    expect(refusal).toMatchObject({ kind: 'changed', code: 'job_changed', field: 'version' });
    expect(refusal.changes).toEqual([
      { at: expect.any(String), what: expect.stringContaining('job.failed (address_refused) by worker:') },
    ]);
    expect((await stack.see(jobId)).state).toBe('failed');
  });

  it('fences whoever worked on it before, whatever their token was', async () => {
    const { jobId, version, plan } = await addFailedJob();
    await stack.stopWorkers();
    const before = await stack.see(jobId);
    await stack.ask('job:retry', { jobId, version });
    const after = await stack.see(jobId);
    expect(after.dispatch?.token).toBeGreaterThan(
      Math.max(...Object.values(before.steps).map((s) => s.token)),
    );
    expect(after.steps['send']).toMatchObject({ state: 'waiting', attempts: 0 });
    expect(plan.steps).toHaveLength(2);
  });

  it('can be cancelled, and then released again', async () => {
    const { jobId, version } = await addFailedJob();
    const cancelled = await stack.ask('job:cancel', { jobId, version });
    expect(cancelled.output).toMatchObject({
      state: 'cancelled',
      alreadyDone: [{ step: 'before', state: 'done', effects: 0 }],
    });
    expect((await stack.refusalOf('job:retry', { jobId, version: version + 1 })).code).toBe('job_cancelled');
    await stack.ask('job:release', { jobId, version: version + 1 });
    // What has failed stays so until somebody retries it.
    expect((await stack.untilOver(jobId)).state).toBe('failed');
  });
});

describe('a step', () => {
  it('that is done is not done again, and the answer says what to do instead', async () => {
    const { jobId, version } = await addFailedJob();
    const done = await stack.refusalOf('step:retry', { jobId, version, step: 'before' });
    expect(done).toMatchObject({ kind: 'wrong_state', code: 'step_done' });
    const unknown = await stack.refusalOf('step:retry', { jobId, version, step: 'fly' });
    expect(unknown).toMatchObject({ kind: 'invalid_input', field: 'step' });
    expect(unknown.remedy).toContain('before, send');
  });

  it('that has failed is tried again alone', async () => {
    const { jobId, version } = await addFailedJob();
    const { output } = await stack.ask('step:retry', { jobId, version, step: 'send' });
    expect(output).toMatchObject({ retried: ['send'] });
    expect((await stack.untilOver(jobId)).state).toBe('completed');
  });

  it('that waits for its next attempt is tried at once', async () => {
    const outcomes: StepOutcome[] = [{ kind: 'wait', afterMs: 3_600_000, reason: 'later' }];
    const steps = [readStep('ask', async () => outcomes.pop() ?? { kind: 'done' })];
    const plan = planOf(steps);
    const jobId = await stack.addJob(plan);
    stack.startWorker(plan, steps);
    await stack.until(jobId, (job) => job.steps['ask']?.state === 'waiting' && !job.dispatch?.worker);
    await stack.ask('job:retry', { jobId, version: await stack.versionOf(jobId) });
    expect((await stack.untilOver(jobId)).state).toBe('completed');
  });
});

describe('a job that is held', () => {
  it('is left alone until it is released, and its clock stands', async () => {
    const steps = [readStep('ask')];
    const plan = planOf(steps);
    const jobId = await stack.addJob(plan, { dueInMs: 60_000 });
    await stack.rows(
      `insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor) values ($1, 1, 'job.accepted', 'door:webhook')`,
      [jobId],
    );
    const deadline = async () =>
      (
        await stack.rows<{ at: Date }>(
          'select sla_deadline as at from fulfillment.fulfillment_jobs where id = $1',
          [jobId],
        )
      )[0]!.at.getTime();
    const before = await deadline();
    await stack.ask('job:hold', { jobId, version: 1 });
    await stack.admin.query(
      `update fulfillment.fulfillment_jobs set held_at = held_at - interval '1 hour' where id = $1`,
      [jobId],
    );
    // Its recheck comes: it is looked at, and left.
    await stack.admin.query(
      'update fulfillment.fulfillment_dispatch set due_at = clock_timestamp() where job_id = $1',
      [jobId],
    );
    stack.startWorker(plan, steps);
    const left = await stack.until(
      jobId,
      (job) => (job.dispatch?.dueInMs ?? 0) > 60_000 && !job.dispatch?.worker,
    );
    expect(left).toMatchObject({ state: 'held', steps: {} });
    expect((await stack.refusalOf('job:retry', { jobId, version: 2 })).code).toBe('job_held');
    await stack.ask('job:release', { jobId, version: 2 });
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    expect((await deadline()) - before).toBeGreaterThanOrEqual(3_600_000);
  });

  it('while a worker is at it lets what is under way be finished, and nothing more begin', async () => {
    const under = gate();
    const going = gate();
    const steps = [
      readStep('first', async () => {
        going.open();
        await under.passed;
        return { kind: 'done' };
      }),
      readStep('second', async () => expect.fail('begun while held')),
    ];
    const plan = planOf(steps, { second: { needs: ['first'] } });
    const jobId = await stack.addJob(plan);
    await stack.rows(
      `insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor) values ($1, 1, 'job.accepted', 'door:webhook')`,
      [jobId],
    );
    stack.startWorker(plan, steps);
    await going.passed;
    expect((await stack.refusalOf('job:retry', { jobId, version: 1 })).code).toBe('job_at_work');
    await stack.ask('job:hold', { jobId, version: 1 });
    under.open();
    const held = await stack.until(jobId, (job) => job.steps['first'] !== undefined && !job.dispatch?.worker);
    expect(held).toMatchObject({ state: 'held', steps: { first: { state: 'done' } } });
    expect(held.timeline).not.toContain('job.reopened');
  });

  it('was asked for by somebody who gives a reason, and may', async () => {
    const { jobId, version } = await addFailedJob();
    const noReason = await stack.refusalOf('job:cancel', { jobId, version }, { reason: ' ' });
    expect(noReason).toMatchObject({ kind: 'invalid_input', field: 'reason' });
    const viewer = { caller: callerOf('ops_viewer', 'auth0|victor') };
    const refusal = await stack.refusalOf('job:cancel', { jobId, version }, viewer);
    expect(refusal).toMatchObject({ kind: 'not_allowed', remedy: expect.stringContaining('ops_admin') });
    const { rows } = await stack.audit.list({ actor: 'auth0|victor' }, { limit: 10 });
    expect(rows).toMatchObject([{ action: 'job:cancel', result: 'refused', target: { id: jobId } }]);
    expect((await stack.see(jobId)).state).toBe('failed');
  });
});

describe('a job that is held while a mail of it is being prepared', () => {
  it('does not announce it any more', async () => {
    const preparing = gate();
    const prepared = gate();
    let made = 0;
    const step = outsideStep(
      'send',
      async () => {
        made += 1;
        return { made: true };
      },
      {
        prepare: async () => {
          preparing.open();
          await prepared.passed;
          return { kind: 'ready', prepared: null };
        },
      },
    );
    const plan = planOf([step]);
    const jobId = await stack.addJob(plan);
    await stack.rows(
      `insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor) values ($1, 1, 'job.accepted', 'door:webhook')`,
      [jobId],
    );
    stack.startWorker(plan, [step]);
    await preparing.passed;
    await stack.ask('job:hold', { jobId, version: 1 });
    prepared.open();
    const left = await stack.until(
      jobId,
      (job) => !job.dispatch?.worker && (job.dispatch?.dueInMs ?? 0) > 60_000,
    );
    expect(left).toMatchObject({ state: 'held', effects: {} });
    expect(made).toBe(0);
    await stack.ask('job:release', { jobId, version: 2 });
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    expect(made).toBe(1);
  });

  it('that is released just as a worker leaves it alone is due at once', async () => {
    const plan = planOf([readStep('ask')]);
    const jobId = await stack.addJob(plan, { dueInMs: 60_000 });
    await stack.rows(
      `insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor) values ($1, 1, 'job.accepted', 'door:webhook')`,
      [jobId],
    );
    await stack.ask('job:hold', { jobId, version: 1 });
    await stack.admin.query(
      'update fulfillment.fulfillment_dispatch set due_at = clock_timestamp() where job_id = $1',
      [jobId],
    );
    const store = createJobStore(stack.poolAs('fulfillment_worker', 1));
    const { jobs } = await store.claim({
      worker: 'one',
      limit: 1,
      leaseMs: 60_000,
      planKeys: [planKey(plan)],
      isolated: false,
      restsMs: [],
    });
    const [claimed] = jobs;
    if (!claimed) throw new Error('It was not claimed.');
    await stack.ask('job:release', { jobId, version: 2 });
    await store.leaveBe(claimed, 600_000);
    expect((await stack.see(jobId)).dispatch?.dueInMs).toBeLessThanOrEqual(0);
  });

  it('may be decided on though it was tried again meanwhile, and not if anything else has happened', async () => {
    const { jobId, version } = await addFailedJob();
    const line = (kind: string) =>
      stack.rows(
        `insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor)
         select $1, max(seq) + 1, $2, 'worker:w1' from fulfillment.fulfillment_job_events where job_id = $1`,
        [jobId, kind],
      );
    await line('effect.retry');
    await line('step.waiting');
    await stack.ask('job:cancel', { jobId, version });
    await stack.ask('job:release', { jobId, version: version + 3 });
    await line('payment.merged');
    expect((await stack.refusalOf('job:cancel', { jobId, version: version + 4 })).code).toMatch(/^job_/);
  });
});
