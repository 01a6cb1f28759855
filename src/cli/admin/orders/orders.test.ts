import { describe, expect, it } from 'vitest';
import {
  type AskedOperation,
  documentOf,
  problemOf,
  runOperators,
} from '../../../../test/builders/commandLine.ts';
import { shownOrder } from '../../../../test/builders/shownOrder.ts';
import { AdminProblem } from '../adminClient.ts';

const textIn = (input: AskedOperation['input'], name: string) => input[name] as string;

const retried = { jobId: 'job-1', version: 8, state: 'open', retried: ['email'], notRedone: [] };
const changedSince = new AdminProblem({
  kind: 'changed',
  code: 'job_changed',
  detail: 'The job has moved from version 7 to 8 since it was looked at.',
  changes: [{ at: '2026-11-22T09:59:00Z', what: 'job.completed by worker:w' }],
});

describe('orders retry', () => {
  it('shows the order, says what is not done again, and decides on the version that it has shown', async () => {
    const operations = { 'orders:show': shownOrder(), 'job:retry': retried };
    const ran = await runOperators('orders retry R-2026/000123', { operations, typed: ['y'] });
    expect(ran).toMatchObject({ code: 0, out: 'F-ORDER-1 is open; tried again: email.\n' });
    expect(ran.questions).toEqual(['This would retry F-ORDER-1. Do it? [y/N] ']);
    expect(ran.err).toContain('Now: Paid, receipt issued; the mail has failed: mailbox full.');
    expect(ran.err).toContain('Done, and not done again: resolve_order, receipt.');
    expect(ran.asked.map(({ name, input }) => [name, input])).toEqual([
      ['orders:show', { ref: 'R-2026/000123' }],
      ['job:retry', { jobId: 'job-1', version: 7 }],
    ]);
  });

  it('ends with 5 and what has changed, when it has', async () => {
    const operations = { 'orders:show': shownOrder(), 'job:retry': changedSince };
    const ran = await runOperators('orders retry job-1 --yes', { operations });
    expect(ran).toMatchObject({ code: 5, out: '' });
    expect(ran.err).toContain('job.completed by worker:w');
  });

  it('takes the version it was told, and one step', async () => {
    const operations = { 'orders:show': shownOrder(), 'step:retry': retried };
    const ran = await runOperators('orders retry job-1 --version 5 --step email --yes', { operations });
    expect(ran.asked.at(-1)).toMatchObject({ input: { jobId: 'job-1', version: 5, step: 'email' } });
  });

  it('of several asks once, goes on after a refusal, and ends with 6', async () => {
    const operations = {
      'orders:show': ({ input }: AskedOperation) =>
        shownOrder({ jobId: textIn(input, 'ref'), orderId: textIn(input, 'ref') }),
      'job:retry': ({ input }: AskedOperation) =>
        input['jobId'] === 'b' ? changedSince : { ...retried, jobId: textIn(input, 'jobId') },
    };
    const ran = await runOperators('orders retry a b c --request-id mine --json --yes', { operations });
    expect(ran).toMatchObject({ code: 6, err: '' });
    expect(documentOf(ran)).toMatchObject({
      schema: 'fulfillment/orders-retry@1',
      results: [
        { jobId: 'a', requestId: 'mine.1' },
        { jobId: 'b', problem: { kind: 'changed' } },
        { jobId: 'c', requestId: 'mine.3' },
      ],
    });
    const told = await runOperators('orders retry a b c', { operations, typed: ['y'] });
    expect(told.questions).toEqual(['This would retry 3 orders. Do it? [y/N] ']);
    expect(told.out).toContain('b: not retried. The job has moved');
  });

  it('with --wait ends as the order does, or with 8 when the time is up', async () => {
    const states = ['failed', 'open', 'open', 'completed'];
    const operations = {
      'orders:show': () => shownOrder({ state: states.shift() ?? 'completed', verdict: 'All is well.' }),
      'job:retry': retried,
    };
    const ran = await runOperators('orders retry a --yes --wait', { operations });
    expect(ran).toMatchObject({ code: 0, out: 'F-ORDER-1: All is well.\n', sleptMs: [500, 750] });
    const never = { 'orders:show': shownOrder({ state: 'open' }), 'job:retry': retried };
    const late = await runOperators('orders retry a --yes --wait --timeout 3s', { operations: never });
    expect(late.code).toBe(8);
    expect(late.sleptMs.reduce((sum, ms) => sum + ms, 0)).toBe(3_000);
  });
});

describe('a change of an order', () => {
  const operations = {
    'orders:show': shownOrder(),
    'job:cancel': { jobId: 'job-1', version: 8, state: 'cancelled', alreadyDone: [], atWork: false },
    'email:correct': {
      jobId: 'job-1',
      version: 8,
      state: 'open',
      movedEntitlements: 1,
      endedLinks: 2,
      mayStillArrive: true,
    },
    'receipt:resend': { jobId: 'job-1', version: 8, state: 'completed', mailJobId: 'job-2' },
  };
  const rows = [
    { name: 'job:cancel', reason: 'required' as const },
    { name: 'email:correct', reason: 'required' as const },
  ];

  it('that ends it wants its name typed', async () => {
    const words = ['orders', 'cancel', 'job-1', '--reason', 'duplicate'];
    expect((await runOperators([...words, '--yes'], { operations, rows })).code).toBe(5);
    const ran = await runOperators([...words, '--confirm=F-ORDER-1'], { operations, rows });
    expect(ran).toMatchObject({ code: 0, out: 'F-ORDER-1 is cancelled.\n' });
    expect(ran.asked.at(-1)).toEqual({
      name: 'job:cancel',
      input: { jobId: 'job-1', version: 7 },
      reason: 'duplicate',
      requestId: 'request-1',
    });
  });

  it.each(['set-recipient', 'correct-email'])(
    'of its address wants the address typed again (%s)',
    async (verb) => {
      const words = ['orders', verb, 'job-1', '--email', 'anna@books.example', '--reason', 'misspelt'];
      const wrong = await runOperators(words, { operations, rows, typed: ['ana@books.example'] });
      expect(wrong).toMatchObject({ code: 5 });
      const ran = await runOperators(words, { operations, rows, typed: ['anna@books.example'] });
      expect(ran.out).toBe(
        'The address of F-ORDER-1 is corrected: 1 books have moved, 2 links have ended. A mail to the old address may still arrive.\n',
      );
      expect(ran.asked.at(-1)?.input).toEqual({ jobId: 'job-1', version: 7, email: 'anna@books.example' });
    },
  );

  it('that sends a mail can wait for the job that does', async () => {
    const ran = await runOperators('orders resend-receipt job-1 --yes --wait --json', {
      operations: {
        ...operations,
        'orders:show': ({ input }: AskedOperation) =>
          shownOrder(input['ref'] === 'job-2' ? { jobId: 'job-2', state: 'completed' } : {}),
      },
    });
    expect(documentOf(ran)).toMatchObject({
      mailJobId: 'job-2',
      waited: { jobId: 'job-2', state: 'completed' },
    });
  });

  it('can be adopted from a payment that nothing is known of', async () => {
    const unknown = new AdminProblem({ kind: 'not_found', code: 'no_job', detail: 'Nothing was done.' });
    const adopted = { jobId: 'job-9', version: 1, state: 'open', orderId: 'F-9', isNew: true, leftOut: [] };
    const given = { operations: { 'orders:show': unknown, 'payment:adopt': adopted } };
    const words = ['orders', 'adopt', 'pi_1', '--yes', '--reason', 'older'];
    const ran = await runOperators(words, given);
    expect(ran).toMatchObject({ code: 0, out: 'F-9 is adopted.\n' });
    expect(ran.asked.at(-1)?.input).toEqual({ paymentKey: 'pi_1' });
    expect((await runOperators(['orders', 'adopt', 'R-1', '--yes'], given)).code).toBe(3);
  });
});

describe('orders show', () => {
  it('gives the verdict first, steps as a waterfall, what went wrong, and what to do next, in 80 columns', async () => {
    const ran = await runOperators('orders show R-2026/000123 --events', {
      operations: { 'orders:show': shownOrder() },
    });
    expect(ran.code).toBe(0);
    expect(ran.out).toMatchSnapshot();
  });

  it('shows nothing that a terminal would obey', async () => {
    const hostile = shownOrder({ verdict: 'Paid\u001b[2J\u202E', status: 'x\u0007' });
    const given = { operations: { 'orders:show': hostile } };
    const ran = await runOperators('orders show a', given);
    expect(ran.out).toContain('Paid\\x1b[2J\\u{202e}');
    // oxlint-disable-next-line no-control-regex
    expect(ran.out.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    const json = await runOperators('orders show a --json', given);
    expect(json.out).not.toContain('\u202e');
    expect(documentOf(json)).toMatchObject({ verdict: 'Paid\u001b[2J\u202E' });
  });

  it('ends with 3 when there is none', async () => {
    const none = new AdminProblem({ kind: 'not_found', code: 'no_such_order', detail: 'There is no order.' });
    const ran = await runOperators('orders show a --json', { operations: { 'orders:show': none } });
    expect(ran).toMatchObject({ code: 3, out: '' });
    expect(problemOf(ran)).toMatchObject({ code: 'no_such_order' });
  });
});

describe('orders search', () => {
  const found = {
    orders: [
      {
        jobId: 'job-1',
        status: 'failed: email',
        state: 'failed',
        orderId: 'F-ORDER-1',
        paymentKey: 'pi_1',
        livemode: true,
        amountMinor: 4900,
        currency: 'eur',
        buyer: 'an•••@bo•••.example',
        receiptNumber: 'R-2026/000123',
        createdAt: '2026-11-22T09:50:00.000Z',
        slaDeadline: '2026-11-22T09:55:00.000Z',
        finishedAt: '2026-11-22T09:51:00.000Z',
      },
    ],
    next: 'c2',
    bound: { kind: 'resembling', sentence: 'Looked at the orders of 1 buyer.' },
    query: 'ana@boks.example',
  };

  it('takes the words as one query, with a dash in front of a qualifier', async () => {
    const ran = await runOperators('orders search ana@boks.example -status:completed --limit 5', {
      operations: { 'orders:search': found },
    });
    expect(ran.asked[0]?.input).toEqual({ q: 'ana@boks.example -status:completed', limit: 5 });
    expect(ran.out).toMatchSnapshot();
    expect(ran.err).toBe(
      'Looked at the orders of 1 buyer.\nThere is more: the same again with --cursor c2\nNext: fulfillment orders show F-ORDER-1\n',
    );
  });

  it.each(['--limti', '-x', '--status=failed'])('does not take %s for a part of the query', async (word) => {
    const ran = await runOperators(['orders', 'search', 'anna', word], {
      operations: { 'orders:search': found },
    });
    expect(ran).toMatchObject({ code: 2, asked: [] });
    expect(ran.err).toContain('unknown option');
  });

  it('says so when there is nothing, and -q leaves data alone', async () => {
    const operations = { 'orders:search': { ...found, orders: [], next: null } };
    expect(await runOperators('orders search -q', { operations })).toMatchObject({
      code: 0,
      out: 'No order was found.\n',
      err: '',
    });
  });
});

describe('orders show of a mail', () => {
  const at = '2026-11-22T09:55:00.000Z';
  const heard = {
    at,
    source: 'bounce_mailbox',
    provider: 'smtp',
    permanence: null,
    cause: null,
    status: null,
  };
  const full = { ...heard, kind: 'bounced', cause: 'mailbox_full', status: '4.2.2' };
  const linesOf = async (delivery: string, ...evidence: object[]) => {
    const [mail] = shownOrder().mails;
    const mails = [{ ...mail, state: 'accepted', acceptedAt: at, delivery, evidence }];
    return (
      await runOperators('orders show R-2026/000123', {
        operations: { 'orders:show': { ...shownOrder(), mails } },
      })
    ).out;
  };

  it('that is put off says so, and by what, though the report calls it a bounce', async () => {
    const told = await linesOf('delayed', { ...full, permanence: 'soft' });
    expect(told.replaceAll(/\s+/g, ' ')).toMatch(
      /delayed [^,]+: the mailbox is full \(4\.2\.2\), told by bounce_mailbox/,
    );
    expect(await linesOf('delayed', { ...heard, kind: 'delayed' })).toContain('delayed');
    expect(told).not.toContain('gave up');
  });

  it('that was given up says that there were retries', async () => {
    const told = await linesOf(
      'bounced',
      { ...full, permanence: 'hard' },
      { ...full, permanence: 'soft', cause: 'policy' },
    );
    expect(told.replaceAll(/\s+/g, ' ')).toMatch(
      /bounced [^,]+: the mailbox is full, and the sending server gave up after retrying \(4\.2\.2\), told by/,
    );
  });
});

describe('orders show', () => {
  it('says of a mail that was accepted that no delivery event of it has come, where one should', async () => {
    const [mail] = shownOrder().mails;
    const accepted = {
      ...mail,
      state: 'accepted',
      provider: 'resend',
      delivery: 'accepted',
      awaitsReport: true,
    };
    const shown = (fields: object) =>
      runOperators('orders show job-1', {
        operations: { 'orders:show': { ...shownOrder(), mails: [{ ...accepted, ...fields }] } },
      });
    expect((await shown({})).out.replaceAll(/\s+/g, ' ')).toContain('by resend, no delivery event yet');
    expect((await shown({ awaitsReport: false })).out).not.toContain('no delivery event');
  });
});
