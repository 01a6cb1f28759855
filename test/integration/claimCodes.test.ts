import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TelemetryEvent } from '../../src/ports/telemetry.ts';
import { createAskClaimCode, createConfirmClaimCode } from '../../src/shelf/claimByCode.ts';
import { createClaimShelf } from '../../src/shelf/claimShelf.ts';
import { createShelfStore } from '../../src/store/shelf/shelfStore.ts';
import { readMail } from '../builders/buyersStack.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../builders/fulfilStack.ts';
import { createMemoryMailer } from '../fakes/memoryMailer.ts';
import { buyer } from '../fakes/memoryPayments.ts';

let stack: FulfilStack;
let store: ReturnType<typeof createShelfStore>;
const told: TelemetryEvent[] = [];
const telemetry = { emit: (event: TelemetryEvent) => told.push(event) };

beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('book-1', 'price_1'));
  store = createShelfStore(stack.poolAs('fulfillment_shelf', 4));
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const signedIn = (subject = `auth0|${randomUUID()}`) => ({ subject, email: null, emailVerified: false });

/** Somebody who has bought as a guest, and what is mailed from then on. */
async function aGuest(email = `guest-${randomUUID().slice(0, 8)}@example.com`) {
  const mailer = createMemoryMailer();
  const shop = stack.startFulfilling({ claims: true, settling: true, mailer });
  const buyAgain = async () => {
    const bought = await shop.buy({ checkout: { buyer: { ...buyer, email } } });
    await stack.untilOver(bought.jobId);
    return bought;
  };
  const bought = await buyAgain();
  mailer.taken.length = 0;
  const ask = createAskClaimCode({ store, telemetry, onWork: () => shop.worker.wake() });

  /** Asks, and waits for the mail. */
  async function codeFor(identity: ReturnType<typeof signedIn>, typedEmail = email) {
    const before = await jobsOf();
    expect(await ask(identity, typedEmail)).toEqual({ outcome: 'asked' });
    const job = (await jobsOf()).find((id) => !before.includes(id));
    if (!job) return undefined;
    await stack.untilState(job, 'completed');
    const mail = await readMail(mailer.taken.at(-1));
    return /^ {3}([0-9A-Z]{8})$/m.exec(mail.text)?.[1];
  }
  const jobsOf = async () =>
    (
      await stack.rows<{ id: string }>(
        `select id from fulfillment.fulfillment_jobs where kind = 'claim_invitation' order by id`,
      )
    ).map(({ id }) => id);
  return { ...bought, email, mailer, ask, codeFor, buyAgain, shop };
}

const confirm = (identity: ReturnType<typeof signedIn>, email: string, code = '') =>
  createConfirmClaimCode({ store, codes: stack.claimCodes, telemetry })(identity, { email, code });

const ownerOf = async (email: string) =>
  (
    await stack.rows<{ subject: string | null }>(
      'select subject from fulfillment.profiles where canonical_email = $1',
      [email],
    )
  )[0]?.subject;

const invitationsOf = async (orderId: string) =>
  (
    await stack.rows<{ id: string }>(
      `select j.id from fulfillment.fulfillment_jobs j join fulfillment.payments p on p.id = j.payment_id
        where j.kind = 'claim_invitation' and p.order_id = $1 order by j.id`,
      [orderId],
    )
  ).map(({ id }) => id);

const later = (interval: string) =>
  stack.rows(
    `update fulfillment.claim_codes set asked_at = asked_at - $1::interval, expires_at = expires_at - $1::interval`,
    [interval],
  );

describe('a code by which a guest’s books are claimed', () => {
  it('is mailed to the guest, and gives the books to whoever types it', async () => {
    const guest = await aGuest();
    const me = signedIn();
    const code = await guest.codeFor(me);
    const mail = await readMail(guest.mailer.taken.at(-1));
    expect(mail).toMatchObject({ to: guest.email, links: [], attachments: [] });
    expect(mail.subject).not.toContain(code);
    expect(await confirm(me, guest.email.toUpperCase(), code?.toLowerCase())).toEqual({
      kind: 'claimed',
      ebooks: 1,
    });
    expect(await ownerOf(guest.email)).toBe(me.subject);
    expect(told).toContainEqual(
      expect.objectContaining({ name: 'entitlement.claim_initiated', way: 'mail_code' }),
    );
    expect(told).toContainEqual(expect.objectContaining({ name: 'entitlement.claim_success', ebooks: 1 }));
    const [claim] = await stack.rows(
      `select way, outcome from fulfillment.profile_claims where subject = $1`,
      [me.subject],
    );
    expect(claim).toEqual({ way: 'mail_code', outcome: 'claimed' });
  });

  it('works once', async () => {
    const guest = await aGuest();
    const me = signedIn();
    const code = await guest.codeFor(me);
    const answers = await Promise.all([1, 2, 3, 4].map(() => confirm(me, guest.email, code)));
    expect(answers.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind !== 'claimed').map(({ kind }) => kind)).toEqual(
      Array<string>(3).fill('code_not_valid'),
    );
    expect(await confirm(me, guest.email, code)).toMatchObject({ kind: 'code_not_valid' });
  });

  it('is of no use to another sign-in, nor for another guest’s books', async () => {
    const [guest, other] = [await aGuest(), await aGuest()];
    const [me, thief] = [signedIn(), signedIn()];
    const code = await guest.codeFor(me);
    expect(await confirm(thief, guest.email, code)).toMatchObject({ kind: 'code_not_valid' });
    expect(await confirm(me, other.email, code)).toMatchObject({ kind: 'code_not_valid' });
    expect(await ownerOf(guest.email)).toBeNull();
    expect(await confirm(me, guest.email, code)).toMatchObject({ kind: 'claimed' });
  });

  it('is over after fifteen minutes, after five tries, and when a newer one was asked for', async () => {
    const guest = await aGuest();
    const me = signedIn();
    const first = await guest.codeFor(me);
    const second = await guest.codeFor(me);
    expect(await confirm(me, guest.email, first)).toMatchObject({ kind: 'code_not_valid' });
    for (let wrong = 0; wrong < 4; wrong += 1) await confirm(me, guest.email, 'WRONG000');
    expect(await confirm(me, guest.email, second)).toMatchObject({ kind: 'code_not_valid' });
    const third = await guest.codeFor(me);
    await later('15 minutes');
    expect(await confirm(me, guest.email, third)).toMatchObject({ kind: 'code_not_valid' });
    expect(await ownerOf(guest.email)).toBeNull();
  });

  it('can be typed right the fifth time, and guesses side by side are counted', async () => {
    const guest = await aGuest();
    const me = signedIn();
    const code = await guest.codeFor(me);
    await Promise.all([1, 2, 3, 4].map(() => confirm(me, guest.email, 'WRONG000')));
    expect(await confirm(me, guest.email, code)).toMatchObject({ kind: 'claimed' });
  });

  it('tells nobody who has bought: the same answer, and the same rows, for whatever address', async () => {
    const guest = await aGuest();
    const me = signedIn();
    const asked = [guest.email, 'nobody@example.com', 'nobody@exämple.de'];
    for (const email of asked) expect(await guest.ask(me, email)).toEqual({ outcome: 'asked' });
    const rows = await stack.rows<{ known: boolean }>(
      'select profile_id is not null as known from fulfillment.claim_codes where subject = $1 order by id',
      [me.subject],
    );
    expect(rows.map(({ known }) => known)).toEqual([true, false, false]);
    expect(await guest.ask(me, 'not an address')).toEqual({ outcome: 'email_malformed' });
  });

  it('goes out three times in a day for one guest, whoever asks, and five times in an hour for one sign-in', async () => {
    const guest = await aGuest();
    const codes = [];
    for (let n = 0; n < 4; n += 1) codes.push(await guest.codeFor(signedIn()));
    expect(codes.map((code) => code !== undefined)).toEqual([true, true, true, false]);
    await later('24 hours');
    expect(await guest.codeFor(signedIn())).toMatch(/^[0-9A-Z]{8}$/);

    const me = signedIn();
    for (let n = 0; n < 5; n += 1)
      expect(await guest.ask(me, `nobody-${n}@example.com`)).toEqual({ outcome: 'asked' });
    expect(await guest.ask(me, guest.email)).toMatchObject({
      outcome: 'too_many',
      againAt: expect.any(Date) as Date,
    });
    await later('1 hour');
    expect(await guest.ask(me, guest.email)).toEqual({ outcome: 'asked' });
  });

  it('is not mailed any more when its time is over or the books are claimed', async () => {
    const guest = await aGuest();
    await stack.stopWorkers();
    const [me, other] = [signedIn(), signedIn()];
    await guest.ask(me, guest.email);
    await later('16 minutes');
    const [outdated] = await invitationsOf(guest.orderId);
    const worker = stack.startFulfilling({ claims: true, mailer: guest.mailer });
    worker.worker.wake();
    await stack.untilState(outdated ?? '', 'completed');
    await stack.stopWorkers();
    await guest.ask(other, guest.email);
    await createClaimShelf({ store, telemetry })({ ...signedIn(), email: guest.email, emailVerified: true });
    stack.startFulfilling({ claims: true, mailer: guest.mailer }).worker.wake();
    const over = [];
    for (const id of await invitationsOf(guest.orderId))
      over.push(
        ...Object.values((await stack.untilState(id, 'completed')).effects).map(({ evidence }) => evidence),
      );
    expect(over).toEqual([{ skipped: 'code_over' }, { skipped: 'claimed' }]);
    expect(guest.mailer.taken).toEqual([]);
  });

  it('is not asked for by whoever owns the books, or others', async () => {
    const guest = await aGuest();
    const me = signedIn();
    await confirm(me, guest.email, await guest.codeFor(me));
    expect(await guest.ask(me, guest.email)).toEqual({ outcome: 'already_yours' });
    expect(await guest.ask(me, 'somebody-else@example.com')).toEqual({ outcome: 'other_profile_linked' });
    // The books are somebody's: whoever asks now waits for a mail that does not come.
    expect(await guest.codeFor(signedIn())).toBeUndefined();
  });

  it('that waits while somebody claims by the address itself is refused by its answer', async () => {
    const guest = await aGuest();
    const [byCode, byAddress] = [signedIn(), signedIn()];
    const code = await guest.codeFor(byCode);
    const both = await Promise.all([
      confirm(byCode, guest.email, code),
      createClaimShelf({ store, telemetry })({ ...byAddress, email: guest.email, emailVerified: true }),
    ]);
    const kinds = both.map(({ kind }) => kind).toSorted();
    expect(kinds).toEqual(['claimed', 'claimed_by_another']);
  });
});
