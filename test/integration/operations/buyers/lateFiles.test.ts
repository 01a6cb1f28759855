import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Mailer } from '../../../../src/ports/mailer.ts';
import {
  type BuyersAtWork,
  missingFiles,
  newAddress,
  startBuyersAtWork,
} from '../../../builders/buyersAtWork.ts';
import { readMail } from '../../../builders/buyersStack.ts';
import { eventually } from '../../../builders/engineStack.ts';
import { aFault } from '../../../fakes/faultScript.ts';
import { createMemoryMailer, type MemoryMailer } from '../../../fakes/memoryMailer.ts';

let stack: BuyersAtWork;
beforeAll(async () => {
  stack = await startBuyersAtWork();
});
afterEach(() => stack.endTest());
afterAll(() => stack.stop());

describe('files that are late', () => {
  const lateAfterMs = 30;
  const isLate = async () => {
    const sinceMs = Date.now();
    await eventually(() => Date.now() - sinceMs > lateAfterMs + 10);
  };
  const summary = async (mailer: MemoryMailer) =>
    (await Promise.all(mailer.taken.map(readMail)))
      .filter(({ links }) => links.length > 0)
      .map(({ to, subject, attachments }) => `${to} ${attachments.length} ${subject.split(' – ')[0]}`);

  it('are told of to an address that was corrected before the first mail was taken', async () => {
    const mailer = createMemoryMailer();
    mailer.script({ then: 'refuse', fault: aFault({ kind: 'permanent', reason: 'mailbox_refused' }) });
    const { change, deliver } = missingFiles();
    const worker = stack.start({ mailer, change, lateAfterMs });
    const { jobId } = await worker.buy();
    await stack.until(
      jobId,
      ({ steps, dispatch }) => steps['email']?.state === 'failed' && !dispatch?.worker,
    );
    const email = newAddress();
    await stack.untilMailed(await stack.ask('email:correct', jobId, { email }));
    await isLate();
    deliver();
    await stack.makeDue(jobId, worker);
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    expect(await summary(mailer)).toEqual([`${email} 1 Twój e-book`, `${email} 0 Twoje pliki są gotowe`]);
  });

  it('are told of to whoever got the receipt by a second mail, for nobody could tell of the first', async () => {
    const mailer = createMemoryMailer({ lookup: 'none' });
    mailer.script({ then: 'lose_answer', taken: false }, { then: 'lose_answer', taken: false });
    const { change, deliver } = missingFiles();
    const worker = stack.start({ mailer, change, lateAfterMs });
    const { jobId } = await worker.buy();
    await stack.until(
      jobId,
      ({ steps, dispatch }) => steps['email']?.state === 'blocked' && !dispatch?.worker,
    );
    await stack.untilMailed(await stack.ask('receipt:resend', jobId));
    await isLate();
    deliver();
    await stack.makeDue(jobId, worker);
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    expect(await summary(mailer)).toEqual([
      'jan@example.pl 1 Twój e-book',
      'jan@example.pl 0 Twoje pliki są gotowe',
    ]);
  });

  it('are not told of when a mail that was sent since, or is about to be, has links to them', async () => {
    const mailer = createMemoryMailer();
    const { change, deliver } = missingFiles();
    const worker = stack.start({ mailer, change, lateAfterMs });
    const { jobId, orderId } = await worker.buy();
    await stack.until(jobId, ({ steps, dispatch }) => steps['email']?.state === 'done' && !dispatch?.worker);
    await isLate();
    await worker.stop();
    const output = await stack.ask('receipt:resend', jobId);
    deliver();
    const other = stack.startFulfilling({ mailer, change, lateAfterMs, plan: worker.plan });
    await stack.makeDue(jobId, other);
    const job = await stack.untilOver(jobId);
    expect(job.effects[`files-ready:${orderId}`]?.evidence).toEqual({ skipped: 'sent_anew' });
    stack.start({ mailer });
    await stack.untilMailed(output);
    expect(await summary(mailer)).toHaveLength(2);
  });

  it('are told of to the present address, whatever another one has had', async () => {
    const memory = createMemoryMailer();
    const email = newAddress();
    const mailer: Mailer = {
      ...memory,
      async send(mail, signal) {
        const isFirstTo = mail.to === email && !memory.attempts.some(({ to }) => to === email);
        if (isFirstTo) memory.script({ then: 'refuse', fault: aFault({ kind: 'permanent' }) });
        return memory.send(mail, signal);
      },
    };
    const { change, deliver } = missingFiles();
    const worker = stack.start({ mailer, change });
    const { jobId } = await worker.buy();
    await stack.until(jobId, ({ steps, dispatch }) => steps['email']?.state === 'done' && !dispatch?.worker);
    const { mailJobId } = await stack.ask('email:correct', jobId, { email });
    await stack.untilState(String(mailJobId), 'failed');
    deliver();
    await stack.makeDue(jobId, worker);
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    expect(await summary(memory)).toEqual([
      'jan@example.pl 1 Twój e-book',
      `${email} 0 Twoje pliki są gotowe`,
    ]);
  });
});
