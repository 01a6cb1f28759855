import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opsOrigin, staffAudience, startStaffStack, type StaffStack } from '../../builders/staffStack.ts';

let stack: StaffStack;
beforeAll(async () => {
  stack = await startStaffStack();
});
afterAll(() => stack.stop());

const minuteMs = 60_000;
const sessionName = '__Host-ops_session';
const me = '/v1/admin/me';

interface SessionRow {
  token_sha256: Buffer;
  subject: string;
  roles: string[];
  methods: string[];
  ended_by: string | null;
  lasts: number;
}
const sessionsOf = (token: string) =>
  stack.pools.rows<SessionRow>(
    `select *, extract(epoch from expires_at - created_at)::int as lasts
       from fulfillment.ops_sessions where token_sha256 = $1`,
    [createHash('sha256').update(token).digest()],
  );
const countSessions = async () =>
  (await stack.pools.rows<{ n: number }>('select count(*)::int as n from fulfillment.ops_sessions'))[0]?.n;

/** The latest row of audit about the door. */
const turnedAway = async () => (await stack.audit.list({ action: 'staff:enter' }, { limit: 1 })).rows;

describe('signing in by the browser', () => {
  it('sends to the identity provider with PKCE, state and nonce, and asks for the staff’s audience', async () => {
    const { location, setCookies, status } = await stack.newBrowser().visit('/ops/sign-in');
    const url = new URL(location);
    expect(status).toBe(303);
    expect(url.href.startsWith(`${stack.issuer}authorize?`)).toBe(true);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'ops-console',
      redirect_uri: `${opsOrigin}/ops/callback`,
      audience: staffAudience,
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as string,
      state: expect.stringMatching(/^[\w-]{43}$/) as string,
      nonce: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
    expect(setCookies).toEqual([
      expect.stringMatching(
        /^__Host-ops_sign_in=[\w-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
      ),
    ]);
  });

  it('ends with a session of which only the hash of the token is kept', async () => {
    const { browser, end } = await stack.signIn('admin@staff.example');
    expect(end).toMatchObject({ status: 303, location: `${opsOrigin}/ops/` });
    expect(end.setCookies).toContainEqual(
      expect.stringMatching(
        /^__Host-ops_session=[\w-]{43}; Max-Age=28800; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
      ),
    );
    const token = browser.cookies.get(sessionName) ?? '';
    expect(await sessionsOf(token)).toMatchObject([
      { roles: ['ops_admin'], methods: ['pwd', 'mfa'], ended_by: null, lasts: 8 * 3600 },
    ]);
    expect(await stack.askAsPage(browser, me)).toMatchObject({
      status: 200,
      json: { name: 'Ada Admin', channel: 'console', roles: ['ops_admin'] },
    });
    const everything = JSON.stringify(
      await stack.pools.rows('select s::text from fulfillment.ops_sessions s'),
    );
    expect(everything).not.toContain(token);
  });

  it('goes back to where it began, on our own pages alone', async () => {
    const path = `/ops/sign-in?return=${encodeURIComponent('/ops/orders?q=a')}`;
    const { browser, callback } = await stack.signInUpTo('viewer@staff.example', undefined, { path });
    expect((await browser.visit(callback)).location).toBe(`${opsOrigin}/ops/orders?q=a`);

    const evil = `/ops/sign-in?return=${encodeURIComponent('//evil.example/ops/')}`;
    const other = await stack.signInUpTo('viewer@staff.example', undefined, { path: evil });
    expect((await other.browser.visit(other.callback)).location).toBe(`${opsOrigin}/ops/`);
  });

  it('refuses one factor where two are demanded, and opens no session', async () => {
    const before = await countSessions();
    const { browser, callback } = await stack.signInUpTo('admin@staff.example', undefined, {
      oneFactor: true,
    });
    const end = await browser.visit(callback);
    expect(end.status).toBe(403);
    expect(end.body).toContain('second factor');
    expect(await countSessions()).toBe(before);
    expect(await turnedAway()).toMatchObject([
      {
        channel: 'console',
        roles: ['ops_admin'],
        details: { code: 'second_factor_missing', door: 'sign_in' },
      },
    ]);
  });

  it('refuses those without a role, of whom no row is made, only one of audit', async () => {
    const peopleBefore = await stack.pools.rows('select count(*) from fulfillment.ops_users');
    const { browser, end } = await stack.signIn('buyer@readers.example');
    expect(end.status).toBe(403);
    expect(end.body).toContain('no role');
    expect(browser.cookies.has(sessionName)).toBe(false);
    expect(await stack.pools.rows('select count(*) from fulfillment.ops_users')).toEqual(peopleBefore);
    const [row] = await turnedAway();
    expect(row).toMatchObject({ roles: [], details: { code: 'no_role', door: 'sign_in' } });
    expect(JSON.stringify(row)).not.toContain('readers');
  });

  it('refuses those whose roles are all withheld', async () => {
    await stack.signIn('finance@staff.example');
    const withhold = (roles: string) =>
      stack.pools.rows(`update fulfillment.ops_users set withheld_roles = $1 where name = 'Fiona Finance'`, [
        roles,
      ]);
    await withhold('{ops_finance}');
    expect((await stack.signIn('finance@staff.example')).end.status).toBe(403);
    expect(await turnedAway()).toMatchObject([{ roles: ['ops_finance'], details: { code: 'no_role' } }]);
    await withhold('{}');
  });

  it('takes no buyer’s session at the same provider for a sign-in of staff', async () => {
    const browser = stack.newBrowser();
    const shop = new URL('authorize', stack.issuer);
    shop.search = new URLSearchParams({
      client_id: 'shop',
      redirect_uri: 'http://127.0.0.1:5999/signed-in',
      response_type: 'code',
      scope: 'openid',
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
    }).toString();
    const asked = await browser.visit(shop.href);
    const resumed = await browser.submit(asked.location, { email: 'admin@staff.example', verified: 'yes' });
    expect((await browser.visit(resumed.location)).location).toContain(
      'http://127.0.0.1:5999/signed-in?code=',
    );
    const begun = await browser.visit('/ops/sign-in');
    expect((await browser.visit(begun.location)).location).toContain('/interaction/');
  });

  it('comes back to any port of this machine in the sandbox, and to no other path', async () => {
    const { location } = await stack.newBrowser().visit('/ops/sign-in');
    const statusWith = async (redirectUri: string) => {
      const url = new URL(location);
      url.searchParams.set('redirect_uri', redirectUri);
      return (await fetch(url, { redirect: 'manual' })).status;
    };
    expect(await statusWith('http://127.0.0.1:45678/ops/callback')).toBe(303);
    expect(await statusWith('http://127.0.0.1:45678/ops/other')).toBe(400);
    expect(await statusWith('http://evil.example/ops/callback')).toBe(400);
  });

  it('says so when the person cancels, without quoting what the URL says', async () => {
    const { browser, callback } = await stack.signInUpTo('admin@staff.example');
    const url = new URL(callback);
    url.searchParams.delete('code');
    url.searchParams.set('error', 'access_denied');
    url.searchParams.set('error_description', '<b>call 555</b>');
    const end = await browser.visit(url.href);
    expect(end.status).toBe(403);
    expect(end.body).not.toContain('555');
    expect(browser.cookies.has(sessionName)).toBe(false);
  });
});

describe('the page where a sign-in ends', () => {
  const signOutBy = (browser: Awaited<ReturnType<StaffStack['signIn']>>['browser'], headers = {}) =>
    browser.ask('/ops/sign-out', {}, { origin: opsOrigin, 'sec-fetch-site': 'same-origin', ...headers });

  it('says who one is and what one may do, and signs out without any script', async () => {
    const { browser, end } = await stack.signIn('viewer@staff.example');
    const home = await browser.visit(end.location);
    expect(home.status).toBe(200);
    for (const said of ['Vera Viewer', 'ops_viewer', opsOrigin]) expect(home.body).toContain(said);
    expect(home.body).not.toContain('<script');
    expect((await browser.visit('/ops')).status).toBe(200);
    const out = await signOutBy(browser);
    expect(out).toMatchObject({ status: 200, body: expect.stringContaining('Signed out') as string });
    expect(browser.cookies.has(sessionName)).toBe(false);
    expect(await browser.visit('/ops/')).toMatchObject({ status: 303, location: `${opsOrigin}/ops/sign-in` });
  });

  it('lets its form name its origin, and send to us alone', async () => {
    const { browser } = await stack.signIn('finance@staff.example');
    const cookie = `${sessionName}=${browser.cookies.get(sessionName)}`;
    const { headers } = await stack.server.inject({ method: 'GET', url: '/ops/', headers: { cookie } });
    expect(headers).toMatchObject({ 'referrer-policy': 'same-origin', 'cache-control': 'no-store' });
    expect(headers['content-security-policy']).toMatch(
      /default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/,
    );
  });

  it.each<[string, Record<string, string>]>([
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['one that hides', { origin: 'null' }],
    ['a neighbour', { 'sec-fetch-site': 'same-site' }],
  ])('does not sign out by a form of %s', async (_who, headers) => {
    const { browser } = await stack.signIn('finance@staff.example');
    expect(await signOutBy(browser, headers)).toMatchObject({ status: 403 });
    expect(await stack.askAsPage(browser, me)).toMatchObject({ status: 200 });
  });

  it('tells whoever’s session has ended, and quotes no name that is markup', async () => {
    const { browser } = await stack.signIn('viewer@staff.example');
    await stack.pools.rows(
      `update fulfillment.ops_users set name = '<b>Vera</b>' where email = 'viewer@staff.example'`,
    );
    expect((await browser.visit('/ops/')).body).toContain('&lt;b&gt;Vera');
    stack.advance(31 * minuteMs);
    expect(await browser.visit('/ops/')).toMatchObject({
      status: 401,
      body: expect.stringContaining('session has ended') as string,
    });
  });
});

describe('a way back that is not what it should be', () => {
  it.each<[string, (url: URL) => void]>([
    ['another state', (url) => url.searchParams.set('state', 'x'.repeat(43))],
    ['no state', (url) => url.searchParams.delete('state')],
    ['two states', (url) => url.searchParams.append('state', url.searchParams.get('state') ?? '')],
    ['another issuer', (url) => url.searchParams.set('iss', 'https://evil.example/')],
    ['no issuer, though this one names itself', (url) => url.searchParams.delete('iss')],
    ['an invented code', (url) => url.searchParams.set('code', 'c'.repeat(43))],
  ])('is refused with %s', async (_title, change) => {
    const { browser, callback } = await stack.signInUpTo('admin@staff.example');
    const url = new URL(callback);
    change(url);
    expect((await browser.visit(url.href)).status).toBe(400);
    expect(browser.cookies.has(sessionName)).toBe(false);
  });

  it('is refused in another browser than the one that began: nobody is signed in as somebody else', async () => {
    const { callback } = await stack.signInUpTo('admin@staff.example');
    const victim = stack.newBrowser();
    await victim.visit('/ops/sign-in');
    expect((await victim.visit(callback)).status).toBe(400);
    expect(victim.cookies.has(sessionName)).toBe(false);
  });

  it('is refused the second time, also with everything the browser had', async () => {
    const { browser, callback } = await stack.signInUpTo('admin@staff.example');
    const kept = new Map(browser.cookies);
    expect((await browser.visit(callback)).status).toBe(303);
    expect((await browser.visit(callback)).status).toBe(400);
    const thief = stack.newBrowser();
    for (const [name, value] of kept) thief.cookies.set(name, value);
    expect((await thief.visit(callback)).status).toBe(400);
    expect(stack.told).toContainEqual({ name: 'staff.refused', door: 'sign_in', reason: 'code_refused' });
  });

  it('is refused when it took longer than ten minutes', async () => {
    const { browser, callback } = await stack.signInUpTo('admin@staff.example');
    stack.advance(10 * minuteMs);
    expect((await browser.visit(callback)).status).toBe(400);
  });

  it('is refused with a cookie that somebody changed', async () => {
    const { browser, callback } = await stack.signInUpTo('admin@staff.example');
    const sealed = browser.cookies.get('__Host-ops_sign_in') ?? '';
    const other = sealed[30] === 'A' ? 'B' : 'A';
    browser.cookies.set('__Host-ops_sign_in', `${sealed.slice(0, 30)}${other}${sealed.slice(31)}`);
    expect((await browser.visit(callback)).status).toBe(400);
  });
});

describe('a session', () => {
  it('is never one that somebody else chose: each sign-in has a fresh token and ends the one before', async () => {
    const browser = stack.newBrowser();
    const chosen = 'f'.repeat(43);
    browser.cookies.set(sessionName, chosen);
    await stack.signIn('admin@staff.example', browser);
    const first = browser.cookies.get(sessionName) ?? '';
    expect(first).not.toBe(chosen);
    await stack.signIn('admin@staff.example', browser);
    const second = browser.cookies.get(sessionName) ?? '';
    expect(second).not.toBe(first);
    expect(await sessionsOf(first)).toMatchObject([{ ended_by: 'signed_in_again' }]);
    expect(await sessionsOf(chosen)).toEqual([]);
    browser.cookies.set(sessionName, first);
    expect(await stack.askAsPage(browser, me)).toMatchObject({ status: 401 });
  });

  it('ends after half an hour without use, and each use begins it anew', async () => {
    const { browser } = await stack.signIn('viewer@staff.example');
    for (let i = 0; i < 3; i += 1) {
      stack.advance(29 * minuteMs);
      expect(await stack.askAsPage(browser, me)).toMatchObject({ status: 200 });
    }
    stack.advance(30 * minuteMs);
    expect(await stack.askAsPage(browser, me)).toMatchObject({
      status: 401,
      json: { code: 'not_signed_in' },
    });
  });

  it('ends after eight hours, however busy', async () => {
    const { browser } = await stack.signIn('viewer@staff.example');
    for (let i = 0; i < 16; i += 1) {
      stack.advance(29 * minuteMs);
      expect(await stack.askAsPage(browser, me)).toMatchObject({ status: 200 });
    }
    stack.advance(17 * minuteMs);
    expect(await stack.askAsPage(browser, me)).toMatchObject({ status: 401 });
  });

  it('ends by signing out, which another site cannot do', async () => {
    const { browser } = await stack.signIn('viewer@staff.example');
    const foreign = { origin: 'https://evil.example' };
    expect(await stack.askAsPage(browser, '/ops/sign-out', { body: {}, headers: foreign })).toMatchObject({
      status: 403,
    });
    expect(await stack.askAsPage(browser, '/ops/sign-out', { body: {} })).toMatchObject({ status: 204 });
    expect(await stack.askAsPage(browser, me)).toMatchObject({ status: 401 });
  });

  it.each<[string, Record<string, string | undefined>]>([
    ['without our header', { 'x-fulfillment-csrf': undefined }],
    ['with another value in it', { 'x-fulfillment-csrf': 'true' }],
    ['from another origin', { origin: 'https://evil.example' }],
    ['from our host by http', { origin: opsOrigin.replace('https', 'http') }],
    ['from a subdomain', { origin: 'https://x.ops.example' }],
    ['from no origin at all', { origin: undefined }],
    ['from an origin that hides', { origin: 'null' }],
    ['that the browser calls cross-site', { 'sec-fetch-site': 'cross-site' }],
  ])('opens nothing to a change %s', async (_title, headers) => {
    const { browser } = await sharedAdmin();
    const path = '/v1/admin/staff/nobody/end-sessions';
    const body = { reason: 'a test' };
    expect(await stack.askAsPage(browser, path, { body, headers })).toMatchObject({
      status: 403,
      json: { code: 'not_own_page' },
    });
    expect(await stack.askAsPage(browser, path, { body })).toMatchObject({ status: 404 });
  });

  it('opens nothing to a link of another site, not even to look', async () => {
    const { browser } = await sharedAdmin();
    const bare = { 'x-fulfillment-csrf': undefined };
    expect(await stack.askAsPage(browser, me, { headers: bare })).toMatchObject({ status: 403 });
  });

  it('does not go together with an access token, nor with another session', async () => {
    const { browser } = await sharedAdmin();
    const authorization = `Bearer ${await stack.token('admin@staff.example')}`;
    expect(await stack.askAsPage(browser, me, { headers: { authorization } })).toMatchObject({
      status: 400,
      json: { code: 'two_credentials' },
    });
    const own = browser.cookies.get(sessionName);
    const cookie = `${sessionName}=${'f'.repeat(43)}; ${sessionName}=${own}`;
    expect(await stack.askAsPage(browser, me, { headers: { cookie } })).toMatchObject({ status: 401 });
  });

  it('is not opened by a value that is no token', async () => {
    const browser = stack.newBrowser();
    for (const value of ['', "' or 1=1 --", 'x'.repeat(5_000), 'é']) {
      browser.cookies.set(sessionName, value);
      expect(await stack.askAsPage(browser, me)).toMatchObject({ status: 401 });
    }
  });
});

let admin: ReturnType<StaffStack['signIn']> | undefined;
/** One sign-in for tests that leave it as it is. */
const sharedAdmin = () => (admin ??= stack.signIn('admin@staff.example'));
