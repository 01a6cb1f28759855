import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Identity } from '../../src/ports/identity.ts';
import { createClaimShelf } from '../../src/shelf/claimShelf.ts';
import { createLinkTokens } from '../../src/shelf/linkTokens.ts';
import { createListShelf } from '../../src/shelf/listShelf.ts';
import { createPool } from '../../src/store/connection.ts';
import { createShelfStore } from '../../src/store/shelf/shelfStore.ts';
import { sizes } from '../acceptance/sizes.ts';
import { insertOwnedEbook } from '../builders/ownedEbook.ts';
import { openAdminPool } from '../setup/adminPool.ts';
import { createTestDatabase, urlAs, type TestDatabase } from '../setup/database.ts';
import type { Pool } from 'pg';

let database: TestDatabase;
let admin: Pool;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  admin = openAdminPool(database.url);
  pool = createPool({
    connectionString: urlAs(database, 'fulfillment_shelf'),
    applicationName: 'claim-sequences',
    connectionsMax: 2,
  });
});
afterAll(async () => {
  await pool.end();
  await admin.end();
  await database.drop();
});

const mailboxes = ['kai', 'kąi', 'kai+shop'] as const;
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

type Action =
  | { kind: 'buy'; mailbox: number }
  | { kind: 'refund'; nth: number }
  | { kind: 'claim'; mailbox: number; subject: number; spelling: number; verified: boolean };

const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('buy' as const), mailbox: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('refund' as const), nth: fc.nat(5) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      mailbox: fc.nat(2),
      subject: fc.nat(2),
      spelling: fc.nat(spellings.length - 1),
      verified: fc.boolean(),
    }),
  },
);

let worlds = 0;

/** What the rule says, beside the product. */
function createWorld() {
  const world = (worlds += 1);
  const store = createShelfStore(pool);
  const claim = createClaimShelf({ store, telemetry: { emit: () => undefined } });
  const list = createListShelf({
    store,
    tokens: createLinkTokens({ keys: [new Uint8Array(32)] }),
    publicBaseUrl: 'https://books.example',
  });
  const addressOf = (mailbox: number) => `${mailboxes[mailbox]}@shop${world}.example`;
  const identityOf = (subject: number, email: string, emailVerified: boolean): Identity => ({
    subject: `auth0|${world}|${subject}`,
    email,
    emailVerified,
  });
  /** Which mailbox each ebook was bought with, and who has claimed a mailbox. */
  const bought: Array<{ id: string; mailbox: number; refunded: boolean }> = [];
  const owners = new Map<number, number>();
  const isSame = (spelling: number) => spelling < 3;

  const expected = ({ mailbox, subject, spelling, verified }: Extract<Action, { kind: 'claim' }>) => {
    // An address with other letters than ASCII before the @ is none that a shop can write to.
    if (!verified || mailbox === 1 || spelling === 4) return 'email_not_verified';
    if (!isSame(spelling)) return undefined;
    if (!bought.some((ebook) => ebook.mailbox === mailbox)) return 'nothing_to_claim';
    const owner = owners.get(mailbox);
    if (owner !== undefined) return owner === subject ? 'already_yours' : 'claimed_by_another';
    return [...owners.values()].includes(subject) ? 'other_profile_linked' : 'claimed';
  };

  return {
    async act(action: Action): Promise<void> {
      if (action.kind === 'buy') {
        // Nobody can buy with what is no address.
        if (action.mailbox === 1) return;
        const state = owners.has(action.mailbox) ? 'active' : 'pending_claim';
        const ebook = await insertOwnedEbook(admin, { email: addressOf(action.mailbox), state });
        bought.push({ id: ebook.entitlementId, mailbox: action.mailbox, refunded: false });
        return;
      }
      if (action.kind === 'refund') {
        const ebook = bought[action.nth];
        if (!ebook) return;
        ebook.refunded = true;
        await admin.query(`update fulfillment.ebook_entitlements set state = 'revoked' where id = $1`, [
          ebook.id,
        ]);
        return;
      }
      const { mailbox, subject, spelling, verified } = action;
      const email = spellings[spelling]?.(addressOf(mailbox)) ?? '';
      const { kind } = await claim(identityOf(subject, email, verified));
      const rule = expected(action);
      if (rule === undefined) expect(['email_not_verified', 'nothing_to_claim']).toContain(kind);
      else expect(kind).toBe(rule);
      if (kind === 'claimed') owners.set(mailbox, subject);
    },

    /** Everybody looks, with every address, and sees what the rule gives them. */
    async look(): Promise<void> {
      for (const subject of [0, 1, 2])
        for (const mailbox of [0, 2]) {
          const { items } = await list(identityOf(subject, addressOf(mailbox), true));
          const theirs = bought.filter((ebook) => {
            const owner = owners.get(ebook.mailbox);
            return !ebook.refunded && (owner === undefined ? ebook.mailbox === mailbox : owner === subject);
          });
          expect(items.map(({ id }) => id).toSorted()).toEqual(theirs.map(({ id }) => id).toSorted());
        }
    },
  };
}

it('whatever is bought, refunded and claimed in whatever order, each shelf has one owner', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(actions, { minLength: 3, maxLength: 14 }), async (sequence) => {
      const world = createWorld();
      for (const action of sequence) await world.act(action);
      await world.look();
    }),
    { numRuns: sizes.longDrills ? 600 : 25 },
  );
}, 600_000);
