import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Identity } from '../../src/ports/identity.ts';
import { bearerOf, startShelfStack, type ShelfStack } from '../builders/shelfStack.ts';

let stack: ShelfStack;
beforeAll(async () => {
  stack = await startShelfStack();
});
afterAll(() => stack.stop());

const verified = (email: string, subject: string): Identity => ({ subject, email, emailVerified: true });

async function claim(identity: Identity) {
  const answer = await stack.server.inject({
    method: 'POST',
    url: '/v1/shelf/claim',
    headers: bearerOf(identity),
  });
  const body = answer.json<{ outcome?: string; ebooks?: number; code?: string; remedy?: string }>();
  return {
    status: answer.statusCode,
    told: body.outcome ?? body.code,
    ebooks: body.ebooks,
    remedy: body.remedy,
  };
}

async function shelfOf(identity: Identity) {
  const answer = await stack.server.inject({ method: 'GET', url: '/v1/shelf', headers: bearerOf(identity) });
  const { items, notice } = answer.json<{ items: Array<{ id: string; claim?: string }>; notice?: string }>();
  return { ids: items.map(({ id }) => id), claims: items.map((item) => item.claim), notice };
}

const statesOf = async (profileId: string) =>
  (
    await stack.admin.query<{ state: string }>(
      'select state from fulfillment.ebook_entitlements where profile_id = $1 order by id',
      [profileId],
    )
  ).rows.map(({ state }) => state);

const claimsOf = async (profileId: string) =>
  (
    await stack.admin.query<{ subject: string; outcome: string }>(
      'select subject, outcome from fulfillment.profile_claims where profile_id = $1 order by id',
      [profileId],
    )
  ).rows;

let count = 0;
const somebody = () => `auth0|${(count += 1)}`;

describe('a claim by a verified address', () => {
  it('makes what a guest bought the account’s, and says the same again', async () => {
    const ebook = await stack.givenEbook({ state: 'pending_claim' });
    const owner = verified(ebook.email.toUpperCase(), somebody());
    expect((await shelfOf(owner)).claims).toEqual(['pending']);
    expect(await claim(owner)).toMatchObject({ status: 200, told: 'claimed', ebooks: 1 });
    expect(await claim(owner)).toMatchObject({ status: 200, told: 'already_yours', ebooks: 1 });
    expect(await shelfOf(owner)).toEqual({ ids: [ebook.entitlementId], claims: [undefined] });
    expect(await claimsOf(ebook.profileId)).toEqual([{ subject: owner.subject, outcome: 'claimed' }]);
    expect(stack.told).toContainEqual({
      name: 'entitlement.claim_success',
      profileId: ebook.profileId,
      ebooks: 1,
    });
    const { rows } = await stack.admin.query<{ reason: string; to_state: string }>(
      'select reason, to_state from fulfillment.ebook_entitlement_changes where entitlement_id = $1 order by id desc',
      [ebook.entitlementId],
    );
    expect(rows[0]).toEqual({ reason: 'claim', to_state: 'active' });
  });

  it('goes on with the account when its address changes', async () => {
    const ebook = await stack.givenEbook({ state: 'pending_claim' });
    const owner = verified(ebook.email, somebody());
    await claim(owner);
    const moved = { ...owner, email: 'elsewhere@example.com', emailVerified: false };
    expect((await shelfOf(moved)).ids).toEqual([ebook.entitlementId]);
  });

  it('leaves as it is what is being prepared, and what was taken back', async () => {
    const email = `states-${somebody().slice(6)}@example.com`;
    const { profileId } = await stack.givenEbook({ email, state: 'processing' });
    await stack.givenEbook({ email, state: 'revoked' });
    await stack.givenEbook({ email, state: 'pending_claim' });
    expect(await claim(verified(email, somebody()))).toMatchObject({ told: 'claimed', ebooks: 2 });
    expect(await statesOf(profileId)).toEqual(['processing', 'revoked', 'active']);
  });

  it('is refused to a second one, who sees nothing from then on and is told why', async () => {
    const ebook = await stack.givenEbook({ state: 'pending_claim' });
    const [first, second] = [somebody(), somebody()].map((subject) => verified(ebook.email, subject));
    if (!first || !second) throw new Error('There are two.');
    expect((await shelfOf(second)).ids).toEqual([ebook.entitlementId]);
    await claim(first);
    expect(await claim(second)).toMatchObject({
      status: 409,
      told: 'claimed_by_another_sign_in',
      remedy: 'Sign in the way you did then, or ask support.',
    });
    expect(await shelfOf(second)).toEqual({ ids: [], claims: [], notice: 'claimed_by_another_sign_in' });
    const minted = await stack.server.inject({
      method: 'POST',
      url: `/v1/shelf/${ebook.entitlementId}/download`,
      headers: bearerOf(second),
      payload: { format: 'pdf' },
    });
    expect(minted.statusCode).toBe(404);
    expect(await claimsOf(ebook.profileId)).toEqual([
      { subject: first.subject, outcome: 'claimed' },
      { subject: second.subject, outcome: 'claimed_by_another' },
    ]);
  });

  it('by many at once has one owner', async () => {
    const ebook = await stack.givenEbook({ state: 'pending_claim' });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => claim(verified(ebook.email, somebody()))),
    );
    expect(answers.map(({ told }) => told ?? '').toSorted()).toEqual(
      ['claimed', ...Array<string>(7).fill('claimed_by_another_sign_in')].toSorted(),
    );
  });

  it('gives one account one profile, also when two are claimed at once', async () => {
    const [one, other] = [
      await stack.givenEbook({ state: 'pending_claim' }),
      await stack.givenEbook({ state: 'pending_claim' }),
    ];
    const subject = somebody();
    const answers = await Promise.all([one, other].map(({ email }) => claim(verified(email, subject))));
    expect(answers.map(({ told }) => told ?? '').toSorted()).toEqual(['claimed', 'other_profile_linked']);
    const states = [await statesOf(one.profileId), await statesOf(other.profileId)].flat();
    expect(states.toSorted()).toEqual(['active', 'pending_claim']);
  });

  it.each([
    ['an address that is not verified', { emailVerified: false }],
    ['no address', { email: null }],
    ['what is no address', { email: 'owner' }],
  ])('is refused for %s', async (_what, change) => {
    const ebook = await stack.givenEbook({ state: 'pending_claim' });
    expect(await claim({ ...verified(ebook.email, somebody()), ...change })).toMatchObject({
      status: 403,
      told: 'email_not_verified',
    });
    expect(await statesOf(ebook.profileId)).toEqual(['pending_claim']);
  });

  it('finds nothing for whoever has bought nothing', async () => {
    expect(await claim(verified('nobody-at-all@example.com', somebody()))).toEqual({
      status: 200,
      told: 'nothing_to_claim',
      ebooks: 0,
    });
  });
});
