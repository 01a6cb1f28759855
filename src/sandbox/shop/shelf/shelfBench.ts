import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createIdentity } from '../../identity/identity.ts';
import { createShop } from '../shop.ts';
import type { Shop } from '../shop.ts';
import { openAdminPool } from '../../../../test/setup/adminPool.ts';

export const testAudience = 'https://api.shop.example';
export const testBaseUrl = 'http://127.0.0.1:5998';
export const testEmail = 'ada@example.com';

export type ShelfBench = Awaited<ReturnType<typeof createShelfBench>>;
export type TestBrowser = ReturnType<typeof createBrowser>;

export interface Page {
  status: number;
  headers: Record<string, unknown>;
  body: string;
  /** Empty when the answer is no redirect. */
  location: string;
}

/** One item of the shelf, in the form of the API's answer. */
export const testBook = {
  id: '0193a5f2-7c1e-7abc-8def-0123456789ab',
  title: 'Tides & <Winds>',
  language: 'en',
  status: 'active',
  claim: 'pending',
  formats: [
    { format: 'pdf', status: 'ready', sizeBytes: 91_403 },
    { format: 'epub', status: 'ready', sizeBytes: 2_345_678 },
  ],
  purchasedAt: '2026-11-22T11:00:00.000Z',
  orderId: 'ZDS2-Q5VM-RBEX',
  lastDownloadAt: '2026-11-22T12:30:00.000Z',
  receiptUrl: 'http://api.example/r/1?a=1&b=2',
  creditNotes: [{ number: 'C-2026/000001', url: 'http://api.example/c/1' }],
};

/** The shop with a real sign-in and an API that answers what a test wants. */
export async function createShelfBench(databaseUrl: string) {
  const pool = openAdminPool(databaseUrl);
  // Dropping the database cuts idle connections; that is no failure of a test.
  pool.on('error', () => {});
  const client = { clientId: 'shop', clientSecret: 'a secret of the shop' };
  const identity = await createIdentity({
    pool,
    audience: testAudience,
    clients: [
      {
        ...client,
        name: 'Calm Books',
        redirectUris: [`${testBaseUrl}/shelf/callback`],
        postLogoutRedirectUris: [`${testBaseUrl}/`],
      },
    ],
  });
  const { issuer } = await identity.start(0);
  const api = await startApi();
  const shop = createShop({
    stripeBaseUrl: 'http://127.0.0.1:1',
    secretKey: 'sk_test_none',
    baseUrl: testBaseUrl,
    links: { inbox: 'http://inbox.example/' },
    identity: { issuer, ...client, audience: testAudience },
    apiBaseUrl: api.url,
  });
  const newBrowser = () => createBrowser(shop, issuer);

  /** Signs in at the provider and stops before the way back to the shop. */
  async function signInUpTo(browser = newBrowser()): Promise<{ browser: TestBrowser; location: string }> {
    const form = (await browser.visit((await browser.visit('/shelf')).location)).location;
    const resume = (await browser.submit(form, { email: testEmail, verified: 'yes' })).location;
    return { browser, location: (await browser.visit(resume)).location };
  }

  return {
    issuer,
    api,
    newBrowser,
    signInUpTo,
    /** Signs in as Ada and ends on the shelf. */
    async signIn(browser = newBrowser()): Promise<{ browser: TestBrowser; page: Page }> {
      const { location } = await signInUpTo(browser);
      return { browser, page: await browser.follow(await browser.visit(location)) };
    },
    async close() {
      await shop.stop();
      api.stop();
      await identity.stop();
      await pool.end();
    },
  };
}

/** Carries cookies for the shop, which is asked without a network, and for the provider. */
function createBrowser(shop: Shop, issuer: string) {
  const cookies = { shop: new Map<string, string>(), provider: new Map<string, string>() };
  const header = (jar: Map<string, string>) => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const keep = (jar: Map<string, string>, lines: string[]) => {
    for (const line of lines) {
      const [pair = ''] = line.split(';');
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
  };

  async function ask(address: string, form?: string, headers: Record<string, string> = {}): Promise<Page> {
    const url = new URL(address, address.startsWith('/interaction') ? issuer : testBaseUrl);
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

/** What the shelf's API was asked. */
export interface Call {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** The product's API, as its contract describes it. */
async function startApi() {
  const fresh = () => ({
    calls: [] as Call[],
    shelf: { items: [testBook] } as object,
    link: 'http://api.example/d/fresh',
    refusal: null as { status: number; code: string } | null,
  });
  const server = createServer((request, response) => {
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
  const state = { ...fresh(), url, reset: () => Object.assign(state, fresh()), stop };
  return state;

  function stop(): void {
    server.closeAllConnections();
    server.close();
  }
}
