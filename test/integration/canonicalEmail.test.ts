import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseEmailAddress } from '../../src/domain/emailAddress.ts';
import { openTestPools, type TestPools } from '../builders/testPools.ts';

let pools: TestPools;
beforeAll(async () => {
  pools = await openTestPools();
});
afterAll(() => pools.stop());

/** What the views take for the buyer's address, of a token that says so. */
async function inViews(email: unknown, verified: unknown = true): Promise<string | null> {
  const claims = JSON.stringify({ sub: 'auth0|1', email, email_verified: verified });
  const [row] = await pools.rows<{ email: string | null }>(
    `select fulfillment.current_buyer_email() as email
       from (select set_config('request.jwt.claims', $1, false)) set where set is not null`,
    [claims],
  );
  return row?.email ?? null;
}

const letters = Array.from(
  'abkKzZ09._%+-=?!@ "\\\'(),:;<>[]\u212A\u0130\u0131\u00DF\u0142\u0301\u200B\u3002\uFF0E\uFF20',
);
const drawn = fc.oneof(
  fc.emailAddress(),
  fc.emailAddress().map((address) => address.toUpperCase()),
  fc.emailAddress().map((address) => ` ${address} `),
  fc
    .tuple(
      fc.array(fc.constantFrom(...letters), { maxLength: 8 }),
      fc.array(fc.constantFrom(...letters), { maxLength: 8 }),
      fc.constantFrom(
        'example.com',
        'EXAMPLE.Com',
        'exämple.de',
        'xn--exmple-cua.de',
        'example',
        '1.2.3.4',
        'k\u212A.com',
      ),
    )
    .map(([before, after, domain]) => `${before.join('')}kai${after.join('')}@${domain}`),
);

it('an address means the same buyer in the views as everywhere else, or nobody', async () => {
  await fc.assert(
    fc.asyncProperty(drawn, async (email) => {
      const seen = await inViews(email);
      const meant = parseEmailAddress(email)?.canonical;
      // Nobody's profile has a canonical form that parsing does not give.
      if (seen !== null && parseEmailAddress(seen)?.canonical === seen) expect(seen).toBe(meant);
    }),
    { numRuns: 400, examples: [['Kai@Example.com'], ['\u212Aai@example.com'], ['kai@exämple.de']] },
  );
});

it('an address as most people write it is seen', async () => {
  expect(await inViews('Anna.Nowak+books@Example.COM')).toBe('anna.nowak+books@example.com');
});

it.each([
  ['an address that is not verified', 'kai@example.com', false],
  ['one that is verified in words', 'kai@example.com', 'true'],
  ['one that nobody has said to be verified', 'kai@example.com', null],
  ['no address', null, true],
  ['a list', ['kai@example.com'], true],
  ['two in one', 'kai@example.com,mia@example.com', true],
  ['IDN in Unicode, which the shelf’s API knows', 'kai@exämple.de', true],
])('of %s nothing is seen', async (_what, email, verified) => {
  expect(await inViews(email, verified)).toBeNull();
});
