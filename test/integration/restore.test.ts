import { afterAll, describe, expect, it } from 'vitest';
import { createReleaseMail } from '../../src/operations/mail/decideHeldMail.ts';
import { createRestoreMode } from '../../src/operations/mail/restoreMode.ts';
import { createShowMail } from '../../src/operations/mail/showMail.ts';
import { createEventReader } from '../../src/intake/eventReader.ts';
import { fulfilPlan, settlePlan } from '../../src/steps/plans.ts';
import { createIntakeStore } from '../../src/store/events/acceptEvent.ts';
import { createMailGateControl } from '../../src/store/operations/mailGateControl.ts';
import { eventually } from '../builders/engineStack.ts';
import { aBook, type FulfilStack, startFulfilStack } from '../builders/fulfilStack.ts';
import { withOperations } from '../builders/operationsStack.ts';
import { bytesOf, sessionObject, stripeEvent } from '../builders/stripeEvent.ts';
import { createMemoryMailer, type MemoryMailer } from '../fakes/memoryMailer.ts';
import { aCheckout, anIntent, aRefund } from '../fakes/memoryPayments.ts';
import { copyDatabase, type TestDatabase } from '../setup/database.ts';

const databases: TestDatabase[] = [];
afterAll(() => Promise.all(databases.map((database) => database.drop())));

/** What Stripe keeps for thirty days, in its order. */
type StripeEvents = Array<Record<string, unknown>>;

/** A shop over a database: it takes in events and works. */
function openShop(stack: FulfilStack, mailer: MemoryMailer) {
  const intake = createIntakeStore(stack.poolAs('fulfillment_intake'));
  const read = createEventReader({
    livemode: false,
    startDate: new Date(0),
    plan: fulfilPlan,
    settlePlan,
    slaSeconds: 300,
    waitForSessionMs: 0,
  });
  const work = () => stack.startFulfilling({ plan: fulfilPlan, settling: true, mailer });
  const tell = async (event: Record<string, unknown>) => {
    const { event: record, purchase } = read(bytesOf(event));
    await intake.accept(record, purchase);
  };
  const atRest = () =>
    eventually(async () => {
      const [left] = await stack.rows<{ open: number }>(
        `select count(*)::int as open from fulfillment.fulfillment_dispatch d
           join fulfillment.fulfillment_jobs j on j.id = d.job_id where j.state <> 'held'`,
      );
      return left?.open === 0;
    });
  return { work, tell, atRest };
}

function openStripe({ payments }: Pick<FulfilStack, 'payments'>) {
  const events: StripeEvents = [];
  const keep = (event: Record<string, unknown>) => {
    events.push(event);
    return event;
  };
  return {
    events,
    sell(n: number) {
      const ids = { sessionId: `cs_test_${n}`, paymentIntentId: `pi_${n}` };
      const checkout = aCheckout(ids);
      payments.addCheckout(checkout);
      payments.addIntent(anIntent({ paymentIntentId: ids.paymentIntentId, amountReceived: checkout.total }));
      const session = sessionObject({ id: ids.sessionId, payment_intent: ids.paymentIntentId });
      return keep(stripeEvent(session, { id: `evt_sold_${n}` }));
    },
    refund(n: number) {
      payments.setMoney(`pi_${n}`, {
        refunds: [aRefund({ refundId: `re_${n}`, amount: 4900 })],
        disputes: [],
      });
      const charge = { id: `ch_${n}`, object: 'charge', livemode: false, payment_intent: `pi_${n}` };
      return keep(stripeEvent(charge, { id: `evt_refunded_${n}`, type: 'charge.refunded' }));
    },
  };
}

const orders = (stack: FulfilStack) =>
  stack.rows<{ key: string; order_id: string; state: string; number: string | null }>(
    `select p.payment_key as key, p.order_id, e.state, r.series || '/' || r.number as number
       from fulfillment.payments p join fulfillment.ebook_entitlements e on e.payment_id = p.id
       left join fulfillment.receipts r on r.payment_id = p.id order by p.id`,
  );
const numbersOf = async (stack: FulfilStack) => (await orders(stack)).map(({ number }) => number);

describe('a backup that is restored after mails were sent', () => {
  it('has nobody mailed again and no number given twice, once restore mode was on while it caught up', async () => {
    const mailer = createMemoryMailer();
    const first = await startFulfilStack();
    databases.push(first.database);
    const { payments, files } = first;
    const stripe = openStripe(first);
    await first.importBooks(aBook('calm-checkout', 'price_1'));

    // Before the backup: four orders are done, one waits for its mail, one is accepted and nothing else.
    const before = openShop(first, mailer);
    const early = before.work();
    for (const n of [1, 2, 3, 4]) await before.tell(stripe.sell(n));
    await before.atRest();
    const refused = {
      kind: 'rate_limited',
      reason: 'mailbox_busy',
      message: 'Later.',
      retryAfterMs: 60_000,
    } as const;
    mailer.otherwise({ then: 'refuse', fault: refused });
    await before.tell(stripe.sell(5));
    await eventually(() => mailer.attempts.length === 5);
    await early.stop();
    await before.tell(stripe.sell(6));
    await first.close();
    const backup = await copyDatabase(first.database);
    databases.push(backup);

    // After the backup: all that goes out, two more orders come, and two are refunded.
    mailer.otherwise({ then: 'accept' });
    const lost = await startFulfilStack({ database: first.database, payments, files });
    await lost.admin.query(
      `update fulfillment.fulfillment_job_effects set due_at = null;
       update fulfillment.fulfillment_job_steps set due_at = null;
       update fulfillment.fulfillment_dispatch set due_at = clock_timestamp()`,
    );
    const shop = openShop(lost, mailer);
    shop.work();
    for (const n of [7, 8]) await shop.tell(stripe.sell(n));
    await shop.atRest();
    for (const n of [2, 7]) await shop.tell(stripe.refund(n));
    await shop.atRest();
    const then = await orders(lost);
    const links = (shop: FulfilStack) =>
      shop.rows(
        `select l.id, l.format, l.mail_key from fulfillment.download_links l join fulfillment.ebook_entitlements e on e.id = l.entitlement_id where e.state <> 'revoked' order by l.id`,
      );
    const linksThen = await links(lost);
    await lost.close();
    const sentBefore = mailer.taken.map(({ messageId }) => messageId);
    expect(new Set(sentBefore).size).toBe(10);
    expect(sentBefore).toHaveLength(10);
    const issuedTo = Math.max(...then.map(({ number }) => Number(number?.split('/')[1])));

    // The backup is restored. Restore mode is turned on before anybody works on it.
    const attemptsBefore = mailer.attempts.length;
    const restored = await startFulfilStack({ database: backup, payments, files });
    const known = await numbersOf(restored);
    const desk = withOperations(restored, (pool) => {
      const gate = createMailGateControl(pool);
      return [
        createShowMail(gate, { mode: 'live' }),
        createReleaseMail({ gate, mode: 'live' }),
        createRestoreMode({ gate, receiptSeriesPrefix: 'R', creditNoteSeriesPrefix: 'C' }),
      ];
    });
    const series = then[0]?.number?.split('/')[0] ?? '';
    await desk.ask('mode:restore', {
      mode: 'on',
      receiptsIssuedTo: `${series}/${issuedTo}`,
      creditNotesIssuedTo: `${series.replace('R', 'C')}/2`,
    });
    const after = openShop(restored, mailer);
    const late = after.work();
    // Everything that Stripe remembers, twice; what is caught up comes in an order of its own.
    for (const event of [...stripe.events.toReversed(), ...stripe.events]) await after.tell(event);
    late.worker.wake();
    const standing = async () => (await desk.ask('mail:show', {})).output;
    await after.atRest();
    await eventually(
      async () =>
        (await desk.rows(`select from fulfillment.fulfillment_jobs where state = 'held'`)).length === 0,
    );

    // Nothing was handed to the provider, and nothing is left to be decided.
    expect(mailer.attempts).toHaveLength(attemptsBefore);
    expect(await standing()).toMatchObject({ gate: 'closed', why: 'restore', held: 0 });
    expect(
      await desk.rows(
        `select count(*)::int as mails from fulfillment.email_messages where state <> 'accepted'`,
      ),
    ).toEqual([{ mails: 0 }]);
    const now = await orders(restored);
    const told = (rows: typeof now) =>
      rows
        .map(({ key, order_id, state }) => ({ key, order_id, state }))
        .toSorted((a, b) => a.key.localeCompare(b.key));
    expect(told(now)).toEqual(told(then));
    // The links in the mails that buyers have lead where they led before.
    expect(await links(restored)).toEqual(linksThen);
    const fresh = now.map(({ number }) => number).filter((number) => !known.includes(number));
    expect(fresh.length).toBeGreaterThan(0);
    for (const number of fresh) expect(Number(number?.split('/')[1])).toBeGreaterThan(issuedTo);
    expect(await desk.rows(`select min(number)::int as least from fulfillment.credit_notes`)).toEqual([
      { least: 3 },
    ]);

    // Whoever buys now waits until a person has looked, and gets one mail.
    await after.tell(stripe.sell(9));
    late.worker.wake();
    await eventually(
      async () =>
        (await desk.rows(`select from fulfillment.fulfillment_jobs where state = 'held'`)).length === 1,
    );
    expect(mailer.attempts).toHaveLength(attemptsBefore);
    await desk.ask('mail:release', {});
    late.worker.wake();
    await after.atRest();
    await eventually(() => mailer.attempts.length === attemptsBefore + 1);
    expect(new Set(mailer.taken.map(({ messageId }) => messageId)).size).toBe(mailer.taken.length);
    await restored.close();
  });
});
