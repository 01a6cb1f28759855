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
    reports: [],
    sources: [],
    slaSeconds: 300,
    unprovenAfterMs: 60_000,
    onWork: () => undefined,
  });
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const mailAlone = (step: Step) =>
  ['storage', 'late_files_email', 'analytics'].includes(step.name) ? undefined : step;
/** After two attempts a mail is given up. */
const givingUpSoon = (step: Step) => {
  const kept = mailAlone(step);
  return kept && { ...kept, retry: { ...kept.retry, attemptsMax: 2 } };
};
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

const copyOf = (mail: { messageId: string } | undefined, eventId: string) =>
  heard('accepted', { provider: null, source: 'journal', messageId: mail?.messageId ?? '', eventId });
const acceptances = (orderId: string) =>
  stack.rows<{ state: string; ambiguities: number; attempts: string[] }>(
    `select m.state, m.ambiguities,
            array(select coalesce(a.outcome, 'none') from fulfillment.email_attempts a where a.message_id = m.id order by a.attempt) as attempts
       from fulfillment.email_messages m join fulfillment.payments p on p.id = m.payment_id
      where p.order_id = $1 and m.accepted_at is not null`,
    [orderId],
  );
const alertStates = () =>
  stack.rows<{ rule: string; state: string }>('select rule, state from fulfillment.alerts order by id');

describe('a mail that nobody could tell of, and whose copy is in the journal after all', () => {
  afterEach(() => stack.rows('delete from fulfillment.alerts'));

  it('has the job go on that a person was to decide about: taken once, and the alert is over', async () => {
    const mailer = createMemoryMailer({ name: 'one', lookup: 'none' });
    mailer.script({ then: 'lose_answer', taken: false }, { then: 'lose_answer', taken: true });
    const { buy, worker } = stack.startFulfilling({ mailer, change: mailAlone });
    const bought = await buy();
    await stack.until(
      bought.jobId,
      ({ state, dispatch }) => state === 'blocked' && dispatch?.worker === null,
    );
    await acting.review();
    expect(await alertStates()).toEqual([{ rule: 'receipt_mail_failing', state: 'open' }]);
    expect((await desk.note([copyOf(mailer.taken[0], 'blocked')])).woken).toBe(1);
    worker.wake();
    const { events } = await stack.untilState(bought.jobId, 'completed');
    expect(events.find(({ kind }) => kind === 'mail.taken')).toMatchObject({
      step: 'email',
      actor: 'evidence',
      data: { effect: `receipt:${bought.orderId}`, provider: 'one', told: 'accepted', source: 'journal' },
    });
    expect(mailer.attempts).toHaveLength(2);
    expect(mailer.taken).toHaveLength(1);
    expect(await acceptances(bought.orderId)).toEqual([
      { state: 'accepted', ambiguities: 1, attempts: ['unknown', 'unknown'] },
    ]);
    await acting.review();
    expect(await alertStates()).toEqual([{ rule: 'receipt_mail_failing', state: 'resolved' }]);
  });

  /** All attempts without an answer, at a provider that drops repeats: the mail is given up, and with it the job. */
  async function givenUp() {
    const dedupe = { windowMs: 3_600_000, repeatAfterMs: 0 };
    const mailer = createMemoryMailer({ name: 'one', lookup: 'none', dedupe });
    mailer.otherwise({ then: 'lose_answer', taken: true });
    const { buy, worker } = stack.startFulfilling({ mailer, change: givingUpSoon });
    const bought = await buy();
    await stack.until(bought.jobId, ({ state, dispatch }) => state === 'failed' && dispatch === null);
    const { timeline } = await stack.see(bought.jobId);
    expect(timeline.at(-1)).toBe('job.failed');
    return { mailer, worker, bought, attempts: mailer.attempts.length };
  }

  it('has the job go on that had failed, once, and sends nothing', async () => {
    const { mailer, worker, bought, attempts } = await givenUp();
    await acting.review();
    expect(await alertStates()).toEqual([{ rule: 'receipt_mail_failing', state: 'open' }]);
    expect(await desk.takeUpAgain()).toBe(0);
    await desk.note([copyOf(mailer.taken[0], 'failed')]);
    expect(await desk.takeUpAgain()).toBe(1);
    worker.wake();
    const { events, effects } = await stack.untilState(bought.jobId, 'completed');
    expect(events.find(({ kind }) => kind === 'job.retried')).toMatchObject({
      actor: 'evidence',
      data: { steps: ['email'], effects: [`receipt:${bought.orderId}`], reason: 'mail_taken_after_all' },
    });
    expect(effects[`receipt:${bought.orderId}`]).toMatchObject({
      state: 'done',
      evidence: { already_accepted_at: expect.any(String) },
    });
    expect(mailer.attempts).toHaveLength(attempts);
    expect(mailer.taken).toHaveLength(1);
    expect(await acceptances(bought.orderId)).toHaveLength(1);
    await acting.review();
    expect(await alertStates()).toEqual([{ rule: 'receipt_mail_failing', state: 'resolved' }]);
    expect(await desk.takeUpAgain()).toBe(0);
  });

  it('leaves alone what a person has cancelled, and what failed again after it had gone on', async () => {
    const { mailer, bought } = await givenUp();
    await desk.note([copyOf(mailer.taken[0], 'cancelled')]);
    await stack.rows(`update fulfillment.fulfillment_jobs set state = 'cancelled' where id = $1`, [
      bought.jobId,
    ]);
    expect(await desk.takeUpAgain()).toBe(0);
    const again = await givenUp();
    await stack.stopWorkers();
    await desk.note([copyOf(again.mailer.taken[0], 'again')]);
    expect(await desk.takeUpAgain()).toBe(1);
    await stack.rows(
      `with f as (update fulfillment.fulfillment_job_effects set state = 'failed', reason = 'x' where job_id = $1),
            d as (delete from fulfillment.fulfillment_dispatch where job_id = $1)
       update fulfillment.fulfillment_jobs set state = 'failed', reason = 'x', finished_at = clock_timestamp() where id = $1`,
      [again.bought.jobId],
    );
    expect(await desk.takeUpAgain()).toBe(0);
  });

  it('has the job go on also when its last attempt was given up while the copy was noted', async () => {
    const dedupe = { windowMs: 3_600_000, repeatAfterMs: 0 };
    const mailer = createMemoryMailer({ name: 'one', lookup: 'none', dedupe });
    mailer.otherwise({ then: 'lose_answer', taken: true });
    const late: Mailer = {
      ...mailer,
      async send(mail, signal) {
        // The attempt is under way, and the last one that is made.
        if (mailer.attempts.length === 1) await desk.note([copyOf(mail, 'under way')]);
        return mailer.send(mail, signal);
      },
    };
    const { buy, worker } = stack.startFulfilling({ mailer: late, change: givingUpSoon });
    const bought = await buy();
    await stack.until(bought.jobId, ({ state, dispatch }) => state === 'failed' && dispatch === null);
    expect(await desk.takeUpAgain()).toBe(1);
    worker.wake();
    await stack.untilState(bought.jobId, 'completed');
    expect([mailer.attempts.length, mailer.taken.length]).toEqual([2, 1]);
  });

  it('does not keep other jobs from going on where one of them cannot', async () => {
    const [bad, good] = [await givenUp(), await givenUp()];
    await desk.note([copyOf(bad.mailer.taken[0], 'bad'), copyOf(good.mailer.taken[0], 'good')]);
    await stack.stopWorkers();
    await stack.rows(
      `alter table fulfillment.fulfillment_dispatch add constraint spoiled check (job_id <> '${bad.bought.jobId}') not valid`,
    );
    await expect(desk.takeUpAgain()).rejects.toThrow(/spoiled/);
    expect(await stack.see(good.bought.jobId)).toMatchObject({ state: 'open' });
    await stack.rows(`alter table fulfillment.fulfillment_dispatch drop constraint spoiled`);
    expect(await desk.takeUpAgain()).toBe(1);
  });
});

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
