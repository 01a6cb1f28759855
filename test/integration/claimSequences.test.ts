import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Identity } from '../../src/ports/identity.ts';
import { createAskClaimCode, createConfirmClaimCode } from '../../src/shelf/claimByCode.ts';
import { createClaimCodes } from '../../src/shelf/claimCodes.ts';
import { createClaimShelf } from '../../src/shelf/claimShelf.ts';
import { createLinkTokens } from '../../src/shelf/linkTokens.ts';
import { createListShelf } from '../../src/shelf/listShelf.ts';
import { createPool } from '../../src/store/connection.ts';
import { profileControl } from '../../src/store/operations/buyers/profileControl.ts';
import { createShelfStore } from '../../src/store/shelf/shelfStore.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { sizes } from '../acceptance/sizes.ts';
import { insertOwnedEbook } from '../builders/ownedEbook.ts';
import { openAdminPool } from '../setup/adminPool.ts';
import { createTestDatabase, urlAs, type TestDatabase } from '../setup/database.ts';
import type { Pool } from 'pg';

let database: TestDatabase;
let admin: Pool;
let pool: Pool;
let operations: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  admin = openAdminPool(database.url);
  pool = createPool({
    connectionString: urlAs(database, 'fulfillment_shelf'),
    applicationName: 'claim-sequences',
    connectionsMax: 2,
  });
  operations = createPool({
    connectionString: urlAs(database, 'fulfillment_operations'),
    applicationName: 'claim-sequences',
    connectionsMax: 1,
  });
});
afterAll(async () => {
  await pool.end();
  await operations.end();
  await admin.end();
  await database.drop();
});

/** The second is no address that a shop can write to. */
const mailboxes = ['kai', 'kąi', 'kai+shop', 'mia'] as const;
const realMailboxes = [0, 2, 3] as const;
/** How a token may write an address: the first three are the same one. */
const spellings = [
  (address: string) => address,
  (address: string) => address.toUpperCase(),
  (address: string) => ` ${address} `,
  // A Kelvin sign, a zero-width space, an accent of its own: other addresses, however they look.
  (address: string) => address.replace('k', '\u212A'),
  (address: string) => address.replace('@', '\u200B@'),
  (address: string) => address.replace('example', 'e\u0301xample'),
];
const isSame = (spelling: number) => spelling < 3;

type Action =
  | { kind: 'buy'; mailbox: number }
  | { kind: 'refund'; nth: number }
  | { kind: 'claim'; mailbox: number; subject: number; spelling: number; verified: boolean }
  | { kind: 'ask'; mailbox: number; subject: number }
  /** A code that went out before, the latest first; none: a guess. */
  | { kind: 'type'; mailbox: number; subject: number; nth: number }
  /** A quarter of an hour goes by. */
  | { kind: 'expire' }
  | { kind: 'merge'; from: number; into: number; giveUp: boolean };

const mailbox = fc.constantFrom(...realMailboxes);
const subject = fc.nat(2);
const of = <Kind extends string>(kind: Kind) => fc.constant(kind);

const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: of('buy'), mailbox: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: of('refund'), nth: fc.nat(5) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: of('claim'),
      mailbox: fc.nat(3),
      subject,
      spelling: fc.nat(spellings.length - 1),
      verified: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: of('ask'), mailbox, subject }) },
  { weight: 5, arbitrary: fc.record({ kind: of('type'), mailbox, subject, nth: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: of('expire') }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: of('merge'), from: mailbox, into: mailbox, giveUp: fc.boolean() }),
  },
);

interface SentCode {
  text: string;
  subject: number;
  /** The mailbox whose profile it is for. */
  shelf: number;
  tries: number;
  over: boolean;
}

const codes = createClaimCodes({ keys: [new Uint8Array(32).fill(3)] });
const telemetry = { emit: () => undefined };
let worlds = 0;

/** What the rule says, beside the product. Shelves are named by the mailbox they began with. */
function createWorld() {
  const world = (worlds += 1);
  const store = createShelfStore(pool);
  const claim = createClaimShelf({ store, telemetry });
  const ask = createAskClaimCode({ store, telemetry, onWork: () => undefined });
  const confirm = createConfirmClaimCode({ store, codes, telemetry });
  const list = createListShelf({
    store,
    tokens: createLinkTokens({ keys: [new Uint8Array(32)] }),
    publicBaseUrl: 'https://books.example',
  });
  const addressOf = (index: number) => `${mailboxes[index]}@shop${world}.example`;
  const identityOf = (index: number, email: string | null, emailVerified: boolean): Identity => ({
    subject: `auth0|${world}|${index}`,
    email,
    emailVerified,
  });
  /** With which mailbox each ebook was bought. */
  const bought: Array<{ id: string; mailbox: number; refunded: boolean }> = [];
  const profiles = new Map<number, string>();
  const merged = new Map<number, number>();
  const owners = new Map<number, number>();
  const sent: SentCode[] = [];
  const asked = [0, 0, 0];

  const shelfOf = (index: number) => merged.get(index) ?? index;
  const ownedBy = (index: number) => [...owners].find(([, owner]) => owner === index)?.[0];

  /** What comes of a claim whose address is proved. */
  function ruled(index: number, by: number): string {
    if (!profiles.has(index)) return 'nothing_to_claim';
    const owner = owners.get(shelfOf(index));
    if (owner !== undefined) return owner === by ? 'already_yours' : 'claimed_by_another';
    if (ownedBy(by) !== undefined) return 'other_profile_linked';
    owners.set(shelfOf(index), by);
    return 'claimed';
  }

  const acts = {
    async buy({ mailbox: index }: Extract<Action, { kind: 'buy' }>) {
      if (index === 1) return;
      // As the worker does it: with the profile that the address names.
      const shelf = shelfOf(index);
      const state = owners.has(shelf) ? 'active' : 'pending_claim';
      const ebook = await insertOwnedEbook(admin, { email: addressOf(index), state });
      profiles.set(index, ebook.profileId);
      await admin.query(
        `with moved as (
           update fulfillment.ebook_entitlements set profile_id = $2 where id = $1)
         insert into fulfillment.fulfillment_jobs (kind, payment_id, plan_id, order_snapshot, sla_deadline, state, finished_at)
         select 'fulfil', $3, fulfillment.plan_id('{"name": "fulfil", "version": 1, "steps": []}'), '{"orderId": "x"}',
                clock_timestamp(), 'completed', clock_timestamp()`,
        [ebook.entitlementId, profiles.get(shelf), ebook.paymentId],
      );
      bought.push({ id: ebook.entitlementId, mailbox: index, refunded: false });
    },

    async refund({ nth }: Extract<Action, { kind: 'refund' }>) {
      const ebook = bought[nth];
      if (!ebook) return;
      ebook.refunded = true;
      await admin.query(`update fulfillment.ebook_entitlements set state = 'revoked' where id = $1`, [
        ebook.id,
      ]);
    },

    async claim({ mailbox: index, subject: by, spelling, verified }: Extract<Action, { kind: 'claim' }>) {
      const email = spellings[spelling]?.(addressOf(index)) ?? '';
      const { kind } = await claim(identityOf(by, email, verified));
      // An address with other letters than ASCII before the @ is none that a shop can write to.
      if (!verified || index === 1 || spelling === 4) expect(kind).toBe('email_not_verified');
      else if (isSame(spelling)) expect(kind).toBe(ruled(index, by));
      // Without a k in it the spelling changes nothing.
      else if (spelling === 3 && !addressOf(index).includes('k')) expect(kind).toBe(ruled(index, by));
      else expect(['email_not_verified', 'nothing_to_claim']).toContain(kind);
    },

    async ask({ mailbox: index, subject: by }: Extract<Action, { kind: 'ask' }>) {
      const { outcome } = await ask(identityOf(by, null, false), addressOf(index).toUpperCase());
      const own = ownedBy(by);
      if (own !== undefined) {
        const isTheirs = profiles.has(index) && own === shelfOf(index);
        return expect(outcome).toBe(isTheirs ? 'already_yours' : 'other_profile_linked');
      }
      if ((asked[by] ?? 0) >= 5) return expect(outcome).toBe('too_many');
      expect(outcome).toBe('asked');
      asked[by] = (asked[by] ?? 0) + 1;
      const shelf = shelfOf(index);
      const hasBooks = bought.some((ebook) => !ebook.refunded && shelfOf(ebook.mailbox) === shelf);
      const goesOut =
        profiles.has(index) &&
        !owners.has(shelf) &&
        hasBooks &&
        sent.filter((code) => code.shelf === shelf).length < 3;
      const { rows } = await admin.query<{ id: string; profile_id: string | null }>(
        'select id, profile_id from fulfillment.claim_codes where subject = $1 order by id desc limit 1',
        [`auth0|${world}|${by}`],
      );
      expect(rows[0]?.profile_id).toBe(goesOut ? profiles.get(shelf) : null);
      if (!goesOut) return undefined;
      for (const code of sent) if (code.subject === by && code.shelf === shelf) code.over = true;
      sent.push({ text: codes.write(rows[0]?.id ?? ''), subject: by, shelf, tries: 0, over: false });
      return undefined;
    },

    async type({ mailbox: index, subject: by, nth }: Extract<Action, { kind: 'type' }>) {
      const text = sent.at(-1 - nth)?.text ?? 'WRONG000';
      const { kind } = await confirm(identityOf(by, null, false), { email: addressOf(index), code: text });
      const shelf = shelfOf(index);
      const open = sent.find(
        (code) => code.subject === by && code.shelf === shelf && !code.over && code.tries < 5,
      );
      if (open) open.tries += 1;
      if (!open || open.text !== text) return expect(kind).toBe('code_not_valid');
      open.over = true;
      return expect(kind).toBe(ruled(index, by));
    },

    async expire() {
      for (const code of sent) code.over = true;
      await admin.query(
        `update fulfillment.claim_codes set expires_at = expires_at - interval '15 minutes' where subject like $1`,
        [`auth0|${world}|%`],
      );
    },

    async merge({ from, into, giveUp }: Extract<Action, { kind: 'merge' }>) {
      const [given, taking] = [shelfOf(from), shelfOf(into)];
      const [givenId, takingId] = [profiles.get(given), profiles.get(taking)];
      if (!givenId || !takingId || given === taking) return;
      const wanted = {
        from: givenId,
        into: takingId,
        facts: ['order_id', 'card_last4'],
        giveUpSignIn: giveUp,
      };
      const { kind } = await inTransaction(operations, (tx) =>
        profileControl.merge(tx, { ...wanted, actor: 'staff:test' }),
      );
      const [loses, keeps] = [owners.get(given), owners.get(taking)];
      if (loses !== undefined && keeps !== undefined && !giveUp) return expect(kind).toBe('both_claimed');
      expect(kind).toBe('merged');
      owners.delete(given);
      const owner = keeps ?? loses;
      if (owner !== undefined) owners.set(taking, owner);
      for (const [index, target] of merged) if (target === given) merged.set(index, taking);
      return merged.set(given, taking);
    },
  };

  return {
    act: (action: Action): Promise<unknown> =>
      (acts[action.kind] as (one: Action) => Promise<unknown>)(action),

    /** Everybody looks, with every address, and sees what the rule gives them; nothing is lost or doubled. */
    async look(): Promise<void> {
      for (const index of [0, 1, 2])
        for (const box of realMailboxes) {
          const { items } = await list(identityOf(index, addressOf(box), true));
          const theirs = bought.filter((ebook) => {
            const shelf = shelfOf(ebook.mailbox);
            const owner = owners.get(shelf);
            return !ebook.refunded && (owner === undefined ? shelf === shelfOf(box) : owner === index);
          });
          expect(items.map(({ id }) => id).toSorted()).toEqual(theirs.map(({ id }) => id).toSorted());
        }
    },
  };
}

it('whatever is bought, refunded, claimed and merged in whatever order, each shelf has one owner', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(actions, { minLength: 4, maxLength: 20 }), async (sequence) => {
      const world = createWorld();
      for (const action of sequence) await world.act(action);
      await world.look();
    }),
    { numRuns: sizes.longDrills ? 1500 : 40 },
  );
}, 900_000);
