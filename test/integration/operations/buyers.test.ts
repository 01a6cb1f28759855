import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { planKey } from '../../../src/domain/plan.ts';
import type { Mailer } from '../../../src/ports/mailer.ts';
import type { Step } from '../../../src/ports/step.ts';
import { askedMailPlans } from '../../../src/steps/askedMails.ts';
import { checkDatabase } from '../../acceptance/checks/database.ts';
import { checkTimelines } from '../../acceptance/checks/timeline.ts';
import { type BuyersStack, readMail, startBuyersStack } from '../../builders/buyersStack.ts';
import { eventually } from '../../builders/engineStack.ts';
import { aBook, type Bought } from '../../builders/fulfilStack.ts';
import { gate, preparing } from '../../builders/steps.ts';
import { aFault } from '../../fakes/faultScript.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';
import { aPurchaseLine } from '../../fakes/memoryPayments.ts';

let stack: BuyersStack;

beforeAll(async () => {
  stack = await startBuyersStack();
  await stack.importBooks(aBook('calm-checkout', 'price_1'), aBook('second-book', 'price_2'));
});

/** Jobs whose plans are named so and which owe something. */
const owedBy = (plans: string) =>
  stack.rows('select from fulfillment.fulfillment_dispatch where plan_key like $1', [plans]);
const untilSent = (plans: string) => eventually(async () => (await owedBy(plans)).length === 0);

/** Mails that a test has asked for and not waited for must not be sent by the next one's worker. */
afterEach(async () => {
  for (const plan of askedMailPlans) {
    if ((await owedBy(planKey(plan))).length === 0) continue;
    start();
    await untilSent(planKey(plan));
  }
  await stack.stopWorkers();
});
afterAll(() => stack.stop());

const withoutAnalytics = (step: Step) => (step.name === 'analytics' ? undefined : step);
const start = (settings: Parameters<BuyersStack['startFulfilling']>[0] = {}) =>
  stack.startFulfilling({ askedMails: true, change: withoutAnalytics, ...settings });

const buyerAt = (email: string | null) => ({
  buyer: { email, name: 'Jan Kowalski', company: null, taxIds: [], address: null, locale: 'pl' },
});
const newAddress = () => `jan.${randomUUID().slice(0, 8)}@example.com`;
const twoLines = {
  lines: [aPurchaseLine(), aPurchaseLine({ priceId: 'price_2' })],
};

/** An order that is done, with its worker and all mails that were taken. */
async function fulfilled(checkout: object = {}) {
  const mailer = createMemoryMailer();
  const worker = start({ mailer });
  const bought = await worker.buy({ checkout });
  await stack.untilOver(bought.jobId);
  const mailAt = (index: number) => readMail(mailer.taken.at(index));
  return { ...bought, mailer, worker, mailAt };
}

const clicks = (urls: string[]) => Promise.all(urls.map((url) => stack.click(url)));
const untilMailed = (output: Record<string, unknown>, key = 'mailJobId') =>
  stack.untilOver(String(output[key])).then((job) => {
    expect(job.state).toBe('completed');
    return job;
  });

const statesOf = async ({ orderId }: Pick<Bought, 'orderId'>) =>
  (
    await stack.rows<{ state: string; owner: string }>(
      `select e.state, o.canonical_email as owner from fulfillment.ebook_entitlements e
         join fulfillment.payments p on p.id = e.payment_id join fulfillment.profiles o on o.id = e.profile_id
        where p.order_id = $1 order by e.line_no`,
      [orderId],
    )
  ).map(({ state, owner }) => `${state} ${owner}`);

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
    await stack.ask('entitlement:revoke', jobId, { lineNo: 1 });
    await stack.ask('links:reissue', jobId);
    const email = newAddress();
    await stack.ask('email:correct', jobId, { email });
    const plain = await worker.buy();
    await stack.untilOver(plain.jobId);
    await stack.ask('receipt:resend', plain.jobId);
    await stack.ask('downloads:extend', plain.jobId, { days: 3 });
    await untilSent('%');
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
    const { jobId, mailer, mailAt, orderId } = await fulfilled();
    const version = (await stack.see(jobId)).events.at(-1)?.seq ?? 0;
    const answers = await Promise.all(
      [1, 2, 3].map(() => stack.ask('receipt:resend', jobId, { version }, { requestId: `again-${orderId}` })),
    );
    expect(new Set(answers.map(({ mailJobId }) => mailJobId)).size).toBe(1);
    await untilMailed(answers[0]!);
    expect(mailer.taken).toHaveLength(2);
    const [first, second] = [await mailAt(0), await mailAt(1)];
    expect(second).toMatchObject({ to: 'jan@example.pl', subject: first.subject });
    expect(second.attachments).toEqual(first.attachments);
    expect(second.messageId).not.toBe(first.messageId);
    expect(second.links).toHaveLength(2);
    expect(second.links).not.toEqual(first.links);
    expect(await clicks([...first.links, ...second.links])).toEqual(Array(4).fill('redirect'));
    const told = (await stack.see(jobId)).events.at(-1);
    expect(told).toMatchObject({
      kind: 'receipt.resend_wanted',
      actor: 'staff:auth0|anna',
      data: { mail_job: answers[0]!['mailJobId'] },
    });
    // And again, for whoever asks anew.
    await untilMailed(await stack.ask('receipt:resend', jobId));
    expect(mailer.taken).toHaveLength(3);
  });

  it('is not asked for twice while the first one is on its way', async () => {
    const { jobId, worker } = await fulfilled();
    await worker.stop();
    const { mailJobId } = await stack.ask('receipt:resend', jobId);
    const refusal = await stack.refusalOf('receipt:resend', jobId);
    expect(refusal).toMatchObject({ code: 'already_on_its_way', retryAfterSeconds: 60 });
    expect(refusal.message).toContain(mailJobId);
  });

  it('is refused where there is none yet, where the mail has failed, and for money that was taken back', async () => {
    const worker = start({ patienceMs: 0 });
    const blocked = await worker.buy({ inApi: false });
    await stack.untilState(blocked.jobId, 'blocked');
    expect(await stack.refusalOf('receipt:resend', blocked.jobId)).toMatchObject({
      code: 'no_receipt_yet',
      remedy: expect.stringContaining('Retry'),
    });
    await worker.stop();
    const mailer = createMemoryMailer();
    mailer.script({ then: 'refuse', fault: aFault({ kind: 'permanent', reason: 'mailbox_refused' }) });
    const failed = await start({ mailer }).buy();
    await stack.untilOver(failed.jobId);
    expect((await stack.refusalOf('receipt:resend', failed.jobId)).code).toBe('own_mail_failed');
    const { jobId, orderId } = await fulfilled();
    await stack.rows(`update fulfillment.payments set facts = '{"taken_back": true}' where order_id = $1`, [
      orderId,
    ]);
    expect((await stack.refusalOf('receipt:resend', jobId)).code).toBe('payment_taken_back');
  });

  it('is not asked for by a job that is no order’s own', async () => {
    const { jobId } = await fulfilled();
    const { mailJobId } = await stack.ask('receipt:resend', jobId);
    await stack.untilOver(String(mailJobId));
    expect((await stack.refusalOf('receipt:resend', String(mailJobId))).code).toBe('not_an_order');
  });

  it('takes the place of one that nobody can tell of, and the order goes on', async () => {
    const mailer = createMemoryMailer({ lookup: 'none' });
    mailer.script({ then: 'lose_answer', taken: false }, { then: 'lose_answer', taken: false });
    const { jobId } = await start({ mailer }).buy();
    expect((await stack.untilState(jobId, 'blocked')).reason).toBe('mail_outcome_unknown');
    const links = await stack.refusalOf('links:reissue', jobId);
    expect(links).toMatchObject({ code: 'job_blocked', remedy: expect.stringContaining('Resend') });
    await untilMailed(await stack.ask('receipt:resend', jobId));
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    expect(mailer.taken).toHaveLength(1);
  });
});

describe('links', () => {
  it('that were sent end when new ones are sent', async () => {
    const { jobId, mailAt } = await fulfilled();
    const output = await stack.ask('links:reissue', jobId);
    expect(output).toMatchObject({ endedLinks: 2 });
    await untilMailed(output);
    const [first, second] = [await mailAt(0), await mailAt(1)];
    expect(second).toMatchObject({
      to: 'jan@example.pl',
      subject: expect.stringContaining('nowe linki'),
      attachments: [],
    });
    expect(await clicks(first.links)).toEqual(['expired', 'expired']);
    expect(await clicks(second.links)).toEqual(['redirect', 'redirect']);
  });

  it('work again for some days, unless they were ended', async () => {
    const { jobId, orderId, mailAt } = await fulfilled();
    await stack.rows(
      `update fulfillment.download_links set expires_at = clock_timestamp() where mail_key = $1`,
      [`receipt:${orderId}`],
    );
    const { links } = await mailAt(0);
    expect(await clicks(links)).toEqual(['expired', 'expired']);
    const extended = await stack.ask('downloads:extend', jobId, { days: 7 });
    expect(extended).toMatchObject({ links: 2 });
    expect(Date.parse(String(extended['until'])) - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
    expect(await clicks(links)).toEqual(['redirect', 'redirect']);
    await untilMailed(await stack.ask('links:reissue', jobId));
    expect(await stack.ask('downloads:extend', jobId, { days: 30 })).toMatchObject({ links: 2 });
    expect(await clicks(links)).toEqual(['expired', 'expired']);
    expect((await stack.refusalOf('downloads:extend', jobId, { days: 31 })).field).toBe('days');
  });
});

describe('an address that was wrong', () => {
  it('gets nothing more but the word that it has changed; the right one gets receipt, links and books', async () => {
    const { jobId, orderId, mailer, mailAt } = await fulfilled();
    const email = newAddress();
    const output = await stack.ask('email:correct', jobId, { email: `  ${email.toUpperCase()}` });
    expect(output).toMatchObject({
      endedLinks: 2,
      movedEntitlements: 1,
      sentBefore: 1,
      mayStillArrive: false,
    });
    await untilMailed(output);
    await untilMailed(output, 'noticeJobId');
    const mails = await Promise.all(mailer.taken.map(readMail));
    const receipt = mails.find(({ attachments }, index) => index > 0 && attachments.length === 1);
    const notice = mails.find(({ subject }) => subject.includes('Zmieniono'));
    const typed = `${email.split('@')[0]?.toUpperCase()}@example.com`;
    expect(receipt?.to).toBe(typed);
    expect(notice).toMatchObject({ to: 'jan@example.pl', links: [], attachments: [] });
    expect(notice?.text).toContain(orderId);
    expect(notice?.text.toLowerCase()).not.toContain(email);
    expect(await clicks((await mailAt(0)).links)).toEqual(['expired', 'expired']);
    expect(await clicks(receipt?.links ?? [])).toEqual(['redirect', 'redirect']);
    expect(await statesOf({ orderId })).toEqual([`pending_claim ${email}`]);
    expect((await stack.see(jobId)).order).toMatchObject({ buyer: { email: typed, name: 'Jan Kowalski' } });
    // From now on everything goes there.
    await untilMailed(await stack.ask('receipt:resend', jobId));
    expect((await mailAt(-1)).to).toBe(typed);
    expect(await stack.refusalOf('email:correct', jobId, { email })).toMatchObject({ code: 'same_address' });
  });

  it('is in no answer that is kept, in no audit and in no timeline', async () => {
    const { jobId } = await fulfilled();
    const email = newAddress();
    const output = await stack.ask('email:correct', jobId, { email });
    await untilMailed(output);
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
    const bought = await start({ mailer }).buy();
    expect((await stack.untilOver(bought.jobId)).state).toBe('failed');
    const email = newAddress();
    const output = await stack.ask('email:correct', bought.jobId, { email });
    expect(output).toMatchObject({ noticeJobId: null, state: 'open', mayStillArrive: false });
    await untilMailed(output);
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
    const rendered = gate();
    const goOn = gate();
    const worker = start({
      mailer,
      change: (step) =>
        step.name === 'email' && step.kind === 'outside'
          ? {
              ...step,
              prepare: async (...given) => {
                const ready = await preparing(step)(...given);
                rendered.open();
                await goOn.passed;
                return ready;
              },
            }
          : withoutAnalytics(step),
    });
    const { jobId } = await worker.buy();
    await rendered.passed;
    await stack.until(jobId, (job) => job.steps['storage']?.state === 'done');
    const email = newAddress();
    const output = await stack.ask('email:correct', jobId, { email });
    expect(output).toMatchObject({ mailJobId: null, movedEntitlements: 1, mayStillArrive: false });
    goOn.open();
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    await untilMailed(output, 'noticeJobId');
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
    const { jobId, orderId } = await start({ mailer }).buy();
    await sending.passed;
    await stack.until(jobId, (job) => job.steps['storage']?.state === 'done');
    const email = newAddress();
    const output = await stack.ask('email:correct', jobId, { email });
    expect(output).toMatchObject({ mayStillArrive: true, sentBefore: 0, mailJobId: expect.any(String) });
    goOn.open();
    const job = await stack.untilOver(jobId);
    expect(job.state).toBe('completed');
    expect(job.effects[`receipt:${orderId}`]?.evidence).toMatchObject({ provider: 'memory' });
    await untilMailed(output);
    const mails = await Promise.all(memory.taken.map(readMail));
    const old = mails.find(({ to, links }) => to === 'jan@example.pl' && links.length > 0);
    expect(await clicks(old?.links ?? [])).toEqual(['expired', 'expired']);
    const right = mails.find(({ to }) => to === email);
    expect(await clicks(right?.links ?? [])).toEqual(['redirect', 'redirect']);
  });

  it('that was missing is given, and the order is made with it', async () => {
    const mailer = createMemoryMailer();
    const worker = start({ mailer });
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
    expect(await statesOf({ orderId })).toEqual([`pending_claim ${email}`]);
  });

  it('corrected while the order is made is corrected in the order that is made', async () => {
    const resolved = gate();
    const goOn = gate();
    const mailer = createMemoryMailer();
    const worker = start({
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
    expect(await statesOf({ orderId })).toEqual([`pending_claim ${email}`]);
  });

  it('whose shelf somebody has claimed loses nothing unless they are known to agree', async () => {
    const email = newAddress();
    const { jobId, orderId } = await fulfilled(buyerAt(email));
    await stack.rows(
      `update fulfillment.profiles set state = 'claimed', subject = $1 where canonical_email = $1`,
      [email],
    );
    const refusal = await stack.refusalOf('email:correct', jobId, { email: newAddress() });
    expect(refusal.code).toBe('old_profile_claimed');
    expect(await statesOf({ orderId })).toEqual([`pending_claim ${email}`]);
    const right = newAddress();
    await stack.ask('email:correct', jobId, { email: right, confirmClaimed: true });
    expect(await statesOf({ orderId })).toEqual([`pending_claim ${right}`]);
  });
});

describe('a book that is taken away', () => {
  it('cannot be downloaded, stands in no new mail, and can be given back', async () => {
    const { jobId, orderId, mailAt } = await fulfilled(twoLines);
    expect(await stack.ask('entitlement:revoke', jobId, { lineNo: 2 })).toMatchObject({ lines: [2] });
    const { links } = await mailAt(0);
    expect(await clicks(links)).toEqual(['redirect', 'redirect', 'revoked', 'revoked']);
    await untilMailed(await stack.ask('receipt:resend', jobId));
    const again = await mailAt(-1);
    expect(again.links).toHaveLength(2);
    expect(again.text).not.toContain('second-book');
    expect((await stack.refusalOf('entitlement:revoke', jobId, { lineNo: 2 })).code).toBe('already_revoked');
    expect((await stack.refusalOf('entitlement:revoke', jobId, { lineNo: 3 })).code).toBe('unknown_line');
    await stack.ask('entitlement:revoke', jobId, { lineNo: 2, undo: true });
    expect(await clicks(links)).toEqual(Array(4).fill('redirect'));
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
    const filesMay = gate();
    const mailer = createMemoryMailer();
    const worker = start({
      mailer,
      change: (step) =>
        step.name === 'storage' && step.kind === 'outside'
          ? { ...step, prepare: async (...given) => (await filesMay.passed, preparing(step)(...given)) }
          : withoutAnalytics(step),
    });
    const { jobId, orderId } = await worker.buy({ checkout: twoLines });
    await stack.until(jobId, (job) => job.steps['email']?.state === 'done');
    await stack.ask('entitlement:revoke', jobId, { lineNo: 1 });
    filesMay.open();
    expect((await stack.untilOver(jobId)).state).toBe('completed');
    expect(await statesOf({ orderId })).toEqual(['revoked jan@example.pl', 'pending_claim jan@example.pl']);
    const email = newAddress();
    await stack.ask('email:correct', jobId, { email });
    expect(await statesOf({ orderId })).toEqual([`revoked ${email}`, `pending_claim ${email}`]);
  });

  it('is not granted when it was taken away before', async () => {
    let mayGrant = false;
    const worker = start({
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
    expect(await statesOf({ orderId })).toEqual(['revoked jan@example.pl', 'pending_claim jan@example.pl']);
  });

  it('leaves nothing to send when it was the last', async () => {
    const { jobId } = await fulfilled();
    await stack.ask('entitlement:revoke', jobId);
    for (const name of ['receipt:resend', 'links:reissue'])
      expect((await stack.refusalOf(name, jobId)).code).toBe('all_revoked');
    expect((await stack.refusalOf('entitlement:revoke', jobId, {}, { reason: '' })).field).toBe('reason');
  });
});
