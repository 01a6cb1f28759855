import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bulkActionNames } from '../../../src/operations/bulk/bulkActions.ts';
import { Refusal } from '../../../src/operations/frame/refusal.ts';
import { resendReceiptPlan, sendLinksPlan } from '../../../src/steps/askedMails.ts';
import { type BulkStack, type OrdersInBulk, startBulkStack } from '../../builders/bulkStack.ts';

let stack: BulkStack;
beforeAll(async () => {
  stack = await startBulkStack();
});
afterEach(async () => {
  await stack.stopRunners();
  await stack.endRuns();
});
afterAll(() => stack.stop());

/** Tells one test's orders from all others. */
const newMark = () => `outage_${randomUUID().slice(0, 13)}`;

describe('a plan', () => {
  const mark = newMark();
  const query = `reason:${mark} created:<1d`;
  const kinds: OrdersInBulk[] = [
    { count: 90, state: 'failed', email: 'Anna@Example.com' },
    { count: 30, state: 'failed', amount: 1500, currency: 'eur', email: 'jan@example.com' },
    { count: 5, state: 'failed', email: null },
    { count: 35, state: 'completed' },
    { count: 15, state: 'held' },
    { count: 10, state: 'cancelled' },
    { count: 8, state: 'open' },
    { count: 7, state: 'working' },
  ];
  beforeAll(async () => {
    for (const kind of kinds) await stack.addOrders(mark, kind);
  });

  it('says how many it is for, why not for the others, what they paid, and which mails leave', async () => {
    const plan = await stack.plan('job:retry', query);
    expect(plan).toMatchObject({
      state: 'planned',
      items: 200,
      eligible: 125,
      ineligible: { job_completed: 35, job_held: 15, job_cancelled: 10, job_open: 8, job_at_work: 7 },
      amounts: [
        { currency: 'eur', amountMinor: 45_000, items: 30 },
        { currency: 'pln', amountMinor: 95 * 4900, items: 95 },
      ],
      buyers: 2,
      buyersUnknown: 5,
      mails: 125,
      approvalNeeded: true,
      large: true,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(plan.sample).toHaveLength(10);
    expect(Date.parse(plan.expiresAt) - Date.now()).toBeGreaterThan(9 * 60_000);
    const { rows } = await stack.audit.list({ action: 'bulk:plan' }, { limit: 1 });
    expect(rows[0]).toMatchObject({ after: { runId: plan.runId }, details: { eligible: 125 } });
    // Both are kept where no buyer's data belongs.
    expect(JSON.stringify([plan, rows[0]])).not.toContain('@');
  });

  it('changes none of the jobs', async () => {
    const state = () =>
      stack.rows(
        `select j.state, count(*)::int as jobs, sum((select max(e.seq) from fulfillment.fulfillment_job_events e where e.job_id = j.id))::int as lines
           from fulfillment.fulfillment_jobs j where j.reason = $1 group by j.state order by j.state`,
        [mark],
      );
    const before = await state();
    for (const action of ['job:retry', 'job:cancel', 'receipt:resend']) await stack.plan(action, query);
    expect(await state()).toEqual(before);
  });

  it('has the same digest for the same jobs at the same versions, and another when one of them has moved', async () => {
    const mine = newMark();
    const [jobId = ''] = await stack.addOrders(mine, { count: 3 });
    const digest = async (action: string) => (await stack.plan(action, `reason:${mine}`)).digest;
    const first = await digest('job:retry');
    expect(await digest('job:retry')).toBe(first);
    expect(await digest('job:cancel')).not.toBe(first);
    await stack.ask('job:cancel', { jobId, version: await stack.versionOf(jobId) });
    await stack.ask('job:release', { jobId, version: await stack.versionOf(jobId) });
    expect(await digest('job:retry')).not.toBe(first);
  });

  it('shows each item with its masked buyer, page by page', async () => {
    const { runId } = await stack.plan('job:retry', query);
    const all: string[] = [];
    let after = 0;
    for (let pages = 0; pages < 4; pages += 1) {
      const { page, next } = await stack.show(runId, { limit: 70, after });
      all.push(...page.map(({ jobId }) => jobId));
      for (const { buyer } of page) expect(buyer ?? '•••').toContain('•••');
      if (next === null) break;
      after = next;
    }
    expect(all).toHaveLength(200);
    expect(all).toEqual([...new Set(all)].toSorted());
    const { output } = await stack.ask('bulk:list', { limit: 1 });
    expect(output).toMatchObject({ runs: [{ runId, state: 'planned', eligible: 125 }], next: runId });
  });

  it('refuses each item as the operation itself refuses it, and takes each that it takes', async () => {
    const shapes: OrdersInBulk[] = [
      { state: 'failed' },
      { state: 'blocked' },
      { state: 'held' },
      { state: 'cancelled' },
      { state: 'open' },
      { state: 'working' },
      { state: 'completed' },
      { state: 'completed', own: true },
      { state: 'completed', unpaid: true },
      { state: 'completed', takenBack: true },
      { state: 'completed', receipt: true, email: null, entitlement: 'active', link: true },
      { state: 'completed', receipt: true, entitlement: 'active', link: true },
      { state: 'completed', receipt: true, entitlement: 'active' },
      { state: 'completed', receipt: true, entitlement: 'revoked', link: true },
      { state: 'completed', receipt: true, entitlement: 'active', askedMail: resendReceiptPlan },
      { state: 'completed', receipt: true, entitlement: 'active', askedMail: sendLinksPlan },
      { state: 'failed', receipt: true, entitlement: 'active', link: true },
      { state: 'open', receipt: true, entitlement: 'active', link: true },
    ];
    const codes = new Set<string>();
    for (const action of bulkActionNames) {
      const mine = newMark();
      await Promise.all(shapes.map((shape) => stack.addOrders(mine, shape)));
      const params = action === 'downloads:extend' ? { days: 3 } : {};
      const { runId } = await stack.plan(action, `reason:${mine} created:<1d`, { params });
      for (const { jobId, ineligibleReason } of (await stack.show(runId)).page) {
        const input = { jobId, version: await stack.versionOf(jobId), ...params };
        const code = await stack.ask(action, input).then(
          () => null,
          (error: unknown) => (error instanceof Refusal ? error.code : expect.fail(String(error))),
        );
        expect([action, jobId, ineligibleReason]).toEqual([action, jobId, code]);
        if (code !== null) codes.add(code);
      }
    }
    expect(codes).toContain('already_on_its_way');
    expect(codes.size).toBeGreaterThan(12);
  });
});

describe('a query', () => {
  it.each([
    ['nothing', '', 'query_empty'],
    ['blanks', ' \t ', 'query_empty'],
    ['marks', '<>,;', 'query_empty'],
    ['words, which resemble many', 'anna kowalska', 'query_not_exact'],
    ['words beside what is exact', 'status:failed anna', 'query_not_exact'],
    ['an address that nobody has', 'nobody@example.org', 'query_not_exact'],
    ['everything but something', '-status:open', 'query_unbounded'],
    ['what never ends', 'has:mail', 'query_unbounded'],
    ['time without a beginning', 'created:>30d', 'query_unbounded'],
    ['a qualifier nobody knows', 'sattus:failed', 'unknown_qualifier'],
    ['SQL', `status:failed' or 1=1 --`, 'unknown_value'],
    ['SQL in words', `'; drop table fulfillment.ops_bulk_runs; --`, 'query_not_exact'],
    ['an unclosed quote', 'reason:"x', 'unclosed_quote'],
    ['more than a query may have', `reason:${'x'.repeat(3_000)}`, 'too_long'],
    ['more than anything may have', 'x'.repeat(9_000), 'invalid_input'],
  ])('for %s is refused', async (_what, query, code) => {
    const refusal = await stack.refusalOf('bulk:plan', { action: 'job:retry', query });
    expect(refusal).toMatchObject({ kind: 'invalid_input', field: 'query' });
    expect(refusal.code).toBe(code);
  });

  it('that finds nothing, or too much, is refused', async () => {
    const nothing = await stack.refusalOf('bulk:plan', {
      action: 'job:retry',
      query: 'reason:never_seen_before',
    });
    expect(nothing).toMatchObject({ kind: 'not_found', code: 'query_finds_nothing' });
    const mark = newMark();
    await stack.addOrders(mark, { count: 501 });
    const refusal = await stack.refusalOf('bulk:plan', { action: 'job:retry', query: `reason:${mark}` });
    expect(refusal).toMatchObject({ code: 'query_finds_too_many', message: expect.stringContaining('500') });
  });

  it('by an address is kept and shown without it', async () => {
    const mark = newMark();
    const email = `${mark}@example.com`;
    await stack.addOrders(mark, { count: 2, entitlement: 'active' });
    const { runId, items } = await stack.plan('job:retry', email);
    expect(items).toBe(2);
    expect((await stack.show(runId)).query).toBe('ou•••@ex•••.com');
    const kept = await stack.rows('select r::text as text from fulfillment.ops_bulk_runs r where id = $1', [
      runId,
    ]);
    expect(JSON.stringify(kept)).not.toContain(email);
  });
});

describe('parameters', () => {
  it.each([
    ['that the action does not take', 'job:retry', { days: 3 }, 'params.days'],
    ['that are missing', 'downloads:extend', {}, 'params.days'],
    ['out of bounds', 'downloads:extend', { days: 31 }, 'params.days'],
    ['that name another job', 'job:retry', { jobId: '00000000-0000-7000-8000-000000000001' }, 'params.jobId'],
    ['that name another version', 'job:retry', { version: 7 }, 'params.version'],
  ])('%s are refused', async (_what, action, params, field) => {
    const mark = newMark();
    await stack.addOrders(mark, {});
    const refusal = await stack.refusalOf('bulk:plan', { action, query: `reason:${mark}`, params });
    expect(refusal).toMatchObject({ kind: 'invalid_input', code: 'invalid_params', field });
  });

  it('are given to each item', async () => {
    const mark = newMark();
    await stack.addOrders(mark, {
      count: 2,
      state: 'completed',
      receipt: true,
      entitlement: 'active',
      link: true,
    });
    const plan = await stack.plan('downloads:extend', `reason:${mark} created:<1d`, { params: { days: 5 } });
    await stack.run(plan);
    stack.startRunner();
    expect((await stack.untilState(plan.runId, 'finished')).progress).toMatchObject({ done: 2 });
    const { rows } = await stack.audit.list({ bulkRunId: plan.runId }, { limit: 10 });
    expect(rows.map(({ details }) => details)).toMatchObject([{ days: 5 }, { days: 5 }]);
  });
});
