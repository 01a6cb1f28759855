import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createEvidenceActing } from '../../../src/mail/evidenceActing.ts';
import type { DeliveryEvidence } from '../../../src/ports/deliveryEvidence.ts';
import type { Mailer } from '../../../src/ports/mailer.ts';
import type { Step } from '../../../src/ports/step.ts';
import { linkMailPlans, resendReceiptPlan } from '../../../src/steps/askedMails.ts';
import { createAlertBook } from '../../../src/store/alerts/alertBook.ts';
import { createEvidenceDesk } from '../../../src/store/mail/evidenceDesk.ts';
import { eventually } from '../../builders/engineStack.ts';
import { aBook, type FulfilStack, startFulfilStack } from '../../builders/fulfilStack.ts';
import { heard } from '../../builders/mailedOrders.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';

let stack: FulfilStack;
let desk: ReturnType<typeof createEvidenceDesk>;
let acting: ReturnType<typeof createEvidenceActing>;
beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('calm-checkout', 'price_1'));
  const pool = stack.poolAs('fulfillment_worker', 2);
  desk = createEvidenceDesk({ pool, linkPlans: linkMailPlans.map(({ plan }) => plan) });
  acting = createEvidenceActing({
    desk,
    alerts: createAlertBook(pool),
    telemetry: { emit: () => undefined },
    again: [{ kind: 'receipt', plan: resendReceiptPlan }],
    providers: ['one', 'other'],
    slaSeconds: 300,
    unprovenAfterMs: 60_000,
    onWork: () => undefined,
  });
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const mailAlone = (step: Step) =>
  ['storage', 'late_files_email', 'analytics'].includes(step.name) ? undefined : step;
const mailsOf = (orderId: string) =>
  stack.rows<{
    state: string;
    delivery: string;
    provider: string;
    reference: string | null;
    messageId: string;
    kind: string;
  }>(
    `select m.state, m.delivery, m.provider, m.reference, m.message_id as "messageId", m.kind
       from fulfillment.email_messages m join fulfillment.payments p on p.id = m.payment_id
      where p.order_id = $1 order by m.id`,
    [orderId],
  );

describe('evidence in the life of an order', () => {
  it('ends the wait for an answer that was lost: sent once, and the job goes on at once', async () => {
    const mailer = createMemoryMailer({ name: 'one', lookup: 'none', deliveryEvents: 'all' });
    mailer.script({ then: 'lose_answer', taken: true });
    const { buy, worker } = stack.startFulfilling({ mailer, change: mailAlone });
    const bought = await buy();
    await stack.until(
      bought.jobId,
      ({ effects, dispatch }) =>
        effects[`receipt:${bought.orderId}`]?.reason === 'mail_outcome_unknown' && dispatch?.worker === null,
    );
    const [mail] = await mailsOf(bought.orderId);
    expect(mail?.state).toBe('unknown');
    const { woken } = await desk.note([
      heard('delivered', { provider: 'one', messageId: mail?.messageId ?? '', reference: 'one-1' }),
    ]);
    expect(woken).toBe(1);
    worker.wake();
    await stack.untilState(bought.jobId, 'completed');
    expect(mailer.attempts).toHaveLength(1);
    expect(await mailsOf(bought.orderId)).toMatchObject([
      { state: 'accepted', delivery: 'delivered', provider: 'one', reference: 'one-1' },
    ]);
  });

  it('may come before the answer: whichever is written first, the mail is known to have arrived', async () => {
    const mailer = createMemoryMailer({ name: 'one' });
    const told: DeliveryEvidence[] = [];
    const early: Mailer = {
      ...mailer,
      async send(mail, signal) {
        const answer = await mailer.send(mail, signal);
        told.push(
          heard('delivered', { provider: 'one', messageId: mail.messageId, reference: answer.reference }),
        );
        await desk.note(told);
        return answer;
      },
    };
    const { buy } = stack.startFulfilling({ mailer: early, change: mailAlone });
    const bought = await buy();
    await stack.untilState(bought.jobId, 'completed');
    expect(mailer.attempts).toHaveLength(1);
    expect(await mailsOf(bought.orderId)).toMatchObject([
      { state: 'accepted', delivery: 'delivered', provider: 'one' },
    ]);
  });

  it('has a mail that came back by policy sent once more, through another provider', async () => {
    const [one, other] = [createMemoryMailer({ name: 'one' }), createMemoryMailer({ name: 'other' })];
    const { buy, worker } = stack.startFulfilling({
      mailers: [one, other],
      askedMails: true,
      change: mailAlone,
    });
    const bought = await buy();
    await stack.untilState(bought.jobId, 'completed');
    expect([one.taken.length, other.taken.length]).toEqual([1, 0]);
    const policy = { bounce: { permanence: 'hard', cause: 'policy', status: '5.7.1' } } as const;
    await desk.note([
      heard('bounced', { provider: null, messageId: one.taken[0]?.messageId ?? '', ...policy }),
    ]);
    await acting.act(new AbortController().signal);
    worker.wake();
    await eventually(() => other.taken.length === 1);
    expect([one.taken.length, other.taken[0]?.to]).toEqual([1, one.taken[0]?.to]);
    await eventually(async () => (await mailsOf(bought.orderId))[1]?.state === 'accepted');
    expect(await mailsOf(bought.orderId)).toMatchObject([
      { kind: 'receipt', delivery: 'bounced', provider: 'one' },
      { kind: 'receipt', delivery: 'accepted', provider: 'other' },
    ]);
    // It came back from there as well: nobody is left to send it through.
    await desk.note([
      heard('bounced', { provider: null, messageId: other.taken[0]?.messageId ?? '', ...policy }),
    ]);
    await acting.act(new AbortController().signal);
    const jobs = await stack.rows(
      `select 1 from fulfillment.fulfillment_jobs j join fulfillment.payments p on p.id = j.payment_id
        where p.order_id = $1 and j.kind = 'resend_receipt'`,
      [bought.orderId],
    );
    expect(jobs).toHaveLength(1);
  });
});
