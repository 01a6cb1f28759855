import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type StandInUser, startAuth0Management } from '../../../test/vendors/auth0Management.ts';
import { createAuth0Invitations, type Auth0InvitationOptions } from './adapter.ts';

let auth0: Awaited<ReturnType<typeof startAuth0Management>>;
let nowMs = Date.parse('2026-11-22T10:00:00Z');

beforeAll(async () => {
  auth0 = await startAuth0Management();
});
beforeEach(() => auth0.reset());
afterAll(() => auth0.stop());

const email = 'zoe@xn--exmple-cua.de';
const never = new AbortController().signal;

const invitations = (changes: Partial<Auth0InvitationOptions> = {}) =>
  createAuth0Invitations({
    baseUrl: auth0.url,
    clientId: auth0.client.id,
    clientSecret: auth0.client.secret,
    connection: auth0.connection,
    resultUrl: 'https://books.example/claim',
    timeoutMs: 500,
    now: () => new Date(nowMs),
    ...changes,
  });

const anAccount = (changes: Partial<StandInUser> = {}): StandInUser => ({
  user_id: 'auth0|1',
  email,
  email_verified: false,
  identities: [{ connection: auth0.connection, user_id: '1', provider: 'auth0', isSocial: false }],
  app_metadata: { fulfillment_invited: true },
  ...changes,
});

describe('an address without an account', () => {
  it('gets one that nobody can sign in to, and a page to choose its password', async () => {
    const url = await invitations().invite(email, never);
    const [user] = auth0.state.users;
    expect(user).toMatchObject({
      email,
      email_verified: false,
      app_metadata: { fulfillment_invited: true },
    });
    expect(user?.password).toMatch(/^.{43}aA1!$/);
    const [ticket] = auth0.state.tickets;
    expect(url).toBe(ticket?.url);
    expect(ticket?.request).toEqual({
      user_id: user?.user_id,
      ttl_sec: 432_000,
      mark_email_as_verified: true,
      result_url: 'https://books.example/claim',
    });
    const opening = auth0.requests.find(({ method, path }) => `${method} ${path}` === 'POST /api/v2/users');
    // Auth0 would send a mail of its own.
    expect(JSON.parse(opening?.body ?? '')).toMatchObject({ verify_email: false });
  });

  it('has a password that is another one each time', async () => {
    const all = invitations();
    await all.invite(email, never);
    await all.invite('other@example.com', never);
    const [one, two] = auth0.state.users;
    expect(one?.password).not.toBe(two?.password);
  });

  it('goes on to the sign-in of the shop’s application where that is named', async () => {
    await invitations({ applicationId: 'shop' }).invite(email, never);
    expect(auth0.state.tickets[0]?.request).toMatchObject({ client_id: 'shop' });
    expect(auth0.state.tickets[0]?.request).not.toHaveProperty('result_url');
  });

  it('is invited once, however often it is asked: the same account, another page', async () => {
    const asked = [await invitations().invite(email, never), await invitations().invite(email, never)];
    expect(auth0.state.users).toHaveLength(1);
    expect(new Set(asked).size).toBe(2);
    expect(asked).not.toContain(null);
  });

  it.each([
    ['our own other process', () => anAccount(), true],
    ['somebody else', () => anAccount({ app_metadata: {} }), false],
  ])('that %s opens at the same moment is judged as it is by then', async (_who, account, invited) => {
    auth0.state.beforeOpening = () => auth0.state.users.push(account());
    const url = await invitations().invite(email, never);
    expect(url !== null).toBe(invited);
    expect(auth0.state.users).toHaveLength(1);
  });
});

describe('an account that is more than our invitation', () => {
  it.each<[string, Partial<StandInUser>]>([
    ['was opened by somebody else, whoever that was', { app_metadata: {} }],
    [
      'carries our mark only where its owner can write',
      { app_metadata: {}, ...{ user_metadata: { fulfillment_invited: true } } },
    ],
    ['has a mark that is not ours', { app_metadata: { fulfillment_invited: 'true' } }],
    ['has a verified address', { email_verified: true }],
    ['was signed in to', { logins_count: 1 }],
    ['is blocked', { blocked: true }],
    [
      'is a social one',
      {
        identities: [
          { connection: 'google-oauth2', user_id: '1', provider: 'google-oauth2', isSocial: true },
        ],
      },
    ],
    [
      'has a second identity linked to it',
      {
        identities: [
          {
            connection: 'Username-Password-Authentication',
            user_id: '1',
            provider: 'auth0',
            isSocial: false,
          },
          { connection: 'google-oauth2', user_id: '2', provider: 'google-oauth2', isSocial: true },
        ],
      },
    ],
  ])('%s: no page', async (_what, changes) => {
    auth0.state.users.push(anAccount(changes));
    expect(await invitations().invite(email, never)).toBeNull();
    expect(auth0.state.tickets).toEqual([]);
  });

  it('is one of two with that address: no page', async () => {
    auth0.state.users.push(anAccount(), anAccount({ user_id: 'google-oauth2|2' }));
    expect(await invitations().invite(email, never)).toBeNull();
  });
});

describe('the token', () => {
  const tokens = () => auth0.requests.filter(({ path }) => path === '/oauth/token').length;

  it('is asked for once, and again shortly before its end', async () => {
    const all = invitations();
    await Promise.all([all.invite(email, never), all.invite('other@example.com', never)]);
    expect(tokens()).toBe(1);
    nowMs += (86_400 - 61) * 1000;
    await all.invite(email, never);
    expect(tokens()).toBe(1);
    nowMs += 2_000;
    await all.invite(email, never);
    expect(tokens()).toBe(2);
  });

  it('is asked for anew when it is taken back', async () => {
    const all = invitations();
    await all.invite(email, never);
    auth0.revokeTokens();
    expect(await all.invite(email, never)).not.toBeNull();
    expect(tokens()).toBe(2);
  });

  it('is asked for anew after it could not be had', async () => {
    const all = invitations();
    auth0.script({ mode: 'reset' });
    await expect(all.invite(email, never)).rejects.toMatchObject({ kind: 'transient' });
    expect(await all.invite(email, never)).not.toBeNull();
  });

  it('tells its scopes', async () => {
    auth0.state.scope = 'read:users create:users';
    expect(await invitations().scopes(never)).toEqual(['read:users', 'create:users']);
  });
});

describe('trouble', () => {
  it.each([
    ['no answer', { mode: 'hang' }, { kind: 'transient', reason: 'auth0_unreachable' }],
    ['a broken connection', { mode: 'reset' }, { kind: 'transient', reason: 'auth0_unreachable' }],
    ['half an answer', { mode: 'stall' }, { kind: 'transient', reason: 'auth0_unreachable' }],
    ['a redirect', { mode: 'redirect', to: 'https://evil.example/' }, { reason: 'auth0_unreachable' }],
    ['an answer without end', { mode: 'huge', sizeBytes: 2 ** 21 }, { reason: 'auth0_unreachable' }],
    ['a page of HTML', { mode: 'answer', status: 200, text: '<p>' }, { reason: 'auth0_answer_unusable' }],
    ['500', { mode: 'answer', status: 500 }, { kind: 'transient', reason: 'auth0_unavailable' }],
    [
      '429',
      { mode: 'answer', status: 429, headers: { 'retry-after': '3' } },
      { kind: 'rate_limited', retryAfterMs: 3_000 },
    ],
    ['400', { mode: 'answer', status: 400 }, { kind: 'permanent', reason: 'auth0_rejected' }],
    ['403', { mode: 'answer', status: 403 }, { kind: 'permanent', reason: 'auth0_refused' }],
  ] as const)('%s is a fault of its kind', async (_what, behaviour, fault) => {
    const all = invitations();
    await all.scopes(never);
    auth0.script(behaviour);
    await expect(all.invite(email, never)).rejects.toMatchObject({
      name: 'Fault',
      provider: 'auth0',
      ...fault,
    });
  });

  it.each([
    ['a wrong secret', () => invitations({ clientSecret: 'old' }), 'auth0_refused'],
    [
      'a scope that is missing',
      () => ((auth0.state.scope = 'read:users create:users'), invitations()),
      'auth0_refused',
    ],
    ['a connection that does not exist', () => invitations({ connection: 'none' }), 'auth0_rejected'],
  ])('%s is permanent, and says nothing of address or secret', async (_what, given, reason) => {
    const thrown: unknown = await given()
      .invite(email, never)
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({ kind: 'permanent', reason });
    expect(String(thrown)).not.toMatch(/zoe|old|machine secret/);
  });

  it('of an address that is not secure stops at the start', () => {
    expect(() => invitations({ baseUrl: 'http://books.eu.auth0.com' })).toThrow('must use https');
  });
});
