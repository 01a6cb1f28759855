import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BuyersStack, readMail, startBuyersStack } from '../../builders/buyersStack.ts';
import { createCheckoutBench } from '../../builders/checkoutStack.ts';
import { aBook } from '../../builders/fulfilStack.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';
import { aCheckout } from '../../fakes/memoryPayments.ts';

let stack: BuyersStack;
let bench: ReturnType<typeof createCheckoutBench>;
beforeAll(async () => {
  stack = await startBuyersStack();
  bench = createCheckoutBench(stack);
  await stack.importBooks(aBook('calm-checkout', 'price_1'));
});
// Mails that were asked for are anybody's to send.
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

let buyers = 0;
/** Bought with a slip in the address, and mailed there. */
async function boughtAs(email: string, now?: () => Date) {
  const mailer = createMemoryMailer();
  const worker = stack.startFulfilling({ mailer, askedMails: true });
  const { buyer } = aCheckout();
  const bought = await worker.buy({
    checkout: { buyer: { ...buyer, email } },
    intent: { paidAt: new Date() },
  });
  await stack.untilOver(bought.jobId);
  const settings = { payments: stack.payments, plan: worker.plan, ...(now && { now }) };
  const desk = bench.desk(settings);
  return { ...bought, worker, mailer, desk, correct: () => desk.correctAddress(bought.sessionId) };
}
const aBuyer = () => `jan.${(buyers += 1)}`;

const auditOf = (jobId: string) =>
  stack.rows<{ actor: string; channel: string; action: string; result: string; reason: string }>(
    'select actor, channel, action, result, reason from fulfillment.ops_audit where target_id = $1',
    [jobId],
  );

describe('the page after the checkout', () => {
  it('tells what is ready, and that the mail was taken', async () => {
    const { desk, sessionId } = await boughtAs(`${aBuyer()}@example.com`);
    expect((await desk.confirm(sessionId))?.view).toEqual({
      state: 'ready',
      books: [
        {
          title: 'The book calm-checkout',
          state: 'ready',
          formats: [
            { format: 'pdf', ready: true },
            { format: 'epub', ready: true },
          ],
        },
      ],
      mail: { to: 'ja•••@ex•••.com', accepted: true },
      suggestion: null,
    });
  });

  it('asks Stripe no more once the order is known', async () => {
    const { desk, sessionId } = await boughtAs(`${aBuyer()}@example.com`);
    const asked = stack.payments.calls.length;
    await desk.confirm(sessionId);
    expect(stack.payments.calls).toHaveLength(asked);
  });
});

describe('a slip in the address', () => {
  it('is shown with what was meant, and mended by one click: mail, links and books go there, and it is audited', async () => {
    const local = aBuyer();
    const { desk, sessionId, jobId, orderId, mailer, correct } = await boughtAs(`${local}@gmial.com`);
    expect((await desk.confirm(sessionId))?.view.suggestion).toEqual({
      typed: 'ja•••@gmial.com',
      meant: 'ja•••@gmail.com',
    });
    const corrected = await correct();
    expect(corrected).toMatchObject({
      view: { state: 'ready', mail: { to: 'ja•••@gm•••.com', accepted: false }, suggestion: null },
    });
    await expect
      .poll(() => mailer.taken.map(({ to }) => to), { timeout: 5_000 })
      .toContain(`${local}@gmail.com`);
    const again = await readMail(mailer.taken.find(({ to }) => to === `${local}@gmail.com`));
    expect(again.attachments).toHaveLength(1);
    expect(await Promise.all(again.links.map(stack.click))).toEqual(['redirect', 'redirect']);
    const first = await readMail(mailer.taken.find(({ to }) => to === `${local}@gmial.com`));
    expect(await stack.click(first.links[0] ?? '')).toBe('expired');
    const owners = await stack.rows(
      `select distinct o.canonical_email as email from fulfillment.ebook_entitlements e
         join fulfillment.payments p on p.id = e.payment_id join fulfillment.profiles o on o.id = e.profile_id
        where p.order_id = $1`,
      [orderId],
    );
    expect(owners).toEqual([{ email: `${local}@gmail.com` }]);
    const events = (await stack.see(jobId)).events;
    expect(events.filter(({ kind }) => kind === 'email.corrected')).toMatchObject([
      { actor: 'buyer:success_page' },
    ]);
    const audited = await auditOf(jobId);
    expect(audited).toMatchObject([
      { actor: 'buyer:success_page', channel: 'system', action: 'email:correct', result: 'done' },
    ]);
    expect(JSON.stringify(audited)).not.toMatch(/gmail|gmial/);
    await expect
      .poll(async () => (await desk.confirm(sessionId))?.view.mail.accepted, { timeout: 5_000 })
      .toBe(true);
  });

  it('is mended once, however often and at once the button is pressed', async () => {
    const { correct, jobId } = await boughtAs(`${aBuyer()}@hotmial.com`);
    const answers = await Promise.all([correct(), correct(), correct()]);
    for (const answer of answers)
      expect(answer && 'view' in answer ? answer.view.mail.to : answer?.refused).toMatch(
        /^ja•••@ho•••\.com$|^already_corrected$/,
      );
    expect(await correct()).toEqual({ refused: 'already_corrected' });
    expect(await auditOf(jobId)).toHaveLength(1);
  });

  it('is mended before anything is known of the order, also where no mail could ever go to it', async () => {
    const local = aBuyer();
    const mailer = createMemoryMailer();
    const worker = stack.startFulfilling({ mailer });
    const { buyer } = aCheckout();
    const { sessionId, jobId } = await worker.buy({
      checkout: { buyer: { ...buyer, email: `${local}@gmailcom` } },
      intent: { paidAt: new Date() },
    });
    await expect.poll(async () => (await stack.see(jobId)).state, { timeout: 5_000 }).toBe('blocked');
    const desk = bench.desk({ payments: stack.payments, plan: worker.plan });
    expect((await desk.confirm(sessionId))?.view).toMatchObject({
      state: 'received',
      suggestion: { typed: 'ja•••@gmailcom', meant: 'ja•••@gmail.com' },
    });
    expect(await desk.correctAddress(sessionId)).toMatchObject({ view: { suggestion: null } });
    worker.worker.wake();
    await stack.untilOver(jobId);
    expect(mailer.taken.map(({ to }) => to)).toEqual([`${local}@gmail.com`]);
  });

  it('is not mended an hour after the payment, or once a book was downloaded', async () => {
    let now = new Date();
    const email = `${aBuyer()}@gmial.com`;
    const late = await boughtAs(email, () => now);
    const [{ paid_at: paidAt } = { paid_at: new Date() }] = await stack.rows<{ paid_at: Date }>(
      'select paid_at from fulfillment.payments where order_id = $1',
      [late.orderId],
    );
    now = new Date(paidAt.getTime() + 3_600_000);
    expect((await late.desk.confirm(late.sessionId))?.view.suggestion).toBeNull();
    expect(await late.correct()).toEqual({ refused: 'too_late' });
    now = new Date(paidAt.getTime() + 3_599_999);
    expect((await late.desk.confirm(late.sessionId))?.view.suggestion).not.toBeNull();
    const { links } = await readMail(late.mailer.taken.find(({ to }) => to === email));
    expect(await stack.click(links[0] ?? '')).toBe('redirect');
    expect(await late.correct()).toEqual({ refused: 'too_late' });
    expect(await auditOf(late.jobId)).toEqual([]);
  });

  it('is not mended after somebody of staff has corrected the address, or where there is none', async () => {
    const { correct, jobId, worker } = await boughtAs(`${aBuyer()}@gmial.com`);
    await stack.ask('email:correct', jobId, { email: `${aBuyer()}@example.com` });
    expect(await correct()).toEqual({ refused: 'already_corrected' });
    const good = await boughtAs(`${aBuyer()}@gmail.com`);
    expect(await good.correct()).toEqual({ refused: 'nothing_to_correct' });
    expect(
      await bench.desk({ payments: stack.payments, plan: worker.plan }).correctAddress('cs_test_none'),
    ).toBe(undefined);
  });

  it('is not mended for another address than the one it was suggested for', async () => {
    const { jobId } = await boughtAs(`${aBuyer()}@gmial.com`);
    const other = { jobId, typed: 'somebody@gmial.com', suggested: 'somebody@gmail.com' };
    expect(await bench.correctTypo(other)).toEqual({ kind: 'refused', code: 'already_corrected' });
    expect(await auditOf(jobId)).toEqual([]);
  });
});
