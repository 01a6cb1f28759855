import { describe, expect, it } from 'vitest';
import { documentOf, runOperators } from '../../../../test/builders/commandLine.ts';

const runId = '0190c1de-0000-7000-8000-000000000001';
const digest = 'ab'.repeat(32);

const plan = (changes: object = {}) => ({
  runId,
  state: 'planned',
  action: 'job:retry',
  digest,
  items: 12,
  eligible: 10,
  ineligible: { job_completed: 2 },
  amounts: [{ currency: 'eur', amountMinor: 49_000, items: 10 }],
  buyers: 9,
  buyersUnknown: 0,
  mails: 10,
  approvalNeeded: false,
  large: false,
  expiresAt: '2026-11-22T10:10:00.000Z',
  sample: [
    {
      jobId: 'job-1',
      orderId: 'F-1',
      state: 'failed',
      amountMinor: 4900,
      currency: 'eur',
      ineligibleReason: null,
    },
  ],
  ...changes,
});

const shown = (changes: object = {}, progress: object = {}) => ({
  ...plan(),
  params: {},
  query: 'status:failed',
  retryOf: null,
  version: 1,
  plannedBy: 'auth0|anna',
  plannedAt: '2026-11-22T09:59:00.000Z',
  approvedBy: null,
  approvedAt: null,
  startedBy: null,
  startedAt: null,
  reason: null,
  ratePerSecond: null,
  progress: { done: 0, refused: 0, failed: 0, waiting: 10, leftOut: 0, etaSeconds: null, ...progress },
  pausedBecause: null,
  finishedAt: null,
  worker: null,
  outcomes: [],
  page: [],
  next: null,
  ...changes,
});

const started = { runId, state: 'running', version: 2, eligible: 10, etaSeconds: 2 };
const why = ['--reason', 'provider is back'];

describe('bulk plan', () => {
  it('asks for nothing to be confirmed, shows what will come of it, and writes it down', async () => {
    const words = [
      'bulk',
      'plan',
      'downloads:extend',
      'status:failed',
      '-step:email',
      '--param',
      'days=7',
      '--out',
      'plan.json',
    ];
    const ran = await runOperators(words, { operations: { 'bulk:plan': plan() } });
    expect(ran.code).toBe(0);
    expect(ran.asked[0]?.input).toEqual({
      action: 'downloads:extend',
      query: 'status:failed -step:email',
      params: { days: 7 },
    });
    expect(ran.out).toMatchSnapshot();
    expect(JSON.parse(ran.files.get('plan.json') ?? '')).toMatchObject({
      schema: 'fulfillment/bulk-plan@1',
      runId,
      digest,
    });
    expect(ran.err).toContain('Next: fulfillment bulk run plan.json');
  });

  it('says who has to approve it', async () => {
    const operations = { 'bulk:plan': plan({ approvalNeeded: true }) };
    const ran = await runOperators('bulk plan job:cancel status:blocked', { operations });
    expect(ran.err).toContain(`somebody else: fulfillment bulk approve ${runId}`);
  });
});

describe('bulk run', () => {
  it('decides on the plan that was written down, whatever the server has now', async () => {
    const files = new Map([['plan.json', JSON.stringify({ runId, digest: 'cd'.repeat(32) })]]);
    const operations = { 'bulk:show': shown(), 'bulk:run': started };
    const ran = await runOperators(['bulk', 'run', 'plan.json', '--yes', '--rate', '10/s', ...why], {
      operations,
      files,
    });
    expect(ran.code).toBe(0);
    expect(ran.asked.at(-1)).toMatchObject({
      input: { runId, digest: 'cd'.repeat(32), rate: 10 },
      reason: 'provider is back',
    });
  });

  it('of more than an editor may touch wants the number typed', async () => {
    const operations = { 'bulk:show': shown({ eligible: 143 }), 'bulk:run': { ...started, eligible: 143 } };
    const ran = await runOperators(['bulk', 'run', runId, '--yes', ...why], { operations });
    expect(ran.code).toBe(5);
    expect(ran.err).toContain('add --confirm=143');
    expect((await runOperators(['bulk', 'run', runId, '--confirm=143', ...why], { operations })).code).toBe(
      0,
    );
  });

  it.each([
    [{ done: 10, waiting: 0 }, 'finished', 0],
    [{ done: 7, refused: 2, failed: 1, waiting: 0 }, 'finished', 6],
    [{ done: 0, failed: 10, waiting: 0 }, 'finished', 1],
    [{ done: 3, waiting: 7 }, 'paused', 8],
    [{ done: 3, leftOut: 7 }, 'aborted', 1],
  ])('with --wait, when it ends with %j and is %s, ends with %d', async (progress, state, code) => {
    const looks = [
      shown(),
      shown({ state: 'running' }, { done: 2, etaSeconds: 2 }),
      shown({ state }, progress),
    ];
    const operations = {
      'bulk:show': () => looks.shift() ?? shown({ state }, progress),
      'bulk:run': started,
    };
    const ran = await runOperators(['bulk', 'run', runId, '--yes', '--wait', ...why], { operations });
    expect(ran.code).toBe(code);
    expect(ran.sleptMs).toEqual([1_000]);
  });

  it('that is not over in time ends with 8, and tells how far it is once each ten seconds', async () => {
    let done = 0;
    const operations = {
      'bulk:show': () =>
        shown({ state: 'running', eligible: 1_000 }, { done: (done += 5), waiting: 900, etaSeconds: 180 }),
    };
    const ran = await runOperators(`bulk show ${runId} --wait --timeout 25s`, { operations });
    expect(ran.code).toBe(8);
    expect(ran.err.trimEnd().split('\n')).toHaveLength(3);
    expect(ran.err).toContain('5 of 1000, 0 not done, 3m to go');
  });

  it('draws a bar on a terminal', async () => {
    const looks = [shown({ state: 'running' }, { done: 5 }), shown({ state: 'finished' }, { done: 10 })];
    const given = {
      operations: { 'bulk:show': () => looks.shift() ?? {} },
      isTerminal: true,
      env: { NO_COLOR: '1' },
    };
    const ran = await runOperators(`bulk show ${runId} --wait`, given);
    expect(ran.err).toContain('\r\u001b[K[############------------] 50% 5 of 10');
    expect(ran.err.endsWith('\r\u001b[K')).toBe(true);
    // oxlint-disable-next-line no-control-regex
    expect(ran.out).not.toMatch(/\u001b/);
  });

  it('is no id and no file: 2', async () => {
    expect(await runOperators('bulk run nothing.json', { operations: {} })).toMatchObject({
      code: 2,
      asked: [],
    });
  });
});

describe('failures retry', () => {
  const group = {
    failure: {
      fingerprint: '0a1b2c3d4e5f',
      state: 'failed',
      step: 'email',
      reason: 'mailbox_full',
      provider: null,
      summary: 'Of 10 jobs the mail is not sent: mailbox full',
      jobs: 10,
      payments: 10,
      amounts: [],
      firstSeenAt: '2026-11-22T08:00:00.000Z',
      lastSeenAt: '2026-11-22T09:00:00.000Z',
      sampleJobIds: [],
      query: 'status:failed step:email reason:mailbox_full',
    },
    jobs: [],
    next: null,
  };

  it('plans, shows, asks and runs', async () => {
    const operations = { 'failures:show': group, 'bulk:plan': plan(), 'bulk:run': started };
    const words = ['failures', 'retry', '0a1b2c3d4e5f', '--json', '--yes', '--request-id', 'mine', ...why];
    const ran = await runOperators(words, { operations });
    expect(ran.asked.map(({ name, requestId }) => [name, requestId])).toEqual([
      ['failures:show', undefined],
      ['bulk:plan', 'mine.plan'],
      ['bulk:run', 'mine'],
    ]);
    expect(documentOf(ran)).toMatchObject({ schema: 'fulfillment/failures-retry@1', state: 'running' });
  });

  it('stops with 5 where a second person is needed, and plans nothing in a dry run', async () => {
    const operations = { 'failures:show': group, 'bulk:plan': plan({ approvalNeeded: true }) };
    const ran = await runOperators(['failures', 'retry', '0a1b2c3d4e5f', '--yes', ...why], { operations });
    expect(ran.code).toBe(5);
    expect(ran.err).toContain(`fulfillment bulk approve ${runId}`);
    const dry = await runOperators('failures retry 0a1b2c3d4e5f -n', { operations });
    expect(dry).toMatchObject({ code: 0, asked: [{ name: 'failures:show' }] });
  });
});
