import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { progressOf, reachableSteps, runnableSteps, stepStates, stepStatusOf, supportStatus } from './job.ts';
import type { StepState, StepStatus } from './job.ts';
import type { Plan } from './plan.ts';

const now = new Date('2026-03-01T12:00:00Z');
const inMinutes = (minutes: number) => new Date(now.getTime() + minutes * 60_000);

const plan: Plan = {
  name: 'fulfil',
  version: 1,
  steps: [
    { name: 'order', version: 1, needs: [], holds: true },
    { name: 'receipt', version: 1, needs: ['order'], holds: true },
    { name: 'files', version: 1, needs: ['order'], holds: true },
    { name: 'email', version: 1, needs: ['receipt'], holds: true },
    { name: 'analytics', version: 1, needs: ['order'], holds: false },
  ],
};

function status(state: StepState, more: Partial<StepStatus> = {}): StepStatus {
  return { state, attempts: 0, dueAt: null, reason: null, ...more };
}

function steps(states: Record<string, StepStatus>): Map<string, StepStatus> {
  return new Map(Object.entries(states));
}

const names = (list: Array<{ name: string }>) => list.map(({ name }) => name);
const allHoldingDone = {
  order: status('done'),
  receipt: status('done'),
  files: status('skipped'),
  email: status('done'),
};

describe('reachableSteps', () => {
  it('starts with the steps that need nothing', () => {
    expect(names(reachableSteps(plan, new Map()))).toEqual(['order']);
  });

  it('opens the steps whose needs are done or skipped', () => {
    expect(names(reachableSteps(plan, steps({ order: status('done') })))).toEqual([
      'receipt',
      'files',
      'analytics',
    ]);
    const skipped = steps({ order: status('done'), receipt: status('skipped'), files: status('failed') });
    expect(names(reachableSteps(plan, skipped))).toEqual(['email', 'analytics']);
  });

  it('keeps blocked steps, for they are rechecked, and nothing behind them', () => {
    const blocked = steps({ order: status('done'), receipt: status('blocked') });
    expect(names(reachableSteps(plan, blocked))).toEqual(['receipt', 'files', 'analytics']);
  });
});

describe('runnableSteps', () => {
  it('leaves out what is due later', () => {
    const found = runnableSteps(
      plan,
      steps({
        order: status('done'),
        receipt: status('waiting', { dueAt: inMinutes(1) }),
        files: status('waiting', { dueAt: now }),
      }),
      now,
    );
    expect(names(found)).toEqual(['files', 'analytics']);
  });
});

describe('progressOf', () => {
  it('is open and due now before anything was tried', () => {
    expect(progressOf(plan, new Map(), now)).toEqual({
      state: 'open',
      holdingDone: false,
      dueAt: now,
      reason: null,
      failedStep: null,
    });
  });

  it('is due when its earliest step is', () => {
    const found = progressOf(
      plan,
      steps({
        order: status('done'),
        receipt: status('waiting', { dueAt: inMinutes(5) }),
        files: status('waiting', { dueAt: inMinutes(2) }),
        analytics: status('waiting', { dueAt: inMinutes(9) }),
      }),
      now,
    );
    expect(found).toMatchObject({ state: 'open', dueAt: inMinutes(2) });
  });

  it('is completed when all that holds up the buyer is done, and still due for analytics', () => {
    const found = progressOf(
      plan,
      steps({ ...allHoldingDone, analytics: status('waiting', { dueAt: inMinutes(3) }) }),
      now,
    );
    expect(found).toMatchObject({ state: 'completed', holdingDone: true, dueAt: inMinutes(3) });
  });

  it('is completed and never due again when analytics has failed or is done', () => {
    for (const state of ['failed', 'done', 'skipped'] as const) {
      const found = progressOf(plan, steps({ ...allHoldingDone, analytics: status(state) }), now);
      expect(found).toMatchObject({ state: 'completed', dueAt: null, reason: null });
    }
  });

  it('is blocked with the reason of the blocked step, though others go on', () => {
    const found = progressOf(
      plan,
      steps({
        order: status('done'),
        receipt: status('waiting', { dueAt: inMinutes(1) }),
        files: status('blocked', { reason: 'unreadable_master', dueAt: inMinutes(15) }),
      }),
      now,
    );
    expect(found).toMatchObject({ state: 'blocked', reason: 'unreadable_master', dueAt: now });
  });

  it('is blocked rather than failed when both happened, for a blocked step may still heal', () => {
    const found = progressOf(
      plan,
      steps({
        order: status('done'),
        receipt: status('failed', { reason: 'no_series' }),
        files: status('blocked', { reason: 'no_master', dueAt: inMinutes(15) }),
        analytics: status('done'),
      }),
      now,
    );
    expect(found).toMatchObject({ state: 'blocked', reason: 'no_master', failedStep: 'receipt' });
    expect(found.dueAt).toEqual(inMinutes(15));
  });

  it('stays open while another holding step can still move after a failure', () => {
    const found = progressOf(
      plan,
      steps({ order: status('done'), files: status('failed', { reason: 'too_large' }) }),
      now,
    );
    expect(found).toMatchObject({ state: 'open', failedStep: 'files', reason: 'too_large' });
  });

  it('has failed when no holding step can move, and drops what is left of analytics', () => {
    const found = progressOf(plan, steps({ order: status('failed', { reason: 'payment_missing' }) }), now);
    expect(found).toEqual({
      state: 'failed',
      holdingDone: false,
      dueAt: null,
      reason: 'payment_missing',
      failedStep: 'order',
    });
  });

  it('names the failed step that holds up the buyer before one that does not', () => {
    const found = progressOf(
      { ...plan, steps: plan.steps.toReversed().map((step) => ({ ...step, needs: [] })) },
      steps({
        ...allHoldingDone,
        analytics: status('failed', { reason: 'analytics_refused' }),
        email: status('failed', { reason: 'mailbox_refused' }),
      }),
      now,
    );
    expect(found).toMatchObject({ state: 'failed', failedStep: 'email', reason: 'mailbox_refused' });
  });

  it('is not blocked by analytics, nor is a blocked holding step hidden behind it', () => {
    const early: Plan = {
      ...plan,
      steps: [
        { name: 'analytics', version: 1, needs: [], holds: false },
        { name: 'email', version: 1, needs: [], holds: true },
      ],
    };
    const quiet = status('blocked', { reason: 'no_consent' });
    expect(progressOf(early, steps({ analytics: quiet }), now)).toMatchObject({
      state: 'open',
      reason: null,
    });
    const both = steps({ analytics: quiet, email: status('blocked', { reason: 'no_email' }) });
    expect(progressOf(early, both, now)).toMatchObject({ state: 'blocked', reason: 'no_email' });
    const failed = steps({ analytics: quiet, email: status('failed', { reason: 'mailbox_refused' }) });
    expect(progressOf(early, failed, now)).toMatchObject({ state: 'failed', reason: 'mailbox_refused' });
  });

  it('always says something that can be stored: open and blocked jobs are due, failed ones are not', () => {
    const anyStatus = fc.record({
      state: fc.constantFrom(...stepStates),
      attempts: fc.nat(5),
      dueAt: fc.option(fc.date({ noInvalidDate: true }), { nil: null }),
      reason: fc.constantFrom(null, 'some_reason'),
    });
    const anySteps = fc.tuple(...plan.steps.map(() => fc.option(anyStatus, { nil: undefined })));
    fc.assert(
      fc.property(anySteps, (list) => {
        const known = new Map<string, StepStatus>();
        list.forEach((entry, at) => entry && known.set(plan.steps[at]?.name ?? '', entry));
        const found = progressOf(plan, known, now);
        if (found.state === 'open' || found.state === 'blocked') expect(found.dueAt).not.toBeNull();
        if (found.state === 'failed') expect(found.dueAt).toBeNull();
        expect(found.state === 'completed').toBe(found.holdingDone);
      }),
    );
  });
});

describe('what a switch holds that is set for all', () => {
  const held = status('blocked', { reason: 'mail_brake', dueAt: inMinutes(10) });
  const others = { order: status('done'), receipt: status('done') };

  it('leaves the job open as long as something else can move, and holds it then', () => {
    const going = steps({ ...others, email: held, files: status('waiting') });
    expect(progressOf(plan, going, now)).toMatchObject({ state: 'open', reason: null });
    const over = steps({ ...others, email: held, files: status('done'), analytics: status('done') });
    expect(progressOf(plan, over, now)).toEqual({
      state: 'held',
      holdingDone: false,
      dueAt: inMinutes(10),
      reason: 'mail_brake',
      failedStep: null,
    });
  });

  it('is not what a person must look at: blocked comes before it, and failed after', () => {
    const files = (state: StepState) => status(state, { reason: 'damaged' });
    expect(progressOf(plan, steps({ ...others, email: held, files: files('blocked') }), now)).toMatchObject({
      state: 'blocked',
      reason: 'damaged',
    });
    expect(progressOf(plan, steps({ ...others, email: held, files: files('failed') }), now)).toMatchObject({
      state: 'held',
      reason: 'mail_brake',
      failedStep: 'files',
    });
  });

  it('shows on its step once no other effect of it can move, and never before one that is blocked', () => {
    const effect = (state: 'blocked' | 'waiting' | 'done', reason: string | null = null) => ({
      state,
      attempts: 0,
      dueAt: null,
      reason,
    });
    const stopped = effect('blocked', 'shadow_mode');
    expect(stepStatusOf([stopped, effect('waiting')]).state).toBe('waiting');
    expect(stepStatusOf([stopped, effect('done')])).toMatchObject({
      state: 'blocked',
      reason: 'shadow_mode',
    });
    expect(stepStatusOf([stopped, effect('blocked', 'no_email')])).toMatchObject({ reason: 'no_email' });
  });
});

describe('supportStatus', () => {
  const open = { state: 'open', reason: null, failedStep: null } as const;

  it('names the step that comes next, and tells a retry from a first attempt', () => {
    expect(supportStatus(open, plan, new Map())).toBe('pending_order');
    const tried = steps({ order: status('waiting', { attempts: 2 }) });
    expect(supportStatus(open, plan, tried)).toBe('pending_retry');
  });

  it('says only "pending" when all that is left holds nobody up', () => {
    expect(supportStatus(open, plan, steps(allHoldingDone))).toBe('pending');
  });

  it.each([
    [{ state: 'blocked', reason: 'no_email', failedStep: null }, 'blocked: no_email'],
    [{ state: 'blocked', reason: null, failedStep: null }, 'blocked: unknown'],
    [{ state: 'failed', reason: 'refused', failedStep: 'email' }, 'failed: email'],
    [{ state: 'held', reason: 'by_hand', failedStep: null }, 'held'],
    [{ state: 'completed', reason: null, failedStep: null }, 'completed'],
    [{ state: 'cancelled', reason: null, failedStep: null }, 'cancelled'],
  ] as const)('translates %o to %s', (job, text) => {
    expect(supportStatus(job, plan, new Map())).toBe(text);
  });
});
