import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../../../../test/setup/database.ts';
import { createIdentity } from '../../identity/identity.ts';
import type { Identity } from '../../identity/identity.ts';
import { createShop } from '../shop.ts';
import type { Shop } from '../shop.ts';

const audience = 'https://api.shop.example';
const baseUrl = 'http://127.0.0.1:5998';
const clientSecret = 'a secret of the shop';
const email = 'ada@example.com';

let database: Awaited<ReturnType<typeof createEmptyDatabase>>;
let pool: Pool;
let identity: Identity;
let issuer: string;
let api: Awaited<ReturnType<typeof startApi>>;
let shop: Shop;

beforeAll(async () => {
  database = await createEmptyDatabase();
  pool = new Pool({ connectionString: database.url });
  // Dropping the database cuts idle connections; that is no failure of a test.
  pool.on('error', () => {});
  const client = { clientId: 'shop', clientSecret, name: 'Calm Books' };
  identity = await createIdentity({
    pool,
    audience,
    clients: [
      { ...client, redirectUris: [`${baseUrl}/shelf/callback`], postLogoutRedirectUris: [`${baseUrl}/`] },
    ],
  });
  ({ issuer } = await identity.start(0));
  api = await startApi();
  shop = createShop({
    stripeBaseUrl: 'http://127.0.0.1:1',
    secretKey: 'sk_test_none',
    baseUrl,
    links: { inbox: 'http://inbox.example/' },
    identity: { issuer, clientId: 'shop', clientSecret, audience },
    apiBaseUrl: api.url,
  });
});
beforeEach(() => api.reset());
afterAll(async () => {
  await shop.stop();
  api.server.closeAllConnections();
  api.server.close();
  await identity.stop();
  await pool.end();
  await database.drop();
});

const book = {
  id: '0193a5f2-7c1e-7abc-8def-0123456789ab',
  title: 'Tides & <Winds>',
  language: 'en',
  status: 'active',
  claim: 'pending',
  formats: [
    { format: 'pdf', ready: true, sizeBytes: 91_403 },
    { format: 'epub', ready: true, sizeBytes: 2_345_678 },
  ],
  purchasedAt: '2026-11-22T11:00:00.000Z',
  orderId: 'ZDS2-Q5VM-RBEX',
  lastDownloadAt: '2026-11-22T12:30:00.000Z',
  receiptUrl: 'http://api.example/r/1?a=1&b=2',
};

describe('the shelf', () => {
  it('sends a visitor to sign in, with the address of the link as a hint', async () => {
    const answer = await createBrowser().visit('/shelf?email=ada@example.com');
    const { searchParams } = new URL(answer.location);
    expect(answer.location.startsWith(`${issuer}authorize?`)).toBe(true);
    expect(searchParams.get('login_hint')).toBe(email);
    expect(searchParams.get('code_challenge_method')).toBe('S256');
    const browser = createBrowser();
    const begun = await browser.visit('/shelf?email=ada@example.com');
    const page = await browser.visit((await browser.visit(begun.location)).location);
    expect(page.body).toContain(`value="${email}"`);
    expect(page.body).toContain('Calm Books');
  });

  it('shows what the buyer owns, asked for with a token for the API', async () => {
    const { page } = await signIn();
    const [call] = api.calls;
    const token = String(call?.headers.authorization).replace('Bearer ', '');
    expect(decodeJwt(token)).toMatchObject({ iss: issuer, aud: audience, email, email_verified: true });
    expect(page.status).toBe(200);
    expect(page.body).toContain('Tides &#38; &#60;Winds&#62;');
    expect(page.body).not.toContain('<Winds>');
    expect(page.body).toContain(`Signed in as ${email}`);
    expect(page.body).toMatch(/Download PDF\s+<small>91 kB/);
    expect(page.body).toMatch(/Download EPUB\s+<small>2.3 MB/);
    expect(page.body).toContain('Bought as a guest');
    expect(page.body).toContain('ZDS2-Q5VM-RBEX');
    expect(page.body).toContain('href="http://api.example/r/1?a=1&#38;b=2"');
    expect(page.body).toContain('datetime="2026-11-22T12:30:00.000Z"');
    expect(page.body).not.toContain('http-equiv="refresh"');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.headers['cache-control']).toBe('no-store');
  });

  it('keeps tokens to itself and changes the session’s id at sign-in', async () => {
    const browser = createBrowser();
    await browser.visit('/shelf');
    const before = browser.sessionId();
    const { page } = await signIn(browser);
    expect(browser.sessionId()).not.toBe(before);
    const token = String(api.calls[0]?.headers.authorization).replace('Bearer ', '');
    expect(page.body + JSON.stringify(page.headers)).not.toContain(token);
    const stale = createBrowser();
    expect((await stale.visit('/shelf', { cookie: `shop_session=${before}` })).status).toBe(303);
  });

  it('refreshes by itself while a copy is being made, more slowly when that takes long', async () => {
    const purchasedAt = new Date().toISOString();
    const unready = { formats: [{ format: 'pdf', ready: false }], status: 'processing', orderId: null };
    api.shelf = { items: [{ ...book, ...unready, purchasedAt }] };
    const { browser, page } = await signIn();
    expect(page.body).toContain('content="3; url=/shelf"');
    expect(page.body).toContain('Being prepared');
    expect(page.body).toMatch(/<button disabled>\s*Download PDF/);
    api.shelf = { items: [{ ...book, ...unready }] };
    expect((await browser.visit('/shelf')).body).toContain('content="30; url=/shelf"');
  });

  it('explains why an address that is not verified owns nothing yet, and lets its owner sign in anew', async () => {
    api.shelf = { items: [], notice: 'email_not_verified' };
    const { browser, page } = await signIn();
    expect(page.body).toContain('Please confirm your e-mail address first');
    expect(page.body).not.toContain('Nothing has been bought');
    expect(page.body).toContain('/shelf/sign-in?email=ada%40example.com');
    const { location } = await browser.visit('/shelf/sign-in?email=ada%40example.com');
    expect(new URL(location).searchParams.get('prompt')).toBe('login');
  });

  it('says so when nothing has been bought', async () => {
    api.shelf = { items: [] };
    expect((await signIn()).page.body).toContain(`Nothing has been bought with ${email} yet.`);
  });

  it('tells a buyer who follows somebody else’s link whose shelf this is', async () => {
    const { browser, page } = await signIn();
    expect(page.body).not.toContain('The link you followed');
    const other = await browser.visit('/shelf?email=%22%3Ebob@example.com');
    expect(other.body).toContain('The link you followed is for &#34;&#62;bob@example.com.');
    expect((await browser.visit('/shelf?email=ADA@example.com')).body).not.toContain('The link you followed');
    // Signed in at the provider still, so nobody asks: the note must survive the way there and back.
    browser.forgetShop();
    const back = await browser.follow(await browser.visit('/shelf?email=bob@example.com'));
    expect(back.body).toContain('The link you followed is for bob@example.com.');
  });

  it('speaks Polish and remembers it', async () => {
    const { browser } = await signIn();
    expect((await browser.visit('/shelf?lang=pl')).body).toContain('Twoja półka');
    expect((await browser.visit('/shelf')).body).toContain('Ostatnie pobranie');
  });

  it('sends a browser that came by another name of the machine home first', async () => {
    const answer = await createBrowser().visit('/shelf?email=a@b.example', { host: 'localhost:5998' });
    expect(answer.location).toBe(`${baseUrl}/shelf?email=a@b.example`);
  });
});

describe('a download', () => {
  it('leads to the fresh link', async () => {
    const { browser, page } = await signIn();
    const answer = await browser.submit('/shelf/download', {
      csrf: csrfOf(page),
      id: book.id,
      format: 'epub',
    });
    expect([answer.status, answer.location]).toEqual([303, 'http://api.example/d/fresh']);
    expect(api.calls.at(-1)).toMatchObject({
      method: 'POST',
      url: `/v1/shelf/${book.id}/download`,
      body: '{"format":"epub"}',
    });
  });

  it('is not for forms of other sites', async () => {
    const { browser } = await signIn();
    for (const csrf of ['', 'x'.repeat(43)]) {
      const answer = await browser.submit('/shelf/download', { csrf, id: book.id, format: 'epub' });
      expect(answer.status).toBe(403);
    }
    expect(api.calls.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it.each([
    [409, 'processing', 'still being prepared'],
    [403, 'revoked', 'not on your shelf any more'],
    [400, 'format_not_offered', 'could not be started'],
  ])('that is refused with %i %s is explained on the shelf', async (status, code, words) => {
    const { browser, page } = await signIn();
    api.refusal = { status, code };
    const form = { csrf: csrfOf(page), id: book.id, format: 'pdf' };
    const answer = await browser.submit('/shelf/download', form);
    expect(answer.status).toBe(303);
    api.refusal = null;
    expect((await browser.visit(answer.location)).body).toMatch(new RegExp(`role="alert">[^<]*${words}`));
  });

  it('never leads to an address that is none of the web', async () => {
    const { browser, page } = await signIn();
    api.link = 'javascript:alert(1)';
    const form = { csrf: csrfOf(page), id: book.id, format: 'pdf' };
    expect((await browser.submit('/shelf/download', form)).status).toBe(503);
  });
});

describe('signing out', () => {
  it('ends the session of the shop and of the provider', async () => {
    const { browser, page } = await signIn();
    const old = browser.sessionId();
    expect((await browser.submit('/shelf/sign-out', { csrf: 'wrong' })).status).toBe(403);
    const answer = await browser.submit('/shelf/sign-out', { csrf: csrfOf(page) });
    const question = await browser.visit(answer.location);
    expect(question.body).toContain('Sign out here, too?');
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(question.body)?.[1] ?? '';
    const end = await browser.submit(new URL('oidc/logout/confirm', issuer).href, { xsrf, logout: 'yes' });
    expect(end.location).toBe(`${baseUrl}/`);
    expect((await browser.visit('/shelf', { cookie: `shop_session=${old}` })).status).toBe(303);
    const again = await browser.visit((await browser.visit('/shelf')).location);
    expect(again.location).toContain('/interaction/');
  });
});

describe('trouble', () => {
  it('believes no way back from a sign-in that this browser did not begin', async () => {
    const { location } = await signInUpTo();
    expect((await createBrowser().visit(location)).status).toBe(400);
    const other = createBrowser();
    await other.visit('/shelf');
    const refused = await other.visit(location);
    expect(refused.status).toBe(400);
    expect(refused.body).toContain('Signing in did not work');
  });

  it('keeps a buyer in who goes back to the address of the sign-in', async () => {
    const { browser, location } = await signInUpTo();
    expect((await browser.visit(location)).location).toBe('/shelf');
    expect((await browser.visit(location)).location).toBe('/shelf');
    expect((await browser.visit('/shelf')).status).toBe(200);
  });

  it('does not send buyers round in circles when the API takes no token', async () => {
    api.refusal = { status: 401, code: 'not_signed_in' };
    const { browser, page } = await signIn();
    expect(page.status).toBe(401);
    expect(page.body).toContain('You have been signed out');
    expect((await browser.visit('/shelf')).status).toBe(303);
  });

  it('says so when the API is down, and tries again', async () => {
    api.refusal = { status: 503, code: 'unavailable' };
    const { page } = await signIn();
    expect(page.status).toBe(503);
    expect(page.body).toContain('http-equiv="refresh"');
    expect(page.body).toContain('Your books are safe');
  });
});

interface Page {
  status: number;
  headers: Record<string, unknown>;
  body: string;
  /** Empty when the answer is no redirect. */
  location: string;
}
type Browser = ReturnType<typeof createBrowser>;

/** Signs in as Ada and ends on the shelf. */
async function signIn(browser = createBrowser()): Promise<{ browser: Browser; page: Page }> {
  const { location } = await signInUpTo(browser);
  return { browser, page: await browser.follow(await browser.visit(location)) };
}

/** Signs in at the provider and stops before the way back to the shop. */
async function signInUpTo(browser = createBrowser()): Promise<{ browser: Browser; location: string }> {
  const form = (await browser.visit((await browser.visit('/shelf')).location)).location;
  const resume = (await browser.submit(form, { email, verified: 'yes' })).location;
  return { browser, location: (await browser.visit(resume)).location };
}

function csrfOf({ body }: Page): string {
  return /name="csrf" value="([^"]+)"/.exec(body)?.[1] ?? 'no form';
}

/** Carries cookies for the shop, which is asked without a network, and for the provider. */
function createBrowser() {
  const cookies = { shop: new Map<string, string>(), provider: new Map<string, string>() };
  const header = (jar: Map<string, string>) => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const keep = (jar: Map<string, string>, lines: string[]) => {
    for (const line of lines) {
      const [pair = ''] = line.split(';');
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
  };

  async function ask(address: string, form?: string, headers: Record<string, string> = {}): Promise<Page> {
    const url = new URL(address, address.startsWith('/interaction') ? issuer : baseUrl);
    const body = { 'content-type': 'application/x-www-form-urlencoded' };
    if (url.origin === new URL(issuer).origin) {
      const answer = await fetch(url, {
        redirect: 'manual',
        headers: { ...body, cookie: header(cookies.provider) },
        ...(form !== undefined && { method: 'POST', body: form }),
      });
      keep(cookies.provider, answer.headers.getSetCookie());
      const location = answer.headers.get('location');
      const next = location === null ? '' : new URL(location, issuer).href;
      return { status: answer.status, headers: {}, body: await answer.text(), location: next };
    }
    const answer = await shop.server.inject({
      method: form === undefined ? 'GET' : 'POST',
      url: `${url.pathname}${url.search}`,
      headers: { host: url.host, ...body, cookie: header(cookies.shop), ...headers },
      ...(form !== undefined && { payload: form }),
    });
    keep(cookies.shop, [answer.headers['set-cookie'] ?? []].flat());
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: answer.body,
      location: answer.headers.location ?? '',
    };
  }

  return {
    visit: (address: string, headers: Record<string, string> = {}) => ask(address, undefined, headers),
    submit: (address: string, fields: Record<string, string>) =>
      ask(address, new URLSearchParams(fields).toString()),
    async follow(page: Page): Promise<Page> {
      let end = page;
      while (end.location !== '') end = await ask(end.location);
      return end;
    },
    sessionId: () => cookies.shop.get('shop_session') ?? '',
    forgetShop: () => cookies.shop.clear(),
  };
}

/** The product's API, as its contract describes it. */
async function startApi() {
  interface Call {
    method: string;
    url: string;
    headers: IncomingHttpHeaders;
    body: string;
  }
  const fresh = () => ({
    calls: [] as Call[],
    shelf: { items: [book] } as object,
    link: 'http://api.example/d/fresh',
    refusal: null as { status: number; code: string } | null,
  });
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      state.calls.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      const { refusal } = state;
      const status = refusal?.status ?? (method === 'POST' ? 201 : 200);
      const answer = refusal ?? (method === 'POST' ? { url: state.link } : state.shelf);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const state = { ...fresh(), server, url, reset: () => Object.assign(state, fresh()) };
  return state;
}
