import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  buyersAudience,
  opsOrigin,
  staffAudience,
  startStaffStack,
  type StaffStack,
} from '../../builders/staffStack.ts';

let stack: StaffStack;
beforeAll(async () => {
  stack = await startStaffStack();
});
afterAll(() => stack.stop());

const me = '/v1/admin/me';
const rolesClaim = 'https://fulfillment/roles';
const methodsClaim = 'https://fulfillment/amr';

/** Somebody new, so that tests do not meet. */
let made = 0;
async function newcomer(roles: string[] = ['ops_viewer']) {
  made += 1;
  const email = `new${made}@staff.example`;
  const token = await stack.token(email, { claims: { [rolesClaim]: roles } });
  await stack.askAs(token, me);
  return { email, token, subject: decodeJwt(token).sub ?? '' };
}
const rowOf = async (subject: string) =>
  (await stack.pools.rows('select * from fulfillment.ops_users where subject = $1', [subject]))[0];
const adminToken = () => stack.token('admin@staff.example');
const path = (subject: string, what: string) => `/v1/admin/staff/${encodeURIComponent(subject)}/${what}`;

describe('an access token', () => {
  it('opens the API with the roles it claims, and leaves a row of who was here', async () => {
    const token = await adminToken();
    expect(await stack.askAs(token, me)).toMatchObject({
      status: 200,
      json: { subject: decodeJwt(token).sub, channel: 'api', roles: ['ops_admin'] },
    });
    expect(await rowOf(decodeJwt(token).sub ?? '')).toMatchObject({
      name: 'Ada Admin',
      email: 'admin@staff.example',
      version: 1,
    });
    expect(await stack.askAs(token, me, undefined, { 'x-fulfillment-channel': 'cli' })).toMatchObject({
      json: { channel: 'cli' },
    });
  });

  it('of a buyer opens nothing here, nor one that is for both sides', async () => {
    for (const audience of [buyersAudience, [staffAudience, buyersAudience], [buyersAudience]]) {
      const token = await stack.token('admin@staff.example', {
        audience,
        claims: { [rolesClaim]: ['ops_admin'], [methodsClaim]: ['mfa'] },
      });
      expect(await stack.askAs(token, me)).toMatchObject({ status: 401, json: { code: 'not_signed_in' } });
    }
  });

  it.each<[string, object]>([
    ['has expired', { expiresInSeconds: -60 }],
    ['is not valid yet', { claims: { nbf: Math.floor(Date.now() / 1000) + 600 } }],
    ['says no end', { claims: { exp: null } }],
    ['says its end as a text', { claims: { exp: '9999999999' } }],
    ['ends in a million years', { claims: { exp: 9e15 } }],
    ['says not when it was issued', { claims: { iat: null } }],
    ['was issued tomorrow', { claims: { iat: Math.floor(Date.now() / 1000) + 86_400 } }],
    ['was issued long ago', { claims: { iat: Math.floor(Date.now() / 1000) - 25 * 3600 } }],
    ['is of another issuer', { issuer: 'https://evil.example/' }],
    ['is signed by a stranger under our key’s id', { signedBy: 'forger' }],
    ['was issued to another client', { claims: { azp: 'some-other-app' } }],
    ['is an ID token', { claims: { nonce: 'n' } }],
    ['is a machine’s', { claims: { gty: 'client-credentials' } }],
    ['has no subject', { claims: { sub: null } }],
    ['has a subject too long to be written down', { subject: 's'.repeat(201) }],
  ])('opens nothing when it %s', async (_title, order) => {
    const answer = await stack.askAs(await stack.token('admin@staff.example', order), me);
    expect(answer).toMatchObject({ status: 401, json: { code: 'not_signed_in' } });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="staff", error="invalid_token"');
  });

  it.each(['', 'abc', 'x'.repeat(9_000), 'a.b.c', 'e30.e30.', "' or 1=1"])('is not %j', async (token) => {
    expect(await stack.askAs(token, me)).toMatchObject({ status: 401 });
  });

  it('in the URL is refused, also beside a good one', async () => {
    const token = await adminToken();
    const bare = await stack.server.inject({ method: 'GET', url: `${me}?access_token=${token}` });
    expect(bare.statusCode).toBe(400);
    expect(await stack.askAs(token, `${me}?access_token=${token}`)).toMatchObject({
      status: 400,
      json: { code: 'token_in_url' },
    });
  });

  it.each<[string, unknown]>([
    ['as one text', 'ops_admin'],
    ['in other letters', ['OPS_ADMIN', 'Ops_Admin', ' ops_admin', 'ops_admin ', 'ops-admin']],
    ['with look-alikes', ['ops_аdmin', 'ops_admin\u200b']],
    ['inside an object', { ops_admin: true }],
    ['among things that are no texts', ['ops_admin', 7, null]],
    ['as a list in a list', [['ops_admin']]],
    ['by names that every object has', ['constructor', '__proto__']],
    ['not at all', null],
  ])('that claims roles %s has none, and may do nothing', async (_title, claimed) => {
    const token = await stack.token('someone@staff.example', { claims: { [rolesClaim]: claimed } });
    expect(await stack.askAs(token, me)).toMatchObject({ status: 200, json: { roles: [], permissions: [] } });
    expect(await stack.askAs(token, '/v1/admin/staff')).toMatchObject({ status: 403 });
  });

  it('under another claim of the same word counts for nothing', async () => {
    const token = await stack.token('someone@staff.example', {
      claims: { [rolesClaim]: null, roles: ['ops_admin'], 'https://evil.example/roles': ['ops_admin'] },
    });
    expect(await stack.askAs(token, me)).toMatchObject({ json: { roles: [] } });
  });

  it.each<[string, unknown]>([
    ['one factor', ['pwd']],
    ['none', []],
    ['a text', 'mfa'],
    ['nothing', null],
  ])('that says %s of how its bearer signed in is refused', async (_title, methods) => {
    const token = await stack.token('admin@staff.example', { claims: { [methodsClaim]: methods } });
    expect(await stack.askAs(token, me)).toMatchObject({
      status: 403,
      json: { code: 'second_factor_missing' },
    });
  });
});

describe('whoever is turned away at the door', () => {
  const rowsOf = async (actor: string) => (await stack.audit.list({ actor }, { limit: 50 })).rows;
  const outsider = async (claims: object) => {
    made += 1;
    const token = await stack.token(`out${made}@staff.example`, { claims });
    return { token, subject: decodeJwt(token).sub ?? '' };
  };

  it('for want of a second factor leaves a row of audit, and only so many in a minute', async () => {
    const { token, subject } = await outsider({ [rolesClaim]: ['ops_viewer'], [methodsClaim]: ['pwd'] });
    for (let knock = 0; knock < 12; knock += 1)
      expect((await stack.askAs(token, me, undefined, { 'x-fulfillment-channel': 'cli' })).status).toBe(403);
    const rows = await rowsOf(subject);
    expect(rows).toHaveLength(10);
    expect(rows[0]).toMatchObject({
      action: 'staff:enter',
      result: 'refused',
      channel: 'cli',
      roles: ['ops_viewer'],
      details: { code: 'second_factor_missing', door: 'bearer' },
    });
  });

  it('with nothing that holds leaves none', async () => {
    const before = (await stack.audit.readHead())?.seq;
    const { token } = await outsider({ [rolesClaim]: ['ops_viewer'], exp: 1 });
    for (const bad of [token, 'a.b.c', 'nonsense']) await stack.askAs(bad, me);
    const browser = stack.newBrowser();
    browser.cookies.set('__Host-ops_session', 'f'.repeat(43));
    await stack.askAsPage(browser, me);
    expect((await stack.audit.readHead())?.seq).toBe(before);
  });
});

describe('staff:list', () => {
  it('shows who was here with their open sessions, page by page, to administrators alone', async () => {
    const { browser } = await stack.signIn('finance@staff.example');
    expect(await stack.askAsPage(browser, '/v1/admin/staff')).toMatchObject({ status: 403 });
    const { json } = await stack.askAs(await adminToken(), '/v1/admin/staff');
    const finance = json.staff.find((one: { email: string }) => one.email === 'finance@staff.example');
    expect(finance).toMatchObject({
      name: 'Fiona Finance',
      withheldRoles: [],
      disabled: null,
      sessions: [{ roles: ['ops_finance'], methods: ['pwd', 'mfa'] }],
    });
    const all = json.staff.map((one: { subject: string }) => one.subject) as string[];
    const paged: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const query = next === '' ? 'limit=2' : `limit=2&after=${encodeURIComponent(next)}`;
      const page = await stack.askAs(await adminToken(), `/v1/admin/staff?${query}`);
      paged.push(...page.json.staff.map((one: { subject: string }) => one.subject));
      next = page.json.next;
    }
    expect(paged.toSorted()).toEqual(all.toSorted());
  });
});

describe('staff:restrict', () => {
  it('withholds a role from the next request on, and gives it back', async () => {
    const { token, subject } = await newcomer(['ops_viewer', 'ops_admin']);
    const withheld = { version: 1, withheldRoles: ['ops_admin'], reason: 'left the team' };
    expect(await stack.askAs(await adminToken(), path(subject, 'restrict'), withheld)).toMatchObject({
      status: 200,
      json: { version: 2, withheldRoles: ['ops_admin'], disabled: false, sessionsEnded: 0 },
    });
    expect(await stack.askAs(token, me)).toMatchObject({ json: { roles: ['ops_viewer'] } });
    expect(await stack.askAs(token, '/v1/admin/staff')).toMatchObject({ status: 403 });
    const back = { version: 2, withheldRoles: [], reason: 'is back' };
    expect(await stack.askAs(await adminToken(), path(subject, 'restrict'), back)).toMatchObject({
      json: { version: 3 },
    });
    expect(await stack.askAs(token, me)).toMatchObject({ json: { roles: ['ops_viewer', 'ops_admin'] } });
  });

  it('shuts somebody out in the middle of their session, whichever way they come', async () => {
    const { browser } = await stack.signIn('editor@staff.example');
    const token = await stack.token('editor@staff.example');
    const subject = decodeJwt(token).sub ?? '';
    expect(await stack.askAsPage(browser, me)).toMatchObject({ status: 200 });
    const shut = { version: 1, disabled: true, reason: 'a lost laptop' };
    const { json } = await stack.askAs(await adminToken(), path(subject, 'restrict'), shut);
    expect(json).toMatchObject({ disabled: true, sessionsEnded: 1 });
    expect(await stack.askAsPage(browser, me)).toMatchObject({ status: 401 });
    expect(await stack.askAs(token, me)).toMatchObject({ status: 403, json: { code: 'staff_disabled' } });
    const { browser: again, callback } = await stack.signInUpTo('editor@staff.example');
    expect(await again.visit(callback)).toMatchObject({ status: 403 });
    expect(again.cookies.has('__Host-ops_session')).toBe(false);
    expect(await rowOf(subject)).toMatchObject({ disabled_reason: 'a lost laptop' });

    const { rows } = await stack.audit.list({ target: { kind: 'staff', id: subject } }, { limit: 5 });
    expect(rows).toMatchObject([
      {
        action: 'staff:restrict',
        result: 'done',
        reason: 'a lost laptop',
        before: { disabled: false, withheldRoles: [], version: 1 },
        after: { disabled: true, withheldRoles: [], version: 2 },
      },
    ]);
    expect(JSON.stringify(rows)).not.toContain('editor@staff.example');
  });

  it('shuts out also whoever’s session row was left open', async () => {
    const { browser } = await stack.signIn('second.admin@staff.example');
    await stack.pools.rows(
      `update fulfillment.ops_users set disabled_at = now(), disabled_by = 'x', disabled_reason = 'by hand'
        where email = 'second.admin@staff.example'`,
    );
    expect(await stack.askAsPage(browser, me)).toMatchObject({
      status: 403,
      json: { code: 'staff_disabled' },
    });
    const token = await stack.token('second.admin@staff.example');
    expect(await stack.askAs(token, me)).toMatchObject({ status: 403 });
    const { rows } = await stack.audit.list({ actor: decodeJwt(token).sub ?? '' }, { limit: 5 });
    expect(rows).toMatchObject([
      { action: 'staff:enter', channel: 'api', details: { code: 'disabled', door: 'bearer' } },
      { action: 'staff:enter', channel: 'console', details: { code: 'disabled', door: 'session' } },
    ]);
  });

  it('is for others: nobody restricts themselves, nor gives themselves back what was taken', async () => {
    const token = await adminToken();
    await stack.askAs(token, me);
    const subject = decodeJwt(token).sub ?? '';
    const wish = { version: 1, withheldRoles: [], disabled: false, reason: 'me' };
    expect(await stack.askAs(token, path(subject, 'restrict'), wish)).toMatchObject({
      status: 403,
      json: { code: 'oneself' },
    });
  });

  it('is refused when their standing has moved, when nothing would change, and for whoever was never here', async () => {
    const { subject } = await newcomer();
    const ask = async (who: string, wish: object) =>
      stack.askAs(await adminToken(), path(who, 'restrict'), { reason: 'a test', ...wish });
    await ask(subject, { version: 1, withheldRoles: ['ops_viewer'] });
    expect(await ask(subject, { version: 1, disabled: true })).toMatchObject({
      status: 409,
      json: { code: 'staff_changed' },
    });
    expect(await ask(subject, { version: 2, withheldRoles: ['ops_viewer'] })).toMatchObject({
      status: 409,
      json: { code: 'nothing_to_change' },
    });
    expect(await ask('auth0|nobody', { version: 1, disabled: true })).toMatchObject({ status: 404 });
    expect(await ask(subject, { version: 2, withheldRoles: ['ops_root'] })).toMatchObject({ status: 400 });
  });

  it('is not for those who are no administrators', async () => {
    const { subject } = await newcomer();
    const { token } = await newcomer(['ops_viewer', 'ops_editor', 'ops_finance']);
    const wish = { version: 1, disabled: true, reason: 'a test' };
    expect(await stack.askAs(token, path(subject, 'restrict'), wish)).toMatchObject({ status: 403 });
    expect(await rowOf(subject)).toMatchObject({ disabled_at: null, version: 1 });
  });
});

describe('staff:end_sessions', () => {
  it('ends one session or all of them; the person may sign in again', async () => {
    const one = (await stack.signIn('viewer@staff.example')).browser;
    const two = (await stack.signIn('viewer@staff.example')).browser;
    const three = (await stack.signIn('viewer@staff.example')).browser;
    const token = await adminToken();
    const { json } = await stack.askAs(token, '/v1/admin/staff');
    const viewer = json.staff.find((who: { email: string }) => who.email === 'viewer@staff.example');
    const ask = (body: object) => stack.askAs(token, path(viewer.subject, 'end-sessions'), body);
    expect(await ask({ sessionId: viewer.sessions[0].id })).toMatchObject({ json: { sessionsEnded: 1 } });
    const standing = async () =>
      Promise.all([one, two, three].map(async (browser) => (await stack.askAsPage(browser, me)).status));
    expect((await standing()).filter((status) => status === 401)).toHaveLength(1);
    expect(await ask({})).toMatchObject({ json: { sessionsEnded: 2 } });
    expect(await standing()).toEqual([401, 401, 401]);
    expect((await stack.signIn('viewer@staff.example')).end.location).toBe(`${opsOrigin}/ops/`);
  });
});
