import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BulkStack, startBulkStack } from '../../builders/bulkStack.ts';
import { eventually } from '../../builders/engineStack.ts';
import { callerOf } from '../../builders/operationsStack.ts';

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
const second = { caller: callerOf('ops_admin', 'auth0|piotr') };

/** Tells one test's orders from all others. */
const newMark = () => `outage_${randomUUID().slice(0, 13)}`;

async function planOf(count: number, action = 'job:retry') {
  const mark = newMark();
  await stack.addOrders(mark, { count });
  return { mark, plan: await stack.plan(action, `status:failed reason:${mark}`) };
}

describe('a plan is started', () => {
  it('by an editor for 25 orders, and not for more', async () => {
    const start = ({ runId, digest }: { runId: string; digest: string }) => ({ runId, digest });
    const small = (await planOf(25)).plan;
    const large = (await planOf(26)).plan;
    const { output } = await stack.ask('bulk:run', start(small), editor);
    expect(output).toMatchObject({ state: 'running', eligible: 25, etaSeconds: 5 });
    const refusal = await stack.refusalOf('bulk:run', start(large), editor);
    expect(refusal).toMatchObject({ kind: 'not_allowed', code: 'bulk_too_large' });
    expect(refusal.remedy).toContain('ops_admin');
    await stack.ask('bulk:run', start(large));
  });

  it('only by somebody who may do the thing itself', async () => {
    const { mark, plan } = await planOf(2, 'job:hold');
    const planned = await stack.refusalOf(
      'bulk:plan',
      { action: 'job:hold', query: `reason:${mark}` },
      editor,
    );
    expect(planned).toMatchObject({ kind: 'not_allowed', field: 'action' });
    const started = await stack.refusalOf('bulk:run', { runId: plan.runId, digest: plan.digest }, editor);
    expect(started).toMatchObject({ kind: 'not_allowed', code: 'not_allowed' });
  });

  it('for a reason, at a rate that is bearable', async () => {
    const { plan } = await planOf(1);
    const input = { runId: plan.runId, digest: plan.digest };
    expect((await stack.refusalOf('bulk:run', input, { reason: '' })).field).toBe('reason');
    for (const rate of [0, 51, 2.5])
      expect((await stack.refusalOf('bulk:run', { ...input, rate })).field).toBe('rate');
  });

  it('once', async () => {
    const { plan } = await planOf(1);
    const input = { runId: plan.runId, digest: plan.digest };
    const asked = { requestId: `start-${plan.runId}` };
    await stack.ask('bulk:run', input, asked);
    expect((await stack.ask('bulk:run', input, asked)).repeated).toBe(true);
    expect(await stack.refusalOf('bulk:run', input)).toMatchObject({
      kind: 'wrong_state',
      code: 'bulk_running',
    });
  });

  it('by whoever has seen this very plan', async () => {
    const { plan } = await planOf(1);
    const other = (await planOf(1)).plan;
    const refusal = await stack.refusalOf('bulk:run', { runId: plan.runId, digest: other.digest });
    expect(refusal).toMatchObject({ kind: 'changed', code: 'other_digest', field: 'digest' });
    const unknown = await stack.refusalOf('bulk:run', {
      runId: '00000000-0000-7000-8000-000000000000',
      digest: plan.digest,
    });
    expect(unknown).toMatchObject({ kind: 'not_found', code: 'unknown_bulk_run' });
  });

  it('within ten minutes, or planned anew', async () => {
    const { plan } = await planOf(3);
    const { runId, digest } = plan;
    await stack.rows(
      `update fulfillment.ops_bulk_runs set expires_at = clock_timestamp() - interval '1 second' where id = $1`,
      [runId],
    );
    for (const [name, asked] of [
      ['bulk:run', {}],
      ['bulk:approve', second],
    ] as const)
      expect(await stack.refusalOf(name, { runId, digest }, asked)).toMatchObject({
        kind: 'changed',
        code: 'plan_expired',
        remedy: expect.stringContaining('Plan anew'),
      });
    expect((await stack.show(runId)).state).toBe('expired');
    stack.startRunner();
    await eventually(async () => {
      const rows = await stack.rows(
        `select from fulfillment.ops_bulk_runs where id = $1 and state = 'expired'`,
        [runId],
      );
      return rows.length === 1;
    });
    expect((await stack.show(runId)).outcomes).toEqual([{ state: 'left_out', outcome: 'expired', items: 3 }]);
  });

  it('when it makes sense for any order at all', async () => {
    const mark = newMark();
    await stack.addOrders(mark, { count: 2, state: 'held' });
    const { runId, digest, eligible } = await stack.plan('job:retry', `reason:${mark}`);
    expect(eligible).toBe(0);
    expect((await stack.refusalOf('bulk:run', { runId, digest })).code).toBe('nothing_eligible');
  });
});

describe('a second person', () => {
  it('has to agree to more than a hundred orders, and to every cancelling', async () => {
    const many = (await planOf(101)).plan;
    const hundred = (await planOf(100)).plan;
    const cancelling = (await planOf(1, 'job:cancel')).plan;
    expect([many, hundred, cancelling].map(({ approvalNeeded }) => approvalNeeded)).toEqual([
      true,
      false,
      true,
    ]);
    const { runId, digest } = cancelling;
    const refusal = await stack.refusalOf('bulk:run', { runId, digest });
    expect(refusal).toMatchObject({ kind: 'wrong_state', code: 'not_approved' });
    const needless = await stack.refusalOf(
      'bulk:approve',
      { runId: hundred.runId, digest: hundred.digest },
      second,
    );
    expect(needless.code).toBe('approval_not_needed');
  });

  it('is neither who has planned it nor who starts it, and may approve it', async () => {
    const { plan } = await planOf(2, 'job:cancel');
    const input = { runId: plan.runId, digest: plan.digest };
    const own = await stack.refusalOf('bulk:approve', input);
    expect(own).toMatchObject({ kind: 'not_allowed', code: 'own_plan' });
    expect((await stack.refusalOf('bulk:approve', input, editor)).kind).toBe('not_allowed');
    const other = await stack.refusalOf('bulk:approve', { ...input, digest: '0'.repeat(64) }, second);
    expect(other.code).toBe('other_digest');
    const { output } = await stack.ask('bulk:approve', input, second);
    expect(output).toMatchObject({ state: 'planned', version: 2 });
    expect((await stack.refusalOf('bulk:approve', input, second)).code).toBe('already_approved');
    const approver = await stack.refusalOf('bulk:run', input, second);
    expect(approver).toMatchObject({ kind: 'not_allowed', code: 'run_by_approver' });
    // A third person may start what two have agreed on.
    await stack.ask('bulk:run', input, { caller: callerOf('ops_admin', 'auth0|third') });
    stack.startRunner();
    expect((await stack.untilState(plan.runId, 'finished')).progress).toMatchObject({ done: 2 });
    const { rows } = await stack.audit.list({ bulkRunId: plan.runId }, { limit: 5 });
    expect(rows.map(({ actor }) => actor)).toEqual(['auth0|third', 'auth0|third']);
  });
});
