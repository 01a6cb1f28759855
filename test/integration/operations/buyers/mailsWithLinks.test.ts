import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemRandom } from '../../../../src/main/systemRandom.ts';
import { createGrantEntitlement } from '../../../../src/operations/grants/grantEntitlement.ts';
import { askedMailPlans } from '../../../../src/steps/askedMails.ts';
import { grantPlan } from '../../../../src/steps/handMadeOrders.ts';
import { handMadeOrders } from '../../../../src/store/operations/grants/handMadeOrders.ts';
import { checkDatabase } from '../../../acceptance/checks/database.ts';
import { checkTimelines } from '../../../acceptance/checks/timeline.ts';
import {
  type BuyersAtWork,
  newAddress,
  startBuyersAtWork,
  twoLines,
} from '../../../builders/buyersAtWork.ts';
import { readMail } from '../../../builders/buyersStack.ts';
import { withOperations } from '../../../builders/operationsStack.ts';
import { aFault } from '../../../fakes/faultScript.ts';
import { createMemoryMailer } from '../../../fakes/memoryMailer.ts';
import { createRecordingTelemetry } from '../../../fakes/recordingTelemetry.ts';

let stack: BuyersAtWork;
beforeAll(async () => {
  stack = await startBuyersAtWork();
});
afterEach(() => stack.endTest());
afterAll(() => stack.stop());

describe('what must always hold', () => {
  // First, for the checks look at all orders that there are.
  it('holds after all of this was done to an order', async () => {
    const mailer = createMemoryMailer();
    mailer.script({ then: 'refuse', fault: aFault({ kind: 'permanent', reason: 'mailbox_refused' }) });
    const worker = stack.startFulfilling({ mailer, askedMails: true });
    const { jobId, paymentIntentId } = await worker.buy({ checkout: twoLines });
    await stack.untilOver(jobId);
    await stack.ask('email:correct', jobId, { email: newAddress() });
    await stack.untilOver(jobId);
    await stack.untilSent('%');
    await stack.ask('entitlement:revoke', jobId, { lineNo: 1 });
    await stack.ask('links:reissue', jobId);
    const email = newAddress();
    await stack.ask('email:correct', jobId, { email });
    const plain = await worker.buy();
    await stack.untilOver(plain.jobId);
    await stack.ask('receipt:resend', plain.jobId);
    await stack.ask('downloads:extend', plain.jobId, { days: 3 });
    await stack.untilSent('%');
    const sql = async <Row extends object>(text: string) => (await stack.admin.query(text)).rows as Row[];
    expect(await checkTimelines({ sql })).toEqual([]);
    const made = { currency: 'pln' as const };
    const purchases = [
      { ...made, paymentKey: paymentIntentId, email, products: ['calm-checkout', 'second-book'] },
      { ...made, paymentKey: plain.paymentIntentId, email: 'jan@example.pl', products: ['calm-checkout'] },
    ];
    expect(await checkDatabase({ sql }, purchases as Parameters<typeof checkDatabase>[1])).toEqual([]);
  });
});

describe('a receipt that is sent again', () => {
  it('is one more mail, with the receipt and links of its own, and arrives once for one request', async () => {
    const { jobId, mailer, mailAt, orderId } = await stack.fulfilled();
    const version = (await stack.see(jobId)).events.at(-1)?.seq ?? 0;
    const answers = await Promise.all(
      [1, 2, 3].map(() => stack.ask('receipt:resend', jobId, { version }, { requestId: `again-${orderId}` })),
    );
    expect(new Set(answers.map(({ mailJobId }) => mailJobId)).size).toBe(1);
    await stack.untilMailed(answers[0]!);
    expect(mailer.taken).toHaveLength(2);
    const [first, second] = [await mailAt(0), await mailAt(1)];
    expect(second).toMatchObject({ to: 'jan@example.pl', subject: first.subject });
    expect(second.attachments).toEqual(first.attachments);
    expect(second.messageId).not.toBe(first.messageId);
    expect(second.links).toHaveLength(2);
    expect(second.links).not.toEqual(first.links);
    expect(await stack.clicks([...first.links, ...second.links])).toEqual(Array(4).fill('redirect'));
    const told = (await stack.see(jobId)).events.at(-1);
    expect(told).toMatchObject({
      kind: 'receipt.resend_wanted',
      actor: 'staff:auth0|anna',
      data: { mail_job: answers[0]!['mailJobId'] },
    });
    // And again, for whoever asks anew.
    await stack.untilMailed(await stack.ask('receipt:resend', jobId));
    expect(mailer.taken).toHaveLength(3);
  });

  it('is not asked for twice while the first one is on its way', async () => {
    const { jobId, worker } = await stack.fulfilled();
    await worker.stop();
    const { mailJobId } = await stack.ask('receipt:resend', jobId);
    const refusal = await stack.refusalOf('receipt:resend', jobId);
    expect(refusal).toMatchObject({ code: 'already_on_its_way', retryAfterSeconds: 60 });
    expect(refusal.message).toContain(mailJobId);
  });

  it.each([
    ['receipt:resend', 'links:reissue'],
    ['links:reissue', 'receipt:resend'],
  ])('asked for by %s is on its way for %s as well', async (first, second) => {
    const { jobId, worker } = await stack.fulfilled();
    await worker.stop();
    const { mailJobId } = await stack.ask(first, jobId);
    const refusal = await stack.refusalOf(second, jobId);
    expect(refusal).toMatchObject({ code: 'already_on_its_way', retryAfterSeconds: 60 });
    expect(refusal.message).toContain(mailJobId);
  });

  it('is refused where there is none yet, where the mail has failed, and for money that was taken back', async () => {
    const worker = stack.start({ patienceMs: 0 });
    const blocked = await worker.buy({ inApi: false });
    await stack.untilState(blocked.jobId, 'blocked');
    expect(await stack.refusalOf('receipt:resend', blocked.jobId)).toMatchObject({
      code: 'no_receipt_yet',
      remedy: expect.stringContaining('Retry'),
    });
    await worker.stop();
    const mailer = createMemoryMailer();
    mailer.script({ then: 'refuse', fault: aFault({ kind: 'permanent', reason: 'mailbox_refused' }) });
    const failed = await stack.start({ mailer }).buy();
    await stack.untilOver(failed.jobId);
    expect((await stack.refusalOf('receipt:resend', failed.jobId)).code).toBe('own_mail_failed');
    const { jobId, orderId } = await stack.fulfilled();
    await stack.rows(`update fulfillment.payments set facts = '{"taken_back": true}' where order_id = $1`, [
      orderId,
    ]);
    expect((await stack.refusalOf('receipt:resend', jobId)).code).toBe('payment_taken_back');
  });

  it('is not asked for by a job that is no order’s own', async () => {
    const { jobId } = await stack.fulfilled();
    const { mailJobId } = await stack.ask('receipt:resend', jobId);
    await stack.untilOver(String(mailJobId));
    expect((await stack.refusalOf('receipt:resend', String(mailJobId))).code).toBe('not_an_order');
  });

  it('takes the place of one that nobody can tell of, and the order goes on', async () => {
    const mailer = createMemoryMailer({ lookup: 'none' });
    mailer.script({ then: 'lose_answer', taken: false }, { then: 'lose_answer', taken: false });
    const { jobId } = await stack.start({ mailer }).buy();
    expect((await stack.untilState(jobId, 'blocked')).reason).toBe('mail_outcome_unknown');
    const links = await stack.refusalOf('links:reissue', jobId);
    expect(links).toMatchObject({ code: 'job_blocked', remedy: expect.stringContaining('Resend') });
    await stack.untilMailed(await stack.ask('receipt:resend', jobId));
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    expect(mailer.taken).toHaveLength(1);
  });
});

describe('links', () => {
  it('that were sent end when new ones are sent', async () => {
    const { jobId, mailAt } = await stack.fulfilled();
    const output = await stack.ask('links:reissue', jobId);
    expect(output).toMatchObject({ endedLinks: 2 });
    await stack.untilMailed(output);
    const [first, second] = [await mailAt(0), await mailAt(1)];
    expect(second).toMatchObject({
      to: 'jan@example.pl',
      subject: expect.stringContaining('nowe linki'),
      attachments: [],
    });
    expect(await stack.clicks(first.links)).toEqual(['expired', 'expired']);
    expect(await stack.clicks(second.links)).toEqual(['redirect', 'redirect']);
  });

  it('work again for some days, unless they were ended', async () => {
    const { jobId, orderId, mailAt } = await stack.fulfilled();
    await stack.rows(
      `update fulfillment.download_links set expires_at = clock_timestamp() where mail_key = $1`,
      [`receipt:${orderId}`],
    );
    const { links } = await mailAt(0);
    expect(await stack.clicks(links)).toEqual(['expired', 'expired']);
    const extended = await stack.ask('downloads:extend', jobId, { days: 7 });
    expect(extended).toMatchObject({ links: 2 });
    expect(Date.parse(String(extended['until'])) - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
    expect(await stack.clicks(links)).toEqual(['redirect', 'redirect']);
    await stack.untilMailed(await stack.ask('links:reissue', jobId));
    expect(await stack.ask('downloads:extend', jobId, { days: 30 })).toMatchObject({ links: 2 });
    expect(await stack.clicks(links)).toEqual(['expired', 'expired']);
    expect((await stack.refusalOf('downloads:extend', jobId, { days: 31 })).field).toBe('days');
  });
});

describe('downloads', () => {
  it('that have reached their limit begin anew', async () => {
    const { jobId, mailAt } = await stack.fulfilled();
    const { links } = await mailAt(0);
    await stack.rows(
      `insert into fulfillment.downloads (link_id, entitlement_id, format, storage_key)
       select l.id, l.entitlement_id, l.format, 'x' from fulfillment.download_links l
         join fulfillment.ebook_entitlements e on e.id = l.entitlement_id
         join fulfillment.fulfillment_jobs j on j.payment_id = e.payment_id, generate_series(1, 100)
        where j.id = $1`,
      [jobId],
    );
    expect(await stack.clicks(links)).toEqual(['limited', 'limited']);
    expect(await stack.ask('downloads:reset', jobId)).toMatchObject({ links: 2 });
    expect(await stack.clicks(links)).toEqual(['redirect', 'redirect']);
    const { events } = await stack.see(jobId);
    expect(events.at(-1)).toMatchObject({ kind: 'downloads.reset', data: { links: 2 } });
  });
});

describe('a book that was given', () => {
  it('comes with a mail of its own, and gets new links and a new address like one that was bought', async () => {
    const mailer = createMemoryMailer();
    const steps = stack.stepsFor({ mailer }, createRecordingTelemetry());
    stack.startWorker([grantPlan, ...askedMailPlans], steps);
    const shared = { orders: handMadeOrders, random: systemRandom, livemode: false, slaSeconds: 300 };
    const grant = createGrantEntitlement({
      ...shared,
      plan: grantPlan,
      newId: randomUUID,
      defaultLanguage: 'en',
    });
    const address = newAddress();
    const { output } = await withOperations(stack, () => [grant]).ask('entitlement:grant', {
      email: address,
      productId: 'second-book',
    });
    const { jobId } = output as { jobId: string };
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    await stack.untilMailed(await stack.ask('links:reissue', jobId));
    const email = newAddress();
    await stack.untilMailed(await stack.ask('email:correct', jobId, { email }));
    const mails = (await Promise.all(mailer.taken.map(readMail))).filter(({ links }) => links.length > 0);
    expect(mails.map(({ to, subject }) => `${to} ${subject.split(' – ')[0]}`)).toEqual([
      `${address} Your ebook is here`,
      `${address} Your new download links`,
      `${email} Your new download links`,
    ]);
    const clicked = await Promise.all(mails.map(({ links }) => stack.clicks(links)));
    expect(clicked.map(([first]) => first)).toEqual(['expired', 'expired', 'redirect']);
    const kinds = await stack.rows(
      `select m.kind from fulfillment.email_messages m join fulfillment.fulfillment_jobs j using (payment_id)
        where j.id = $1 order by m.id limit 1`,
      [jobId],
    );
    expect(kinds).toEqual([{ kind: 'granted' }]);
  });
});
