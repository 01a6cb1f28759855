import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuth0Invitations } from '../../src/providers/auth0Management/adapter.ts';
import { createInviteGuest } from '../../src/shelf/inviteGuest.ts';
import { createShelfStore } from '../../src/store/shelf/shelfStore.ts';
import { readMail } from '../builders/buyersStack.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../builders/fulfilStack.ts';
import { createMemoryMailer } from '../fakes/memoryMailer.ts';
import { buyer } from '../fakes/memoryPayments.ts';
import { createRecordingTelemetry } from '../fakes/recordingTelemetry.ts';
import { startAuth0Management } from '../vendors/auth0Management.ts';

let stack: FulfilStack;
beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('book-1', 'price_1'));
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A guest who bought so long ago, as the watch of reminders sees it that was last awake an hour before that was due. */
async function aGuest(more: { inviteUrl?: ReturnType<typeof createInviteGuest> } = {}) {
  const email = `guest-${randomUUID().slice(0, 8)}@example.com`;
  const mailer = createMemoryMailer();
  const settings = { claims: true, mailer, ...more };
  const shop = stack.startFulfilling(settings);
  const buyAgain = async () => {
    const bought = await shop.buy({ checkout: { buyer: { ...buyer, email } } });
    await stack.untilOver(bought.jobId);
    return bought;
  };
  await buyAgain();
  mailer.taken.length = 0;
  const [profile] = await stack.rows<{ id: string }>(
    'select id from fulfillment.profiles where canonical_email = $1',
    [email],
  );
  const profileId = profile?.id ?? '';

  /** Moves what has happened to this guest into the past. Keys tell of time, too; what hangs on them is let be. */
  const ago = (ms: number) =>
    stack.rows(
      `begin;
       set local session_replication_role = replica;
       update fulfillment.ebook_entitlements e
          set created_at = moved.at,
              id = overlay(e.id::text placing left(fulfillment.uuid_v7_floor(moved.at)::text, 13) from 1)::uuid
         from (select m.id, m.created_at - interval '${ms} ms' as at from fulfillment.ebook_entitlements m) moved
        where moved.id = e.id and e.profile_id = '${profileId}';
       update fulfillment.claim_reminders set at = at - interval '${ms} ms' where profile_id = '${profileId}';
       commit`,
    );

  const reminded = async () => {
    const found = [];
    for (let isCaughtUp = false; !isCaughtUp;) {
      const made = await stack.claims.remind();
      isCaughtUp = made.isCaughtUp;
      found.push(...made.reminded);
    }
    shop.worker.wake();
    return found.includes(profileId);
  };
  const jobs = () =>
    stack.rows<{ id: string; number: number }>(
      `select j.id, (j.order_snapshot #>> '{claim,number}')::int as number from fulfillment.fulfillment_jobs j
        where j.kind = 'claim_reminder' and j.subject_key like $1 || '/%' order by j.id`,
      [profileId],
    );
  return { email, mailer, profileId, ago, reminded, jobs, buyAgain, shop };
}

const watchedUntil = (ms: number) =>
  stack.rows(
    `update fulfillment.claim_reminder_watch set seen_until = clock_timestamp() - $1 * interval '1 ms'`,
    [ms],
  );

describe('the first reminder, where guests are invited', () => {
  const password = 'Correct-Horse-9';
  let auth0: Awaited<ReturnType<typeof startAuth0Management>>;
  beforeAll(async () => {
    auth0 = await startAuth0Management();
  });
  afterAll(() => auth0.stop());

  async function anInvitedGuest() {
    const telemetry = createRecordingTelemetry();
    const inviteUrl = createInviteGuest({
      invitations: createAuth0Invitations({
        baseUrl: auth0.url,
        clientId: auth0.client.id,
        clientSecret: auth0.client.secret,
        connection: auth0.connection,
        resultUrl: 'https://books.test/claim',
        timeoutMs: 2_000,
        now: () => new Date(),
      }),
      clock: { sleep: async () => undefined },
      telemetry,
    });
    const guest = await aGuest({ inviteUrl });
    await guest.ago(dayMs + 60_000);
    await watchedUntil(hourMs);
    expect(await guest.reminded()).toBe(true);
    const [job] = await guest.jobs();
    await stack.untilState(job?.id ?? '', 'completed');
    return { ...guest, telemetry, text: (await readMail(guest.mailer.taken[0])).text };
  }

  it('leads to the page for a password, after which the address is verified', async () => {
    const { email, text } = await anInvitedGuest();
    const ticket = auth0.state.tickets.at(-1)?.url ?? '';
    expect(text).toContain(`\n${ticket}\n`);
    expect(text).not.toContain('https://books.test/claim\n');
    auth0.choosePassword(ticket, password);
    expect(auth0.state.users.at(-1)).toMatchObject({ email, email_verified: true, password });
  });

  it('keeps that page out of every table', async () => {
    await anInvitedGuest();
    const secret = new URL(auth0.state.tickets.at(-1)?.url ?? '').searchParams.get('ticket') ?? '';
    const forms = [
      secret,
      Buffer.from(secret).toString('hex'),
      Buffer.from(secret).toString('base64').slice(0, -4),
    ];
    const tables = await stack.rows<{ name: string }>(
      `select c.oid::regclass::text as name from pg_class c
        where c.relnamespace = 'fulfillment'::regnamespace and c.relkind = 'r'`,
    );
    expect(tables.length).toBeGreaterThan(40);
    for (const { name } of tables)
      for (const form of forms)
        expect(
          await stack.rows(`select 1 from ${name} t where position($1 in to_jsonb(t)::text) > 0`, [form]),
          name,
        ).toEqual([]);
  });

  it('goes out with the page for claiming when Auth0 is down', async () => {
    auth0.otherwise(() => ({ mode: 'answer', status: 503 }));
    const { text, telemetry } = await anInvitedGuest();
    auth0.reset();
    expect(text).toContain('https://books.test/claim\n');
    expect(telemetry.of('account.not_invited')).toEqual([
      { name: 'account.not_invited', reason: 'auth0_unavailable' },
    ]);
  });
});

describe('a guest’s books that nobody claims', () => {
  it('are reminded of after a day and after a week, and never again', async () => {
    const guest = await aGuest();
    await guest.ago(23 * hourMs);
    await watchedUntil(hourMs);
    expect(await guest.reminded()).toBe(false);
    await guest.ago(hourMs + 60_000);
    await watchedUntil(hourMs);
    expect(await guest.reminded()).toBe(true);
    expect(await guest.reminded()).toBe(false);
    const [first] = await guest.jobs();
    await stack.untilState(first?.id ?? '', 'completed');
    const mail = await readMail(guest.mailer.taken[0]);
    expect(mail).toMatchObject({ to: guest.email, links: [] });
    expect(mail.text).toContain('https://books.test/claim\n');
    expect(mail.text).toMatch(/https:\/\/books\.test\/reminders\/\S{44}/);

    await guest.ago(6 * dayMs);
    await watchedUntil(hourMs);
    expect(await guest.reminded()).toBe(true);
    const [, last] = await guest.jobs();
    await stack.untilState(last?.id ?? '', 'completed');
    expect(guest.mailer.taken).toHaveLength(2);
    expect((await readMail(guest.mailer.taken[1])).text).not.toContain('/reminders/');
    await watchedUntil(7 * dayMs);
    expect(await guest.reminded()).toBe(false);
  });

  it('are found after an outage, the latest reminder alone', async () => {
    const [recent, old, tooOld] = [await aGuest(), await aGuest(), await aGuest()];
    await recent.ago(3 * dayMs);
    await old.ago(7 * dayMs + hourMs);
    await tooOld.ago(9 * dayMs);
    await watchedUntil(30 * dayMs);
    await recent.reminded();
    const numbers = async (guest: typeof recent) => (await guest.jobs()).map(({ number }) => number);
    expect([await numbers(recent), await numbers(old), await numbers(tooOld)]).toEqual([[1], [2], []]);
  });

  it.each([
    [
      'claimed',
      (profileId: string) =>
        stack.rows(
          `update fulfillment.profiles set state = 'claimed', subject = 'auth0|' || id where id = $1`,
          [profileId],
        ),
    ],
    [
      'reminders_stopped',
      (profileId: string) =>
        createShelfStore(stack.poolAs('fulfillment_shelf', 1)).stopClaimReminders(profileId),
    ],
    [
      'nothing_to_claim',
      (profileId: string) =>
        stack.rows(`update fulfillment.ebook_entitlements set state = 'revoked' where profile_id = $1`, [
          profileId,
        ]),
    ],
  ] as const)('are not reminded of any more: %s', async (reason, happens) => {
    const [before, meanwhile] = [await aGuest(), await aGuest()];
    for (const guest of [before, meanwhile]) await guest.ago(dayMs + 60_000);
    await watchedUntil(hourMs);
    await happens(before.profileId);
    await stack.stopWorkers();
    expect(await before.reminded()).toBe(false);
    const [job] = await meanwhile.jobs();
    await happens(meanwhile.profileId);
    stack.startFulfilling({ claims: true, mailer: meanwhile.mailer }).worker.wake();
    const { effects } = await stack.untilState(job?.id ?? '', 'completed');
    expect(Object.values(effects).map(({ evidence }) => evidence)).toEqual([{ skipped: reason }]);
    expect(meanwhile.mailer.taken).toEqual([]);
  });

  it('are counted from the latest purchase', async () => {
    const guest = await aGuest();
    await guest.ago(dayMs + 60_000);
    await guest.buyAgain();
    await watchedUntil(hourMs);
    expect(await guest.reminded()).toBe(false);
  });

  it('are looked for by one process at a time, and nobody is reminded twice', async () => {
    const guests = [await aGuest(), await aGuest(), await aGuest()];
    for (const guest of guests) await guest.ago(dayMs + 60_000);
    await watchedUntil(hourMs / 2);
    await Promise.all(Array.from({ length: 6 }, () => stack.claims.remind()));
    for (const guest of guests) expect(await guest.jobs()).toHaveLength(1);
  });
});
