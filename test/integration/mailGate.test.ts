import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDropMail, createReleaseMail } from '../../src/operations/mail/decideHeldMail.ts';
import { createRestoreMode } from '../../src/operations/mail/restoreMode.ts';
import { createShowMail } from '../../src/operations/mail/showMail.ts';
import { createReleaseJob } from '../../src/operations/jobs/standstill.ts';
import type { Step } from '../../src/ports/step.ts';
import { jobControl } from '../../src/store/operations/jobControl.ts';
import { createMailGateControl } from '../../src/store/operations/mailGateControl.ts';
import { aBook, type Bought, startFulfilStack } from '../builders/fulfilStack.ts';
import { withOperations } from '../builders/operationsStack.ts';
import { createMemoryMailer } from '../fakes/memoryMailer.ts';

const openStack = async () =>
  withOperations(await startFulfilStack(), (pool) => {
    const gate = createMailGateControl(pool);
    return [
      createShowMail(gate, { mode: 'live' }),
      createReleaseMail({ gate, mode: 'live' }),
      createDropMail({ gate, mode: 'live' }),
      createRestoreMode({ gate, receiptSeriesPrefix: 'R', creditNoteSeriesPrefix: 'C' }),
      createReleaseJob(jobControl),
    ];
  });
let stack: Awaited<ReturnType<typeof openStack>>;

beforeAll(async () => {
  stack = await openStack();
  await stack.importBooks(aBook('calm-checkout', 'price_1'));
});
afterEach(async () => {
  await stack.stopWorkers();
  await stack.admin.query(
    `update fulfillment.mail_gate set state = 'open', why = null, since = clock_timestamp()`,
  );
});
afterAll(() => stack.stop());

const mailAlone = (step: Step) => (['storage', 'late_files_email'].includes(step.name) ? undefined : step);
/** In nobody's hands any more: what is done beside the mail may end later than it was held. */
const untilHeld = ({ jobId }: Bought) =>
  stack.until(jobId, ({ state, dispatch }) => state === 'held' && dispatch?.worker === null);
const untilCompleted = ({ jobId }: Bought) => stack.untilState(jobId, 'completed');
const sentTo = (mailer: { taken: ReadonlyArray<{ messageId: string }> }) =>
  mailer.taken.map((mail) => mail.messageId);
const close = (why: string) =>
  stack.admin.query(
    `update fulfillment.mail_gate set state = 'closed', why = $1, since = clock_timestamp(), changed_by = 'test'`,
    [why],
  );
/** As if its recheck had come. */
const lookAgain = async ({ jobId }: Bought) => {
  for (const table of ['fulfillment_job_steps', 'fulfillment_job_effects', 'fulfillment_dispatch'])
    await stack.admin.query(
      `update fulfillment.${table} set due_at = clock_timestamp() where job_id = $1 and due_at is not null`,
      [jobId],
    );
};

describe('a closed gate', () => {
  it('holds the mail and nothing else, tells it once, and the clock of the job stands', async () => {
    await close('brake');
    const mailer = createMemoryMailer();
    const { buy, worker } = stack.startFulfilling({ mailer });
    const bought = await buy();
    await untilHeld(bought);
    const held = await stack.see(bought.jobId);
    expect(held).toMatchObject({
      reason: 'mail_brake',
      steps: { storage: { state: 'done' }, email: { state: 'blocked', attempts: 0 } },
    });
    expect(held.dispatch?.dueInMs).toBeGreaterThan(500_000);
    const before = held.dispatch?.token ?? 0;
    await lookAgain(bought);
    worker.wake();
    await stack.until(
      bought.jobId,
      ({ dispatch }) => dispatch?.worker === null && dispatch.token === before + 1,
    );
    const again = await stack.see(bought.jobId);
    expect(again).toMatchObject({ state: 'held', steps: { email: { attempts: 0 } } });
    expect(again.timeline.filter((line) => /held/.test(line))).toEqual(['effect.held email', 'job.held']);
    expect(mailer.attempts).toEqual([]);

    // It was held for longer than its SLA, and is in time all the same.
    await stack.admin.query(
      `update fulfillment.fulfillment_jobs set sla_deadline = sla_deadline - interval '1 hour', held_at = held_at - interval '1 hour' where id = $1`,
      [bought.jobId],
    );
    expect(await stack.ask('mail:release', {})).toMatchObject({ output: { mails: 1, gate: 'open' } });
    worker.wake();
    const { events } = await untilCompleted(bought);
    expect(events.find(({ kind }) => kind === 'job.completed')?.data).toMatchObject({ sla_met: true });
    expect(events.find(({ kind }) => kind === 'mail.released')).toMatchObject({ actor: 'staff:auth0|anna' });
    expect(mailer.taken).toHaveLength(1);
    expect(
      await stack.rows(
        `select sla_deadline > created_at + interval '5 minutes' as moved, held_at from fulfillment.fulfillment_jobs where id = $1`,
        [bought.jobId],
      ),
    ).toEqual([{ moved: true, held_at: null }]);
  });

  it('is not opened for one job, and says how it is opened for all', async () => {
    await close('restore');
    const { buy } = stack.startFulfilling({ mailer: createMemoryMailer(), change: mailAlone });
    const bought = await buy();
    await untilHeld(bought);
    const version = await stack.versionOf(bought.jobId);
    const refusal = await stack.refusalOf('job:release', { jobId: bought.jobId, version });
    expect(refusal).toMatchObject({ code: 'job_held', remedy: expect.stringMatching(/mail:release/) });
    await stack.ask('mail:drop', {});
    await untilCompleted(bought);
  });

  it('has what is dropped skipped for good, and lets go out what comes after', async () => {
    await close('brake');
    const mailer = createMemoryMailer();
    const { buy, worker } = stack.startFulfilling({ mailer });
    const dropped = await buy();
    await untilHeld(dropped);
    const asked = { requestId: 'drop-1' };
    expect(await stack.ask('mail:drop', {}, asked)).toMatchObject({ output: { mails: 1, gate: 'open' } });
    expect(await stack.ask('mail:drop', {}, asked)).toMatchObject({ output: { mails: 1, gate: 'open' } });
    worker.wake();
    const { effects } = await untilCompleted(dropped);
    expect(Object.values(effects).map(({ evidence }) => evidence)).toContainEqual({
      skipped: 'dropped_by_person',
    });
    expect(mailer.attempts).toEqual([]);
    expect(
      await stack.rows(`select state, bytes from fulfillment.email_messages where logical_key = $1`, [
        `receipt:${dropped.orderId}`,
      ]),
    ).toEqual([{ state: 'dropped', bytes: null }]);
    await untilCompleted(await buy());
    expect(mailer.taken).toHaveLength(1);
    expect((await stack.refusalOf('mail:release', {})).code).toBe('mail_not_held');
  });
});

describe('the brake', () => {
  it('holds all mail when there are too many, with one alert, and one command lets them go out once each', async () => {
    const mailer = createMemoryMailer();
    const { buy, worker, mailTold } = stack.startFulfilling({
      mailer,
      change: mailAlone,
      brake: { perHour: 3 },
    });
    const first = [await buy(), await buy(), await buy()];
    await Promise.all(first.map(untilCompleted));
    const late = [await buy(), await buy()];
    await Promise.all(late.map(untilHeld));
    expect(mailer.taken).toHaveLength(3);
    expect(mailTold.events.filter(({ name }) => name === 'mail.gate')).toEqual([
      { name: 'mail.gate', change: 'closed', why: 'brake', mailsInHour: expect.any(Number), pastInHour: 0 },
    ]);
    const alerts = () =>
      stack.rows(`select state, severity from fulfillment.alerts where rule = 'mail_brake' order by id`);
    expect(await alerts()).toEqual([{ state: 'open', severity: 'page' }]);
    expect(await stack.ask('mail:show', {})).toMatchObject({
      output: { gate: 'closed', why: 'brake', held: 2, counted: { past: 0 } },
    });

    await stack.ask('mail:release', {});
    worker.wake();
    await Promise.all(late.map(untilCompleted));
    expect(new Set(sentTo(mailer)).size).toBe(5);
    expect(mailer.attempts).toHaveLength(5);
    expect(await alerts()).toEqual([{ state: 'resolved', severity: 'page' }]);
    // What was released does not count against what comes.
    await untilCompleted(await buy());
  });

  it('counts first mails about purchases long past apart', async () => {
    const mailer = createMemoryMailer();
    const brake = { pastPerHour: 1 };
    const { buy } = stack.startFulfilling({ mailer, change: mailAlone, brake });
    const paidAt = new Date(Date.now() - 100 * 3_600_000);
    for (let n = 0; n < 3; n += 1) await untilCompleted(await buy({ intent: { paidAt: new Date() } }));
    await untilCompleted(await buy({ intent: { paidAt } }));
    const held = await buy({ intent: { paidAt } });
    await untilHeld(held);
    expect(mailer.taken).toHaveLength(4);
    expect(await stack.see(held.jobId)).toMatchObject({ reason: 'mail_brake' });
    await stack.ask('mail:drop', {});
  });
});

describe('shadow mode', () => {
  it('renders and keeps every mail, sends none, counts nobody, and stays closed when it ends', async () => {
    const mailer = createMemoryMailer();
    const shadow = stack.startFulfilling({ mailer, change: mailAlone, mode: 'shadow' });
    const trackedBefore = stack.analytics.events.length;
    const bought = await shadow.buy();
    await untilHeld(bought);
    const [kept] = await stack.rows<{ bytes: Buffer }>(
      `select bytes from fulfillment.email_messages where logical_key = $1`,
      [`receipt:${bought.orderId}`],
    );
    expect(kept?.bytes.length).toBeGreaterThan(100);
    await stack.until(bought.jobId, ({ steps }) => steps['analytics']?.state === 'done');
    expect(stack.analytics.events).toHaveLength(trackedBefore);
    await shadow.stop();

    const live = stack.startFulfilling({ mailer, change: mailAlone, plan: shadow.plan });
    const later = await live.buy();
    await untilHeld(later);
    expect(await stack.ask('mail:show', {})).toMatchObject({
      output: { gate: 'closed', why: 'shadow', held: 2 },
    });
    await stack.ask('mail:release', {});
    live.worker.wake();
    await Promise.all([bought, later].map(untilCompleted));
    expect(mailer.taken).toHaveLength(2);
    expect(mailer.taken.map(({ bytes }) => Buffer.from(bytes))).toContainEqual(kept?.bytes);
  });
});

describe('restore mode', () => {
  it('ends only when no mail is held, and raises the numbers of receipts above those that were issued', async () => {
    const series = `R-${new Date().getUTCFullYear()}`;
    const { output } = await stack.ask('mode:restore', { mode: 'on', receiptsIssuedTo: `${series}/000500` });
    expect(output).toMatchObject({ gate: 'closed', why: 'restore', raised: [{ series, to: 500 }] });
    const mailer = createMemoryMailer();
    const { buy, worker } = stack.startFulfilling({ mailer, change: mailAlone });
    const bought = await buy();
    await untilHeld(bought);
    expect((await stack.refusalOf('mode:restore', { mode: 'off' })).code).toBe('mail_held');
    expect((await stack.refusalOf('mode:restore', { mode: 'on', receiptsIssuedTo: 'X-2026/1' })).code).toBe(
      'unknown_series',
    );
    expect(
      (await stack.refusalOf('mode:restore', { mode: 'on', receiptsIssuedTo: `${series}/900000` })).code,
    ).toBe('gap_too_wide');
    expect(
      await stack.rows(`select max(number)::int as number from fulfillment.receipts where series = $1`, [
        series,
      ]),
    ).toEqual([{ number: 501 }]);
    await stack.ask('mail:release', {});
    worker.wake();
    await untilCompleted(bought);
    expect(mailer.taken).toHaveLength(1);
    await stack.ask('mode:restore', { mode: 'on' });
    expect(await stack.ask('mode:restore', { mode: 'off' })).toMatchObject({ output: { gate: 'open' } });
  });
});
