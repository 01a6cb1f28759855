import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roles } from '../../../src/domain/permissions.ts';
import { systemClock } from '../../../src/main/systemClock.ts';
import { createAdoptSales } from '../../../src/operations/catchUp/adoptSales.ts';
import { createRunCatchUp } from '../../../src/operations/catchUp/runCatchUp.ts';
import { createShowCatchUp } from '../../../src/operations/catchUp/showCatchUp.ts';
import { adoptPlan } from '../../../src/steps/handMadeOrders.ts';
import { createCatchUpStore } from '../../../src/store/catchUp/catchUpStore.ts';
import { createCatchUpDesk } from '../../../src/store/operations/catchUp/catchUpDesk.ts';
import { callerOf, type OperationsStack, startOperationsStack } from '../../builders/operationsStack.ts';

const startDate = new Date('2026-01-01T00:00:00Z');
let stack: OperationsStack;
beforeAll(async () => {
  stack = await startOperationsStack((pool) => {
    const desk = createCatchUpDesk(pool);
    return [
      createShowCatchUp({ desk, adoptPlan, boundMs: 75_000 }),
      createRunCatchUp({ desk, clock: systemClock }),
      createAdoptSales({ desk, clock: systemClock, startDate }),
    ];
  });
});
afterAll(() => stack.stop());

const show = async () => (await stack.ask('catch_up:show', {})).output;

describe('the past', () => {
  it('is adopted by a sweep that a worker makes, asked for once', async () => {
    const requestId = randomUUID();
    const wish = { since: '2024-01-01' };
    const first = await stack.ask('sales:adopt', wish, { requestId });
    expect(first.output).toMatchObject({
      isNew: true,
      since: '2024-01-01T00:00:00.000Z',
      until: startDate.toISOString(),
    });
    expect(await stack.ask('sales:adopt', wish, { requestId })).toMatchObject({ repeated: true });
    expect((await stack.ask('sales:adopt', wish)).output).toMatchObject({ isNew: false });
    expect(await show()).toMatchObject({
      sweeps: [{ kind: 'adopt', state: 'waiting', askedBy: 'auth0|anna', adopted: 0 }],
    });

    const store = createCatchUpStore(stack.poolAs('fulfillment_worker'));
    const sweep = await store.nextSweep();
    expect(sweep).toMatchObject({ kind: 'adopt', until: startDate, part: 'sessions', cursor: null });
    const tally = { known: 1, fulfilled: 0, adopted: 99, settled: 2, leftOut: 0 };
    await store.noteSweep(sweep?.sweepId ?? '', { part: 'sessions', cursor: 'cs_1', ...tally });
    expect(await show()).toMatchObject({ sweeps: [{ state: 'running', adopted: 99, settled: 2 }] });
    await store.noteSweep(sweep?.sweepId ?? '', { part: null, cursor: null, ...tally });
    expect(await show()).toMatchObject({ sweeps: [{ state: 'finished', adopted: 198, known: 2 }] });
    // Once it is done, the same may be wanted again.
    expect((await stack.ask('sales:adopt', wish)).output).toMatchObject({ isNew: true });
  });

  it('ends at the start date: what was paid since then is fulfilled, not adopted', async () => {
    const { output } = await stack.ask('sales:adopt', { since: '2023-01-01', until: '2030-01-01' });
    expect(output).toMatchObject({ until: startDate.toISOString() });
    const refusal = await stack.refusalOf('sales:adopt', { since: '2026-02-01' });
    expect(refusal).toMatchObject({ kind: 'wrong_state', code: 'nothing_to_adopt', field: 'since' });
    expect(await stack.refusalOf('sales:adopt', { since: 'long ago' })).toMatchObject({
      code: 'invalid_input',
    });
  });

  it('is adopted by administrators alone, for a reason', async () => {
    const wish = { since: '2022-01-01' };
    for (const role of roles.filter((one) => one !== 'ops_admin'))
      expect((await stack.refusalOf('sales:adopt', wish, { caller: callerOf(role) })).kind).toBe(
        'not_allowed',
      );
    expect((await stack.refusalOf('sales:adopt', wish, { reason: '' })).code).toBe('reason_missing');
  });
});

describe('catching up', () => {
  it('is not well before anybody has read events, and is once somebody has', async () => {
    expect(await show()).toMatchObject({ ok: false, boundSeconds: 75, worker: null, readAt: null });
    const store = createCatchUpStore(stack.poolAs('fulfillment_worker'));
    await store.take('somebody', 10_000);
    await store.endRound('somebody', { dueInMs: 60_000 });
    expect(await show()).toMatchObject({ ok: true, worker: 'somebody', readAt: expect.any(String) });
  });

  it('is done at once when somebody asks, with a sweep where they want one', async () => {
    const store = createCatchUpStore(stack.poolAs('fulfillment_worker'));
    expect((await store.take('somebody', 10_000))?.dueInMs).toBeGreaterThan(10_000);
    const editor = { caller: callerOf('ops_editor') };
    expect((await stack.ask('catch_up:run', {}, editor)).output).toEqual({ sweepId: null });
    expect((await store.take('somebody', 10_000))?.dueInMs).toBeLessThanOrEqual(0);
    const { output } = await stack.ask('catch_up:run', { since: '7d' }, editor);
    expect(output).toMatchObject({ sweepId: expect.any(String) });
    const ahead = await stack.refusalOf('catch_up:run', { since: '2999-01-01' }, editor);
    expect(ahead).toMatchObject({ field: 'since' });
  });
});
