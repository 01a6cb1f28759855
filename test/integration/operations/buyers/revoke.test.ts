import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type BuyersAtWork,
  haltedAfterPreparing,
  heldFiles,
  mailTriedWhenDue,
  newAddress,
  startBuyersAtWork,
  twoLines,
  withoutAnalytics,
} from '../../../builders/buyersAtWork.ts';
import { readMail } from '../../../builders/buyersStack.ts';
import { aFault } from '../../../fakes/faultScript.ts';
import { createMemoryMailer } from '../../../fakes/memoryMailer.ts';

let stack: BuyersAtWork;
beforeAll(async () => {
  stack = await startBuyersAtWork();
});
afterEach(() => stack.endTest());
afterAll(() => stack.stop());

describe('a book that is taken away', () => {
  it('cannot be downloaded, stands in no new mail, and can be given back', async () => {
    const { jobId, orderId, mailAt } = await stack.fulfilled(twoLines);
    expect(await stack.ask('entitlement:revoke', jobId, { lineNo: 2 })).toMatchObject({ lines: [2] });
    const { links } = await mailAt(0);
    expect(await stack.clicks(links)).toEqual(['redirect', 'redirect', 'revoked', 'revoked']);
    await stack.untilMailed(await stack.ask('receipt:resend', jobId));
    const again = await mailAt(-1);
    expect(again.links).toHaveLength(2);
    expect(again.text).not.toContain('second-book');
    expect((await stack.refusalOf('entitlement:revoke', jobId, { lineNo: 2 })).code).toBe('already_revoked');
    expect((await stack.refusalOf('entitlement:revoke', jobId, { lineNo: 3 })).code).toBe('unknown_line');
    const undone = await stack.ask('entitlement:revoke', jobId, { lineNo: 2, undo: true });
    // The first mail has its links.
    expect(undone).toMatchObject({ lines: [2], mailJobId: null });
    expect(await stack.clicks(links)).toEqual(Array(4).fill('redirect'));
    const history = await stack.rows(
      `select c.from_state, c.to_state, c.reason from fulfillment.ebook_entitlement_changes c
         join fulfillment.ebook_entitlements e on e.id = c.entitlement_id join fulfillment.payments p on p.id = e.payment_id
        where p.order_id = $1 and e.line_no = 2 order by c.id`,
      [orderId],
    );
    expect(history.slice(-2)).toEqual([
      { from_state: 'pending_claim', to_state: 'revoked', reason: 'revoked_by_staff' },
      { from_state: 'revoked', to_state: 'pending_claim', reason: 'restored_by_staff' },
    ]);
  });

  it('stays so whatever is done for the order afterwards', async () => {
    const { change, store } = heldFiles();
    const { jobId, orderId } = await stack.start({ change }).buy({ checkout: twoLines });
    await stack.until(jobId, (job) => job.steps['email']?.state === 'done');
    await stack.ask('entitlement:revoke', jobId, { lineNo: 1 });
    store();
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    expect(await stack.statesOf({ orderId })).toEqual([
      'revoked jan@example.pl',
      'pending_claim jan@example.pl',
    ]);
    const email = newAddress();
    await stack.ask('email:correct', jobId, { email });
    expect(await stack.statesOf({ orderId })).toEqual([`revoked ${email}`, `pending_claim ${email}`]);
  });

  it('is not granted when it was taken away before', async () => {
    let mayGrant = false;
    const worker = stack.start({
      change: (step) =>
        step.name === 'entitlement' && step.kind === 'commit'
          ? {
              ...step,
              commit: async (tx, jobs) =>
                mayGrant
                  ? step.commit(tx, jobs)
                  : new Map(
                      jobs.map((job) => [job.jobId, { kind: 'block', reason: 'not_yet', recheckMs: 30 }]),
                    ),
            }
          : withoutAnalytics(step),
    });
    const { jobId, orderId } = await worker.buy({ checkout: twoLines });
    await stack.untilState(jobId, 'blocked');
    await stack.until(jobId, (job) => job.dispatch?.worker === null);
    await stack.ask('entitlement:revoke', jobId, { lineNo: 1 });
    mayGrant = true;
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    expect(await stack.statesOf({ orderId })).toEqual([
      'revoked jan@example.pl',
      'pending_claim jan@example.pl',
    ]);
  });

  it('keeps back the mail that was asked for and has not gone out', async () => {
    const { jobId, worker, mailer } = await stack.fulfilled();
    await worker.stop();
    const output = await stack.ask('receipt:resend', jobId);
    await stack.ask('entitlement:revoke', jobId);
    stack.start({ mailer });
    await stack.untilMailed(output);
    expect(mailer.taken).toHaveLength(1);
  });

  it('leaves nothing to send when it was the last', async () => {
    const { jobId } = await stack.fulfilled();
    await stack.ask('entitlement:revoke', jobId);
    for (const name of ['receipt:resend', 'links:reissue'])
      expect((await stack.refusalOf(name, jobId)).code).toBe('all_revoked');
    expect((await stack.refusalOf('entitlement:revoke', jobId, {}, { reason: '' })).field).toBe('reason');
  });
});

describe('a book that is given back', () => {
  it('is brought to the address that was corrected meanwhile, once', async () => {
    const { jobId, mailAt, mailer } = await stack.fulfilled();
    await stack.ask('entitlement:revoke', jobId);
    const email = newAddress();
    expect(await stack.ask('email:correct', jobId, { email })).toMatchObject({ mailJobId: null });
    const output = await stack.ask('entitlement:revoke', jobId, { undo: true });
    await stack.untilMailed(output);
    const mail = await mailAt(-1);
    expect(mail).toMatchObject({ to: email, attachments: [expect.any(String)] });
    expect(await stack.clicks(mail.links)).toEqual(['redirect', 'redirect']);
    expect((await stack.see(jobId)).events.at(-1)).toMatchObject({
      kind: 'entitlement.restored',
      data: { lines: [1], mail_job: output['mailJobId'] },
    });
    const taken = mailer.taken.length;
    await stack.ask('entitlement:revoke', jobId);
    const again = await stack.ask('entitlement:revoke', jobId, { undo: true });
    expect(again).toMatchObject({ mailJobId: null });
    expect(mailer.taken).toHaveLength(taken);
  });

  it('is brought when the order’s own mail was left out, for nothing was owned', async () => {
    const mailer = createMemoryMailer();
    mailer.script({ then: 'refuse', fault: aFault({ reason: 'mailbox_busy' }) });
    const worker = stack.start({ mailer, change: mailTriedWhenDue });
    const { jobId, orderId } = await worker.buy();
    await stack.until(
      jobId,
      ({ steps, dispatch }) => steps['storage']?.state === 'done' && !dispatch?.worker,
    );
    await stack.ask('entitlement:revoke', jobId);
    await worker.stop();
    const { change, prepared, goOn } = haltedAfterPreparing('email');
    await stack.makeDue(jobId, stack.start({ mailer, plan: worker.plan, change }));
    await prepared;
    const undo = { undo: true };
    expect((await stack.refusalOf('entitlement:revoke', jobId, undo)).code).toBe('job_at_work');
    goOn();
    const job = await stack.untilOver(jobId);
    expect(job.effects[`receipt:${orderId}`]?.evidence).toEqual({ skipped: 'nothing_owned' });
    expect(mailer.taken).toEqual([]);
    await stack.untilMailed(await stack.ask('entitlement:revoke', jobId, undo));
    const mail = await readMail(mailer.taken.at(-1));
    expect(mail.attachments).toHaveLength(1);
    expect(await stack.clicks(mail.links)).toEqual(['redirect', 'redirect']);
  });

  it('that stands in no mail which works is brought by links alone to whoever has the receipt', async () => {
    const { jobId, mailAt } = await stack.fulfilled(twoLines);
    await stack.ask('entitlement:revoke', jobId, { lineNo: 2 });
    await stack.untilMailed(await stack.ask('links:reissue', jobId));
    expect((await mailAt(-1)).links).toHaveLength(2);
    await stack.untilMailed(await stack.ask('entitlement:revoke', jobId, { lineNo: 2, undo: true }));
    const mail = await mailAt(-1);
    expect(mail).toMatchObject({ to: 'jan@example.pl', attachments: [] });
    expect(await stack.clicks(mail.links)).toEqual(Array(4).fill('redirect'));
  });

  it('comes with the mail that is on its way; not with one that a worker may have left out just now', async () => {
    const { jobId, worker, mailer } = await stack.fulfilled();
    await worker.stop();
    const { mailJobId } = await stack.ask('links:reissue', jobId);
    await stack.ask('entitlement:revoke', jobId);
    expect(await stack.ask('entitlement:revoke', jobId, { undo: true })).toMatchObject({ mailJobId });
    await stack.ask('entitlement:revoke', jobId);
    const { change, prepared, goOn } = haltedAfterPreparing('send_links');
    stack.start({ mailer, change });
    await prepared;
    const refusal = await stack.refusalOf('entitlement:revoke', jobId, { undo: true });
    expect(refusal).toMatchObject({ code: 'job_at_work', retryAfterSeconds: expect.any(Number) });
    goOn();
    await stack.untilMailed({ mailJobId });
    expect(mailer.taken).toHaveLength(1);
    const undone = await stack.ask('entitlement:revoke', jobId, { undo: true });
    expect(undone['mailJobId']).not.toBe(mailJobId);
    await stack.untilMailed(undone);
    expect(mailer.taken).toHaveLength(2);
  });
});
