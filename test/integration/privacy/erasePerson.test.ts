import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createExportPerson } from '../../../src/operations/people/exportPerson.ts';
import { createPersonReader } from '../../../src/store/privacy/personReader.ts';
import { createErasePerson } from '../../../src/operations/people/erasePerson.ts';
import { Refusal } from '../../../src/operations/frame/refusal.ts';
import { eraseFilesPlan } from '../../../src/steps/eraseFiles.ts';
import type { EventRecord } from '../../../src/ports/intakeStore.ts';
import { settlePlan } from '../../../src/steps/plans.ts';
import { createIntakeStore } from '../../../src/store/events/acceptEvent.ts';
import { profileControl } from '../../../src/store/operations/buyers/profileControl.ts';
import { jobControl } from '../../../src/store/operations/jobControl.ts';
import { personControl } from '../../../src/store/privacy/personControl.ts';
import { createShelfStore } from '../../../src/store/shelf/shelfStore.ts';
import { inTransaction } from '../../../src/store/transaction.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';
import { callerOf } from '../../builders/operationsStack.ts';
import { bytesHold, columnsHolding, formsOf } from '../../builders/traces.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';
import { aRefund, buyer } from '../../fakes/memoryPayments.ts';

let stack: FulfilStack;
let shelf: ReturnType<typeof createShelfStore>;
const erasing = createErasePerson({ jobs: jobControl, people: personControl, plan: eraseFilesPlan });

beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('book-1', 'price_1'));
  shelf = createShelfStore(stack.poolAs('fulfillment_shelf', 2));
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

/** Every word of it is found nowhere else. */
const aPerson = () => {
  const mark = randomUUID().slice(0, 8);
  const name = `Żaneta Ćwikłowska-${mark}`;
  const address = {
    line1: `ulica Wierzbięcińska ${mark}`,
    line2: null,
    city: 'Gżegżółkowo',
    postalCode: '61-569',
    state: null,
    country: 'PL',
  };
  return {
    mark,
    name,
    address,
    email: `zaneta.${mark}@cwiklowska-${mark}.example`,
    subject: `auth0|zaneta-${mark}`,
  };
};
type Somebody = ReturnType<typeof aPerson>;
/** As buyers type an address. */
const capitals = (email: string) => email.charAt(0).toUpperCase() + email.slice(1);

async function startShop() {
  const mailer = createMemoryMailer();
  const shop = stack.startFulfilling({
    claims: true,
    settling: true,
    askedMails: true,
    erasing: true,
    mailer,
  });
  const buy = async (person: Somebody) => {
    const who = { ...buyer, email: person.email, name: person.name, address: person.address };
    const bought = await shop.buy({ checkout: { buyer: who } });
    await stack.untilOver(bought.jobId);
    const body = Buffer.from(
      JSON.stringify({
        customer: { email: capitals(person.email), name: person.name, address: person.address },
      }),
    );
    // What came to the door in its own bytes, and an event of theirs that no order was found for.
    await stack.rows(
      `update fulfillment.stripe_events set body = $2 where payment_id =
      (select p.id from fulfillment.payments p where p.order_id = $1)`,
      [bought.orderId, body],
    );
    await stack.rows(
      `insert into fulfillment.stripe_events (event_id, type, livemode, occurred_at, body, content_sha256, verdict, reason)
       values ($1, 'charge.succeeded', false, clock_timestamp(), $2, '\\x00', 'ignored', 'not_needed')`,
      [`evt_${randomUUID()}`, body],
    );
    return bought;
  };
  return { mailer, shop, buy };
}

function erase(email: string, more: object = {}) {
  const by = {
    caller: callerOf('ops_admin'),
    actor: 'staff:auth0|anna',
    reason: 'asked for',
    requestId: randomUUID(),
  };
  return inTransaction(stack.poolAs('fulfillment_operations', 2), (tx) =>
    erasing.change(tx, { email, ...more }, by),
  );
}

const placesOf = (words: string[]) => columnsHolding((text) => stack.rows(text), words);

/** Files in whose name or bytes one of these words is found. */
function filesOf(words: string[]): string[] {
  const forms = words.flatMap(formsOf);
  return [...stack.files.objects].flatMap(([key, { bytes }]) =>
    forms.some((form) => key.toLowerCase().includes(form)) || bytesHold(bytes, forms) ? [key] : [],
  );
}

async function tellOfMoney(paymentIntentId: string, body: Uint8Array, eventId?: string): Promise<string> {
  const mark = randomUUID();
  const event: EventRecord = {
    eventId: eventId ?? `evt_${mark}`,
    type: 'charge.refunded',
    apiVersion: null,
    livemode: false,
    occurredAt: new Date(),
    verdict: 'accepted',
    reason: null,
    door: 'webhook',
    body,
    contentSha256: new TextEncoder().encode(mark),
  };
  const { jobId } = await createIntakeStore(stack.poolAs('fulfillment_intake', 1)).accept(event, {
    kind: 'settlement',
    paymentKey: paymentIntentId,
    paymentIntentId,
    orderId: mark,
    livemode: false,
    plan: settlePlan,
    slaSeconds: 300,
    traceContext: null,
  });
  return jobId ?? '';
}

const wordsOf = ({ mark, name, email, subject }: Somebody) => [mark, name, email, subject];

const paymentIdOf = async (orderId: string) =>
  (await stack.rows<{ id: string }>('select id from fulfillment.payments where order_id = $1', [orderId]))[0]
    ?.id ?? '';

describe('what is stored of somebody', () => {
  it('is given out whole, line by line, and nothing of others with it', async () => {
    const { buy } = await startShop();
    const [person, other] = [aPerson(), aPerson()];
    const bought = await buy(person);
    await buy(other);
    await shelf.claim({ subject: person.subject, canonicalEmail: person.email });
    const exporting = createExportPerson(createPersonReader(stack.poolAs('fulfillment_operations', 1)));
    const by = {
      caller: callerOf('ops_admin'),
      actor: 'staff:auth0|anna',
      reason: 'asked for',
      requestId: 'r',
    };
    const { rows, text } = await exporting.read({ email: person.email }, by);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { what: string });
    expect(lines).toHaveLength(rows);
    expect([...new Set(lines.map(({ what }) => what))].toSorted()).toEqual(
      [
        'claim',
        'ebook',
        'event of Stripe',
        'file',
        'link',
        'mail',
        'order',
        'profile',
        'receipt',
        'what was done',
      ].toSorted(),
    );
    for (const word of [person.email, person.name, person.address.line1, person.subject, bought.orderId])
      expect(text).toContain(word);
    expect(text).not.toContain(other.mark);
    await erase(person.email);
    await expect(exporting.read({ email: person.email }, by)).rejects.toMatchObject({
      code: 'unknown_person',
    });
  });
});

describe('somebody who is forgotten', () => {
  it('is found in no table and no file any more, and their receipts stay without them', async () => {
    const { buy, shop, mailer } = await startShop();
    const [person, other] = [aPerson(), aPerson()];
    const bought = await buy(person);
    const others = await buy(other);
    await shelf.claim({ subject: person.subject, canonicalEmail: person.email });
    await buy(person);
    await shelf.askClaimCode({ subject: person.subject, canonicalEmail: other.email });
    expect((await placesOf([person.mark])).length).toBeGreaterThan(8);
    expect(
      filesOf([person.name]).length +
        [...stack.files.objects.keys()].filter((key) => key.includes(bought.orderId)).length,
    ).toBeGreaterThan(0);
    const numbers = () =>
      stack.rows(`select series, number, document ->> 'total' as total, document -> 'lines' as lines
      from fulfillment.receipts order by number`);
    const before = await numbers();

    const { output, details } = await erase(person.email.toUpperCase());
    shop.worker.wake();
    await stack.untilState(output.jobId, 'completed');
    expect(output).toMatchObject({ profiles: 1, payments: 2, formerOrders: 0 });
    expect(JSON.stringify(details)).not.toContain(person.mark);
    expect(await placesOf(wordsOf(person))).toEqual([]);
    expect(filesOf(wordsOf(person))).toEqual([]);
    expect([...stack.files.objects.keys()].filter((key) => key.includes(bought.orderId))).toEqual([]);
    expect(JSON.stringify([shop.mailTold.events, stack.files.objects.size])).not.toContain(person.mark);
    expect(await numbers()).toEqual(before);

    // Nobody else lost anything.
    expect((await placesOf([other.mark])).length).toBeGreaterThan(5);
    expect([...stack.files.objects.keys()].some((key) => key.includes(others.orderId))).toBe(true);
    expect(await stack.rows('select storage_key from fulfillment.erasure_objects')).toEqual([]);
    expect(mailer.taken.length).toBeGreaterThan(0);
  });

  it('has no shelf, no links and no papers any more', async () => {
    const { buy } = await startShop();
    const person = aPerson();
    const bought = await buy(person);
    const paymentId = await paymentIdOf(bought.orderId);
    const links = await stack.rows<{ id: string }>(
      `select l.id from fulfillment.download_links l join fulfillment.ebook_entitlements e on e.id = l.entitlement_id
        where e.payment_id = $1`,
      [paymentId],
    );
    expect(links.length).toBeGreaterThan(0);
    await shelf.claim({ subject: person.subject, canonicalEmail: person.email });
    await erase(person.email);
    for (const { id } of links) expect(await shelf.readLink(id)).toBeUndefined();
    expect(await shelf.readReceipt(paymentId)).toBeUndefined();
    expect(await shelf.listOwned({ subject: person.subject, canonicalEmail: person.email })).toEqual([]);
    expect(await shelf.claim({ subject: person.subject, canonicalEmail: person.email })).toMatchObject({
      outcome: 'nothing_to_claim',
    });
  });

  it('comes back by nothing that is told late, and is a new person when they buy again', async () => {
    const { buy, shop, mailer } = await startShop();
    const person = aPerson();
    const bought = await buy(person);
    await erase(person.email);
    mailer.taken.length = 0;
    // A refund in Stripe's dashboard, and then its failure, each told by an event that names the buyer.
    const [known] = await stack.rows<{ event_id: string }>(
      'select event_id from fulfillment.stripe_events where payment_id = $1 limit 1',
      [await paymentIdOf(bought.orderId)],
    );
    for (const status of ['succeeded', 'failed'] as const) {
      stack.payments.setMoney(bought.paymentIntentId, {
        refunds: [aRefund({ refundId: `re_${person.mark}`.replace(person.mark, 'late'), status })],
      });
      const settled = await tellOfMoney(
        bought.paymentIntentId,
        Buffer.from(JSON.stringify({ email: person.email, name: person.name })),
      );
      shop.worker.wake();
      expect(await stack.untilOver(settled)).toMatchObject({ state: 'completed' });
    }
    // Another content under the id of an event that came before.
    await tellOfMoney(
      bought.paymentIntentId,
      Buffer.from(JSON.stringify({ email: person.email })),
      known?.event_id,
    );
    await bought.sessionArrives();
    shop.worker.wake();
    await stack.untilOver(bought.jobId);
    expect(await placesOf([person.mark])).toEqual([]);
    expect(mailer.taken).toEqual([]);
    const states = await stack.rows<{ state: string }>(
      'select state from fulfillment.ebook_entitlements where payment_id = $1',
      [await paymentIdOf(bought.orderId)],
    );
    expect(states).toEqual([{ state: 'revoked' }]);
    const [creditNote] = await stack.rows<{ total: string }>(
      `select document ->> 'total' as total from fulfillment.credit_notes c join fulfillment.payments p on p.id = c.payment_id
        where p.order_id = $1 order by c.number limit 1`,
      [bought.orderId],
    );
    expect(creditNote).toBeDefined();

    await buy(person);
    expect(await shelf.listOwned({ subject: 'auth0|new', canonicalEmail: person.email })).toHaveLength(1);
  });

  it('takes along the addresses that were put together with theirs', async () => {
    const { buy } = await startShop();
    const [old, now] = [aPerson(), aPerson()];
    const [first, second] = [await buy(old), await buy(now)];
    const ids = await Promise.all(
      [first, second].map(async ({ orderId }) => {
        const [row] = await stack.rows<{ id: string }>(
          `select e.profile_id as id from fulfillment.ebook_entitlements e join fulfillment.payments p on p.id = e.payment_id
            where p.order_id = $1`,
          [orderId],
        );
        return row?.id ?? '';
      }),
    );
    await inTransaction(stack.poolAs('fulfillment_operations', 1), (tx) =>
      profileControl.merge(tx, {
        from: ids[0] ?? '',
        into: ids[1] ?? '',
        facts: ['order_id', 'card_last4'],
        giveUpSignIn: false,
        actor: 'staff:test',
      }),
    );
    const { output } = await erase(old.email);
    expect(output).toMatchObject({ profiles: 2, payments: 2 });
    expect(await placesOf([old.mark, now.mark])).toEqual([]);
  });

  it('is not forgotten while something is done for them, unless it is cancelled', async () => {
    const { shop } = await startShop();
    const person = aPerson();
    // Stripe has no session of it yet: the order waits.
    await stack.stopWorkers();
    const waiting = await shop.buy({
      checkout: { buyer: { ...buyer, email: person.email, name: person.name } },
    });
    await stack.rows(
      `update fulfillment.fulfillment_jobs set order_snapshot = jsonb_build_object('orderId', 'x', 'buyer', jsonb_build_object('email', $2::text)) where id = $1`,
      [waiting.jobId, person.email],
    );
    const refused = await erase(person.email).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused).toMatchObject({ code: 'open_jobs', field: 'cancelOpen' });
    await erase(person.email, { cancelOpen: true });
    expect(await stack.see(waiting.jobId)).toMatchObject({ state: 'cancelled' });
    expect(await placesOf([person.mark])).toEqual([]);
  });

  it('takes nothing along of somebody else, to whose address an order of theirs went before it was corrected', async () => {
    const { buy } = await startShop();
    const [alice, bob] = [aPerson(), aPerson()];
    await buy(alice);
    const bought = await buy(bob);
    const paymentId = await paymentIdOf(bought.orderId);
    // Bob's receipt went to Alice's address at first.
    await stack.rows(`update fulfillment.email_messages set to_address = upper($2) where payment_id = $1`, [
      paymentId,
      alice.email,
    ]);
    const exporting = createExportPerson(createPersonReader(stack.poolAs('fulfillment_operations', 1)));
    const by = {
      caller: callerOf('ops_admin'),
      actor: 'staff:auth0|anna',
      reason: 'asked for',
      requestId: 'r',
    };
    expect((await exporting.read({ email: alice.email }, by)).text).not.toContain(bob.mark);
    expect((await exporting.read({ email: bob.email }, by)).rows).toBeGreaterThan(5);
    const mailsOf = () =>
      stack.rows<{ mails: number }>(
        `select count(*)::int as mails from fulfillment.email_messages where to_address = $1 and bytes_sha256 <> ''`,
        [alice.email],
      );
    const before = await mailsOf();
    const forgotten = await erase(bob.email);
    expect(forgotten.output).toMatchObject({ payments: 1, formerOrders: 0 });
    expect(await mailsOf()).toEqual(before);
    expect((await placesOf([bob.mark])).length).toBe(0);
    expect(await shelf.listOwned({ subject: 'auth0|x', canonicalEmail: alice.email })).toHaveLength(1);
  });

  it('loses the mails that went to their address about somebody else’s order, who keeps everything else', async () => {
    const { buy } = await startShop();
    const [alice, bob] = [aPerson(), aPerson()];
    const bought = await buy(bob);
    await stack.rows(`update fulfillment.email_messages set to_address = upper($2) where payment_id = $1`, [
      await paymentIdOf(bought.orderId),
      alice.email,
    ]);
    expect((await erase(alice.email)).output).toMatchObject({ profiles: 0, payments: 0, formerOrders: 1 });
    expect(await placesOf([alice.mark])).toEqual([]);
    expect(await shelf.listOwned({ subject: 'auth0|x', canonicalEmail: bob.email })).toHaveLength(1);
  });

  it.each([
    ['nobody@example.com', 'unknown_person'],
    ['nobody', 'unusable_email'],
  ])('is not %s: %s', async (email, code) => {
    expect(await erase(email).catch((error: unknown) => error)).toMatchObject({ code, field: 'email' });
  });
});
