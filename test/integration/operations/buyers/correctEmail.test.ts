import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Mailer } from '../../../../src/ports/mailer.ts';
import {
  buyerAt,
  type BuyersAtWork,
  haltedAfterPreparing,
  mailTriedWhenDue,
  newAddress,
  startBuyersAtWork,
  withoutAnalytics,
} from '../../../builders/buyersAtWork.ts';
import { readMail } from '../../../builders/buyersStack.ts';
import { gate } from '../../../builders/steps.ts';
import { aFault } from '../../../fakes/faultScript.ts';
import { createMemoryMailer } from '../../../fakes/memoryMailer.ts';

let stack: BuyersAtWork;
beforeAll(async () => {
  stack = await startBuyersAtWork();
});
afterEach(() => stack.endTest());
afterAll(() => stack.stop());

describe('an address that was wrong', () => {
  it('gets nothing more but the word that it has changed; the right one gets receipt, links and books', async () => {
    const { jobId, orderId, mailer, mailAt } = await stack.fulfilled();
    const email = newAddress();
    const output = await stack.ask('email:correct', jobId, { email: `  ${email.toUpperCase()}` });
    expect(output).toMatchObject({
      endedLinks: 2,
      movedEntitlements: 1,
      sentBefore: 1,
      mayStillArrive: false,
    });
    await stack.untilMailed(output);
    await stack.untilMailed(output, 'noticeJobId');
    const mails = await Promise.all(mailer.taken.map(readMail));
    const receipt = mails.find(({ attachments }, index) => index > 0 && attachments.length === 1);
    const notice = mails.find(({ subject }) => subject.includes('Zmieniono'));
    const typed = `${email.split('@')[0]?.toUpperCase()}@example.com`;
    expect(receipt?.to).toBe(typed);
    expect(notice).toMatchObject({ to: 'jan@example.pl', links: [], attachments: [] });
    expect(notice?.text).toContain(orderId);
    expect(notice?.text.toLowerCase()).not.toContain(email);
    expect(await stack.clicks((await mailAt(0)).links)).toEqual(['expired', 'expired']);
    expect(await stack.clicks(receipt?.links ?? [])).toEqual(['redirect', 'redirect']);
    expect(await stack.statesOf({ orderId })).toEqual([`pending_claim ${email}`]);
    expect((await stack.see(jobId)).order).toMatchObject({ buyer: { email: typed, name: 'Jan Kowalski' } });
    // From now on everything goes there.
    await stack.untilMailed(await stack.ask('receipt:resend', jobId));
    expect((await mailAt(-1)).to).toBe(typed);
    expect(await stack.refusalOf('email:correct', jobId, { email })).toMatchObject({ code: 'same_address' });
  });

  it('is in no answer that is kept, in no audit and in no timeline', async () => {
    const { jobId } = await stack.fulfilled();
    const email = newAddress();
    const output = await stack.ask('email:correct', jobId, { email });
    await stack.untilMailed(output);
    await stack.refusalOf('email:correct', jobId, { email });
    const kept = await stack.rows<{ told: string }>(
      `select coalesce(outcome::text, '') as told from fulfillment.ops_requests
       union all select concat(before::text, after::text, details::text) from fulfillment.ops_audit
       union all select data::text from fulfillment.fulfillment_job_events`,
    );
    expect(kept.filter(({ told }) => told.includes(email) || told.includes('jan@example.pl'))).toEqual([]);
  });

  it('that refused the mail is not told, and the order is healed', async () => {
    const mailer = createMemoryMailer();
    mailer.script({ then: 'refuse', fault: aFault({ kind: 'permanent', reason: 'mailbox_refused' }) });
    const bought = await stack.start({ mailer }).buy();
    expect((await stack.untilOver(bought.jobId)).state).toBe('failed');
    const email = newAddress();
    const output = await stack.ask('email:correct', bought.jobId, { email });
    expect(output).toMatchObject({ noticeJobId: null, state: 'open', mayStillArrive: false });
    await stack.untilMailed(output);
    const job = await stack.untilOver(bought.jobId);
    expect(job.state).toBe('completed');
    expect(job.effects[`receipt:${bought.orderId}`]?.evidence).toEqual({ skipped: 'address_corrected' });
    expect(mailer.taken.map(({ to }) => to)).toEqual([email]);
    expect(
      await stack.rows(
        'select state, bytes is null as purged from fulfillment.email_messages where logical_key = $1',
        [`receipt:${bought.orderId}`],
      ),
    ).toEqual([{ state: 'superseded', purged: true }]);
  });

  it('corrected while its mail is rendered gets none: the order’s own mail goes to the right one', async () => {
    const mailer = createMemoryMailer();
    const { change, prepared, goOn } = haltedAfterPreparing('email');
    const { jobId } = await stack.start({ mailer, change }).buy();
    await prepared;
    await stack.until(jobId, (job) => job.steps['storage']?.state === 'done');
    const email = newAddress();
    const output = await stack.ask('email:correct', jobId, { email });
    expect(output).toMatchObject({ mailJobId: null, movedEntitlements: 1, mayStillArrive: false });
    goOn();
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    await stack.untilMailed(output, 'noticeJobId');
    const mails = await Promise.all(mailer.taken.map(readMail));
    const went = mails.map(({ to, attachments }) => `${to} with ${attachments.length}`);
    expect(new Set(went)).toEqual(new Set(['jan@example.pl with 0', `${email} with 1`]));
    expect(went).toHaveLength(2);
  });

  it('may still get what is under way, with links that are dead already', async () => {
    const memory = createMemoryMailer();
    const sending = gate();
    const goOn = gate();
    const mailer: Mailer = {
      ...memory,
      send: async (mail, signal) => {
        if (memory.attempts.length === 0 && mail.to === 'jan@example.pl') {
          sending.open();
          await goOn.passed;
        }
        return memory.send(mail, signal);
      },
    };
    const { jobId, orderId } = await stack.start({ mailer }).buy();
    await sending.passed;
    await stack.until(jobId, (job) => job.steps['storage']?.state === 'done');
    const email = newAddress();
    const output = await stack.ask('email:correct', jobId, { email });
    expect(output).toMatchObject({ mayStillArrive: true, sentBefore: 0, mailJobId: expect.any(String) });
    goOn.open();
    const job = await stack.untilOver(jobId);
    expect(job.state).toBe('completed');
    expect(job.effects[`receipt:${orderId}`]?.evidence).toMatchObject({ provider: 'memory' });
    await stack.untilMailed(output);
    const mails = await Promise.all(memory.taken.map(readMail));
    const old = mails.find(({ to, links }) => to === 'jan@example.pl' && links.length > 0);
    expect(await stack.clicks(old?.links ?? [])).toEqual(['expired', 'expired']);
    const right = mails.find(({ to }) => to === email);
    expect(await stack.clicks(right?.links ?? [])).toEqual(['redirect', 'redirect']);
  });

  it('that was missing is given, and the order is made with it', async () => {
    const mailer = createMemoryMailer();
    const worker = stack.start({ mailer });
    const { jobId, orderId } = await worker.buy({ checkout: buyerAt(null), intent: buyerAt(null) });
    expect((await stack.untilState(jobId, 'blocked')).reason).toBe('no_email');
    expect(await stack.refusalOf('email:correct', jobId, { email: 'jan@localhost' })).toMatchObject({
      kind: 'invalid_input',
      code: 'unusable_email',
      field: 'email',
    });
    const email = newAddress();
    const output = await stack.ask('email:correct', jobId, { email });
    expect(output).toMatchObject({ mailJobId: null, noticeJobId: null });
    worker.worker.wake();
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    expect(mailer.taken.map(({ to }) => to)).toEqual([email]);
    expect(await stack.statesOf({ orderId })).toEqual([`pending_claim ${email}`]);
  });

  it('corrected while the order is made is corrected in the order that is made', async () => {
    const resolved = gate();
    const goOn = gate();
    const mailer = createMemoryMailer();
    const worker = stack.start({
      mailer,
      change: (step) =>
        step.name === 'resolve_order' && step.kind === 'read'
          ? {
              ...step,
              run: async (...given) => {
                const outcome = await step.run(...given);
                resolved.open();
                await goOn.passed;
                return outcome;
              },
            }
          : withoutAnalytics(step),
    });
    const { jobId, orderId } = await worker.buy();
    await resolved.passed;
    const email = newAddress();
    await stack.ask('email:correct', jobId, { email });
    goOn.open();
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    expect(mailer.taken.map(({ to }) => to)).toEqual([email]);
    expect(await stack.statesOf({ orderId })).toEqual([`pending_claim ${email}`]);
  });

  it('whose shelf somebody has claimed loses nothing unless they are known to agree', async () => {
    const email = newAddress();
    const { jobId, orderId } = await stack.fulfilled(buyerAt(email));
    await stack.rows(
      `update fulfillment.profiles set state = 'claimed', subject = $1 where canonical_email = $1`,
      [email],
    );
    const refusal = await stack.refusalOf('email:correct', jobId, { email: newAddress() });
    expect(refusal.code).toBe('old_profile_claimed');
    expect(await stack.statesOf({ orderId })).toEqual([`pending_claim ${email}`]);
    const right = newAddress();
    await stack.ask('email:correct', jobId, { email: right, confirmClaimed: true });
    expect(await stack.statesOf({ orderId })).toEqual([`pending_claim ${right}`]);
  });

  it('and then was right after all gets everything again', async () => {
    const { jobId, orderId, mailer, mailAt } = await stack.fulfilled();
    const wrong = newAddress();
    await stack.untilMailed(await stack.ask('email:correct', jobId, { email: wrong }));
    const back = await stack.ask('email:correct', jobId, { email: 'jan@example.pl' });
    expect(back).toMatchObject({ endedLinks: 2, movedEntitlements: 1, sentBefore: 1 });
    await stack.untilMailed(back);
    await stack.untilMailed(back, 'noticeJobId');
    const mails = await Promise.all(mailer.taken.map(readMail));
    const receipts = mails.filter(({ attachments }) => attachments.length > 0);
    expect(receipts.map(({ to }) => to)).toEqual(['jan@example.pl', wrong, 'jan@example.pl']);
    const clicked = await Promise.all(receipts.map(({ links }) => stack.clicks(links)));
    expect(clicked.map(([first]) => first)).toEqual(['expired', 'expired', 'redirect']);
    expect(await stack.statesOf({ orderId })).toEqual(['pending_claim jan@example.pl']);
    await stack.untilMailed(await stack.ask('receipt:resend', jobId));
    expect((await mailAt(-1)).to).toBe('jan@example.pl');
  });

  it('and is right again before anything was sent gets one mail, and its order is done', async () => {
    const mailer = createMemoryMailer();
    mailer.script({ then: 'refuse', fault: aFault({ reason: 'mailbox_busy' }) });
    const worker = stack.start({ mailer, change: mailTriedWhenDue });
    const { jobId } = await worker.buy();
    await stack.until(
      jobId,
      ({ steps, dispatch }) => steps['storage']?.state === 'done' && !dispatch?.worker,
    );
    await worker.stop();
    const { mailJobId } = await stack.ask('email:correct', jobId, { email: newAddress() });
    const back = await stack.ask('email:correct', jobId, { email: 'jan@example.pl' });
    expect(back).toMatchObject({ mailJobId });
    stack.start({ mailer, plan: worker.plan });
    await stack.untilMailed(back);
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    const mails = await Promise.all(mailer.taken.map(readMail));
    const [receipt, ...others] = mails.filter(({ attachments }) => attachments.length > 0);
    expect(others).toEqual([]);
    expect(receipt?.to).toBe('jan@example.pl');
    expect(await stack.clicks(receipt?.links ?? [])).toEqual(['redirect', 'redirect']);
  });

  it('is not corrected for an order that was cancelled', async () => {
    const { jobId } = await stack.start({ patienceMs: 0 }).buy({ inApi: false });
    await stack.untilState(jobId, 'blocked');
    await stack.stopWorkers();
    await stack.rows(
      `with over as (delete from fulfillment.fulfillment_dispatch where job_id = $1)
       update fulfillment.fulfillment_jobs set state = 'cancelled', finished_at = clock_timestamp() where id = $1`,
      [jobId],
    );
    expect(await stack.refusalOf('email:correct', jobId, { email: newAddress() })).toMatchObject({
      kind: 'wrong_state',
      code: 'job_cancelled',
      remedy: expect.stringContaining('Release'),
    });
  });
});
