import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fault, type FaultDetails } from '../../../src/domain/fault.ts';
import type { StepOutcome } from '../../../src/ports/step.ts';
import { createCatalogImportStore } from '../../../src/store/catalog/importCatalog.ts';
import { eventually, startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { effectKeys, gate, outsideStep, planOf, readStep } from '../../builders/steps.ts';
import { aFault } from '../../fakes/faultScript.ts';

let stack: EngineStack;

beforeAll(async () => {
  stack = await startEngineStack();
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const throws = (details: Partial<FaultDetails> = {}): Promise<never> =>
  Promise.reject(new Fault(aFault(details)));
const minute = 60_000;

describe('a blocked step', () => {
  const blocks = (recheckMs: number, looks: { count: number } = { count: 0 }) =>
    readStep('ask', async (): Promise<StepOutcome> => {
      looks.count += 1;
      return { kind: 'block', reason: 'unknown_product', detail: 'Line 1: price_x.', recheckMs };
    });

  it('blocks the job visibly, tells why once, and looks again by itself', async () => {
    const looks = { count: 0 };
    const step = blocks(15, looks);
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    const { telemetry } = stack.startWorker(plan, [step]);
    await eventually(() => looks.count >= 4);
    expect(await stack.untilState(id, 'blocked')).toMatchObject({
      reason: 'unknown_product',
      failedStep: null,
      steps: { ask: { state: 'blocked', attempts: 0, reason: 'unknown_product' } },
      timeline: ['step.blocked ask', 'job.blocked'],
      events: [
        { data: { reason: 'unknown_product', detail: 'Line 1: price_x.' } },
        { data: { reason: 'unknown_product' } },
      ],
    });
    expect(telemetry.of('job.blocked')).toHaveLength(1);
  });

  it('is blocked by the next reason as visibly as by the first', async () => {
    let looks = 0;
    const step = readStep('ask', async () => {
      looks += 1;
      return { kind: 'block', reason: looks === 1 ? 'unknown_product' : 'no_email', recheckMs: 10 };
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    const job = await stack.until(id, (seen) => seen.reason === 'no_email');
    expect(job.timeline).toEqual(['step.blocked ask', 'job.blocked', 'step.blocked ask', 'job.blocked']);
  });

  it('sleeps until a catalogue import wakes it', async () => {
    let known = false;
    const step = readStep('ask', async () =>
      known ? { kind: 'done' } : { kind: 'block', reason: 'unknown_product', recheckMs: 15 * minute },
    );
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    const { pool } = stack.startWorker(plan, [step]);
    await stack.untilState(id, 'blocked');
    known = true;
    const { jobsWoken } = await createCatalogImportStore(pool).write([]);
    expect(jobsWoken).toBeGreaterThanOrEqual(1);
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'completed',
      timeline: ['step.blocked ask', 'job.blocked', 'step.done ask', 'job.completed'],
    });
  });

  it('does not hide that others are done, nor keeps them waiting', async () => {
    const steps = [blocks(15 * minute), readStep('other')];
    const plan = planOf(steps);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, steps);
    const job = await stack.until(id, (seen) => seen.state === 'blocked' && !seen.dispatch?.worker);
    expect(job.steps['other']?.state).toBe('done');
  });
});

describe('one of several effects', () => {
  it('blocked does not hide or hold up the others', async () => {
    let mended = false;
    const step = outsideStep('files', undefined, {
      effects: effectKeys('copy:1', 'copy:2', 'copy:3'),
      prepare: async (_job, effect) =>
        effect.key === 'copy:2' && !mended
          ? { kind: 'block', reason: 'file_damaged', recheckMs: 30 }
          : { kind: 'ready', prepared: null },
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    const blocked = await stack.until(
      id,
      (job) => job.state === 'blocked' && job.effects['copy:3']?.state === 'done',
    );
    expect(blocked).toMatchObject({
      reason: 'file_damaged',
      steps: { files: { state: 'blocked', reason: 'file_damaged' } },
      effects: { 'copy:1': { state: 'done' }, 'copy:2': { state: 'blocked', attempts: 0 } },
    });
    mended = true;
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'completed',
      effects: { 'copy:2': { state: 'done' } },
    });
  });

  it('that fails for good fails the step only after the others are through', async () => {
    const step = outsideStep(
      'files',
      async ({ effect }) =>
        effect.key === 'copy:2' ? throws({ kind: 'permanent', reason: 'too_large' }) : { ok: true },
      { effects: effectKeys('copy:1', 'copy:2', 'copy:3') },
    );
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'failed',
      failedStep: 'files',
      reason: 'too_large',
      effects: { 'copy:1': { state: 'done' }, 'copy:2': { state: 'failed' }, 'copy:3': { state: 'done' } },
    });
  });

  it('is retried at its own time while a sibling is still under way', async () => {
    const slow = gate();
    let tries = 0;
    const step = outsideStep(
      'files',
      async ({ effect }) => {
        if (effect.key === 'slow') await slow.passed;
        else if ((tries += 1) === 1) await throws();
        return { ok: true };
      },
      { effects: effectKeys('slow', 'shaky') },
    );
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    const meanwhile = await stack.until(id, (job) => job.effects['shaky']?.state === 'done');
    expect(meanwhile.effects['slow']?.state).toBe('intended');
    slow.open();
    expect((await stack.untilOver(id)).state).toBe('completed');
  });

  it('that needs a human again and again is told once', async () => {
    let calls = 0;
    const step = outsideStep('send', () => {
      calls += 1;
      return throws({ kind: 'needs_human', reason: 'smtp_credentials', retryAfterMs: 10 });
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    const { telemetry } = stack.startWorker(plan, [step]);
    await eventually(() => calls >= 4);
    expect((await stack.see(id)).timeline).toEqual(['effect.blocked send', 'job.blocked']);
    expect(telemetry.of('job.blocked')).toHaveLength(1);
  });
});
