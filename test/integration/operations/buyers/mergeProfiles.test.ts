import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createMergeProfiles } from '../../../../src/operations/buyers/mergeProfiles.ts';
import { Refusal } from '../../../../src/operations/frame/refusal.ts';
import { shelfMergedPlan } from '../../../../src/steps/claimMails.ts';
import { profileControl } from '../../../../src/store/operations/buyers/profileControl.ts';
import { jobControl } from '../../../../src/store/operations/jobControl.ts';
import { createShelfStore } from '../../../../src/store/shelf/shelfStore.ts';
import { inTransaction } from '../../../../src/store/transaction.ts';
import { readMail } from '../../../builders/buyersStack.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../../../builders/fulfilStack.ts';
import { callerOf } from '../../../builders/operationsStack.ts';
import { createMemoryMailer } from '../../../fakes/memoryMailer.ts';
import { buyer } from '../../../fakes/memoryPayments.ts';

let stack: FulfilStack;
let shelf: ReturnType<typeof createShelfStore>;
const merging = createMergeProfiles({ jobs: jobControl, profiles: profileControl, plan: shelfMergedPlan });

beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('book-1', 'price_1'));
  shelf = createShelfStore(stack.poolAs('fulfillment_shelf', 4));
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const facts = ['order_id', 'card_last4'] as const;

function start() {
  const mailer = createMemoryMailer();
  const shop = stack.startFulfilling({ claims: true, mailer });

  async function buy(email: string) {
    const bought = await shop.buy({ checkout: { buyer: { ...buyer, email } } });
    await stack.untilState(bought.jobId, 'completed');
    return { ...bought, email };
  }
  const aGuest = () => buy(`guest-${randomUUID().slice(0, 8)}@example.com`);
  return { mailer, shop, buy, aGuest };
}

interface Bought {
  jobId: string;
  orderId: string;
}

async function merge(from: Bought, into: { orderId: string }, more: object = {}) {
  const { events } = await stack.see(from.jobId);
  const by = {
    caller: callerOf('ops_admin'),
    actor: 'staff:auth0|anna',
    reason: 'asked for',
    requestId: randomUUID(),
  };
  const input = {
    jobId: from.jobId,
    version: events.at(-1)?.seq ?? 0,
    intoOrderId: into.orderId,
    facts: [...facts],
    ...more,
  };
  return inTransaction(stack.poolAs('fulfillment_operations', 2), (tx) => merging.change(tx, input, by));
}

async function refusalOf(merged: Promise<unknown>): Promise<Refusal> {
  return merged.then(
    () => {
      throw new Error('It was not refused.');
    },
    (error: unknown) => {
      if (error instanceof Refusal) return error;
      throw error;
    },
  );
}

const shelfOf = async (subject: string, canonicalEmail: string | null = null) =>
  (await shelf.listOwned({ subject, canonicalEmail }))
    .map(({ orderId, state }) => `${orderId} ${state}`)
    .toSorted();

const subject = () => `auth0|${randomUUID()}`;
const claim = (me: string, canonicalEmail: string) => shelf.claim({ subject: me, canonicalEmail });

describe('two shelves of one buyer', () => {
  it('become one, with nothing lost, nothing doubled, and both addresses told', async () => {
    const { mailer, buy, aGuest } = start();
    const [old, mine] = [await aGuest(), await aGuest()];
    const older = await buy(old.email);
    const me = subject();
    await claim(me, mine.email);
    mailer.taken.length = 0;
    const { output, details } = await merge(old, mine);
    expect(output.moved).toBe(2);
    expect(JSON.stringify(details)).not.toContain('@');
    for (const id of output.mailJobIds) await stack.untilState(id, 'completed');
    const mails = await Promise.all(mailer.taken.map((mail) => readMail(mail)));
    expect(mails.map(({ to }) => to).toSorted()).toEqual([mine.email, old.email].toSorted());
    for (const { text, to, links } of mails) {
      expect(links).toEqual([]);
      for (const address of [mine.email, old.email]) if (address !== to) expect(text).not.toContain(address);
    }
    expect(await shelfOf(me)).toEqual(
      [old, older, mine].map(({ orderId }) => `${orderId} active`).toSorted(),
    );
    const [row] = await stack.rows(
      'select facts, moved, actor, given_up_subject from fulfillment.profile_merges where id = $1',
      [output.mergeId],
    );
    expect(row).toEqual({ facts: [...facts], moved: 2, actor: 'staff:auth0|anna', given_up_subject: null });
  });

  it('stay one: what is bought with the old address later is on it, and claims with it are of it', async () => {
    const { buy, aGuest } = start();
    const [old, mine] = [await aGuest(), await aGuest()];
    await merge(old, mine);
    const later = await buy(old.email);
    expect(await shelfOf('auth0|nobody', old.email)).toHaveLength(3);
    const me = subject();
    expect(await claim(me, old.email)).toMatchObject({ outcome: 'claimed', ebooks: 3 });
    expect(await claim(subject(), mine.email)).toMatchObject({ outcome: 'claimed_by_another' });
    expect(await shelfOf(me)).toContain(`${later.orderId} active`);
    const code = await shelf.askClaimCode({ subject: me, canonicalEmail: old.email });
    expect(code).toEqual({ outcome: 'already_yours' });
  });

  it('may be of a chain of addresses', async () => {
    const { buy, aGuest } = start();
    const [first, second, third] = [await aGuest(), await aGuest(), await aGuest()];
    await merge(first, second);
    await merge(second, third);
    await buy(first.email);
    expect(await shelfOf('auth0|nobody', third.email)).toHaveLength(4);
    expect(await shelfOf('auth0|nobody', first.email)).toHaveLength(4);
    expect(await refusalOf(merge(first, third))).toMatchObject({ code: 'same_shelf' });
  });

  it('are the sign-in’s that had claimed the one that was given up, where the other was nobody’s', async () => {
    const { aGuest } = start();
    const [old, mine] = [await aGuest(), await aGuest()];
    const me = subject();
    await claim(me, old.email);
    await merge(old, mine);
    expect(await shelfOf(me)).toHaveLength(2);
  });

  it('of two sign-ins are put together only where one is given up by name', async () => {
    const { aGuest } = start();
    const [old, mine] = [await aGuest(), await aGuest()];
    const [me, former] = [subject(), subject()];
    await claim(me, mine.email);
    await claim(former, old.email);
    expect(await refusalOf(merge(old, mine))).toMatchObject({
      code: 'both_claimed',
      field: 'giveUpSignIn',
    });
    expect(await shelfOf(former)).toHaveLength(1);
    await merge(old, mine, { giveUpSignIn: true });
    expect([await shelfOf(former), await shelfOf(me)].map(({ length }) => length)).toEqual([0, 2]);
  });

  it.each([
    ['one fact named twice', { facts: ['order_id', 'order_id'] }, 'same_fact_twice'],
    ['an order that there is not', { intoOrderId: 'NOPE' }, 'not_on_a_shelf'],
  ])('are not put together for %s', async (_what, more, code) => {
    const { aGuest } = start();
    const [old, mine] = [await aGuest(), await aGuest()];
    expect(await refusalOf(merge(old, mine, more))).toMatchObject({ code });
  });

  it('are put together while the buyer buys: nothing stays behind', async () => {
    const { shop, aGuest } = start();
    for (let round = 0; round < 3; round += 1) {
      const [old, mine] = [await aGuest(), await aGuest()];
      const buying = Array.from({ length: 4 }, () =>
        shop.buy({ checkout: { buyer: { ...buyer, email: old.email } } }),
      );
      // A worker that holds one of the locks goes first: then whoever asked is told to ask again.
      for (let over = false; !over;)
        over = await merge(old, mine).then(
          () => true,
          (error: unknown) => {
            if (error instanceof Refusal || (error as { code?: string }).code === '40P01') return false;
            throw error;
          },
        );
      for (const { jobId } of await Promise.all(buying)) await stack.untilState(jobId, 'completed');
      expect(await shelfOf('auth0|nobody', mine.email)).toHaveLength(6);
    }
  });
});
