import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../../../../test/setup/database.ts';
import {
  createShelfBench,
  testAudience,
  testBaseUrl,
  testBook as book,
  testEmail as email,
} from './shelfBench.ts';
import type { Page, ShelfBench } from './shelfBench.ts';

let bench: ShelfBench;
let dropDatabase: () => Promise<void>;

beforeAll(async () => {
  const database = await createEmptyDatabase();
  dropDatabase = () => database.drop();
  bench = await createShelfBench(database.url);
});
beforeEach(() => bench.api.reset());
afterAll(async () => {
  await bench.close();
  await dropDatabase();
});

function csrfOf({ body }: Page): string {
  return /name="csrf" value="([^"]+)"/.exec(body)?.[1] ?? 'no form';
}

describe('the shelf', () => {
  it('sends a visitor to sign in, with the address of the link as a hint', async () => {
    const answer = await bench.newBrowser().visit('/shelf?email=ada@example.com');
    const { searchParams } = new URL(answer.location);
    expect(answer.location.startsWith(`${bench.issuer}authorize?`)).toBe(true);
    expect(searchParams.get('login_hint')).toBe(email);
    expect(searchParams.get('code_challenge_method')).toBe('S256');
    const browser = bench.newBrowser();
    const begun = await browser.visit('/shelf?email=ada@example.com');
    const page = await browser.visit((await browser.visit(begun.location)).location);
    expect(page.body).toContain(`value="${email}"`);
    expect(page.body).toContain('Calm Books');
  });

  it('shows what the buyer owns, asked for with a token for the API', async () => {
    const { page } = await bench.signIn();
    const [call] = bench.api.calls;
    const token = String(call?.headers.authorization).replace('Bearer ', '');
    expect(decodeJwt(token)).toMatchObject({
      iss: bench.issuer,
      aud: testAudience,
      email,
      email_verified: true,
    });
    expect(page.status).toBe(200);
    expect(page.body).toContain('Tides &#38; &#60;Winds&#62;');
    expect(page.body).not.toContain('<Winds>');
    expect(page.body).toContain(`Signed in as ${email}`);
    expect(page.body).toMatch(/Download PDF\s+<small>91 kB/);
    expect(page.body).toMatch(/Download EPUB\s+<small>2.3 MB/);
    expect(page.body).toContain('Bought as a guest');
    expect(page.body).toContain('ZDS2-Q5VM-RBEX');
    expect(page.body).toContain('href="http://api.example/r/1?a=1&#38;b=2"');
    expect(page.body).toContain('<a href="http://api.example/c/1">C-2026/000001</a>');
    expect(page.body).toContain('datetime="2026-11-22T12:30:00.000Z"');
    expect(page.body).not.toContain('http-equiv="refresh"');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.headers['cache-control']).toBe('no-store');
  });

  it('keeps tokens to itself and changes the session’s id at sign-in', async () => {
    const browser = bench.newBrowser();
    await browser.visit('/shelf');
    const before = browser.sessionId();
    const { page } = await bench.signIn(browser);
    expect(browser.sessionId()).not.toBe(before);
    const token = String(bench.api.calls[0]?.headers.authorization).replace('Bearer ', '');
    expect(page.body + JSON.stringify(page.headers)).not.toContain(token);
    const stale = bench.newBrowser();
    expect((await stale.visit('/shelf', { cookie: `shop_session=${before}` })).status).toBe(303);
  });

  it('refreshes by itself while a copy is being made, more slowly when that takes long', async () => {
    const purchasedAt = new Date().toISOString();
    const unready = {
      formats: [{ format: 'pdf', status: 'processing' }],
      status: 'processing',
      orderId: null,
    };
    bench.api.shelf = { items: [{ ...book, ...unready, purchasedAt }] };
    const { browser, page } = await bench.signIn();
    expect(page.body).toContain('content="3; url=/shelf"');
    expect((await browser.visit('/shelf?refresh=off')).body).not.toContain('http-equiv="refresh"');
    expect(page.body).toContain('Being prepared');
    expect(page.body).toMatch(/<button disabled>\s*Download PDF/);
    bench.api.shelf = { items: [{ ...book, ...unready }] };
    expect((await browser.visit('/shelf')).body).toContain('content="30; url=/shelf"');
  });

  it('explains why an address that is not verified owns nothing yet, and lets its owner sign in anew', async () => {
    bench.api.shelf = { items: [], notice: 'email_not_verified' };
    const { browser, page } = await bench.signIn();
    expect(page.body).toContain('Please confirm your e-mail address first');
    expect(page.body).not.toContain('Nothing has been bought');
    expect(page.body).toContain('/shelf/sign-in?email=ada%40example.com');
    const { location } = await browser.visit('/shelf/sign-in?email=ada%40example.com');
    expect(new URL(location).searchParams.get('prompt')).toBe('login');
  });

  it('says so when nothing has been bought', async () => {
    bench.api.shelf = { items: [] };
    expect((await bench.signIn()).page.body).toContain(`Nothing has been bought with ${email} yet.`);
  });

  it('tells a buyer who follows somebody else’s link whose shelf this is', async () => {
    const { browser, page } = await bench.signIn();
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
    const { browser } = await bench.signIn();
    expect((await browser.visit('/shelf?lang=pl')).body).toContain('Twoja półka');
    expect((await browser.visit('/shelf')).body).toContain('Ostatnie pobranie');
  });

  it('sends a browser that came by another name of the machine home first', async () => {
    const answer = await bench.newBrowser().visit('/shelf?email=a@b.example', { host: 'localhost:5998' });
    expect(answer.location).toBe(`${testBaseUrl}/shelf?email=a@b.example`);
  });
});

describe('a download', () => {
  it('leads to the fresh link', async () => {
    const { browser, page } = await bench.signIn();
    const answer = await browser.submit('/shelf/download', {
      csrf: csrfOf(page),
      id: book.id,
      format: 'epub',
    });
    expect([answer.status, answer.location]).toEqual([303, 'http://api.example/d/fresh']);
    expect(bench.api.calls.at(-1)).toMatchObject({
      method: 'POST',
      url: `/v1/shelf/${book.id}/download`,
      body: '{"format":"epub"}',
    });
  });

  it('is not for forms of other sites', async () => {
    const { browser } = await bench.signIn();
    for (const csrf of ['', 'x'.repeat(43)]) {
      const answer = await browser.submit('/shelf/download', { csrf, id: book.id, format: 'epub' });
      expect(answer.status).toBe(403);
    }
    expect(bench.api.calls.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it.each([
    [409, 'processing', 'still being prepared'],
    [403, 'revoked', 'not on your shelf any more'],
    [400, 'format_not_offered', 'could not be started'],
  ])('that is refused with %i %s is explained on the shelf', async (status, code, words) => {
    const { browser, page } = await bench.signIn();
    bench.api.refusal = { status, code };
    const form = { csrf: csrfOf(page), id: book.id, format: 'pdf' };
    const answer = await browser.submit('/shelf/download', form);
    expect(answer.status).toBe(303);
    bench.api.refusal = null;
    expect((await browser.visit(answer.location)).body).toMatch(new RegExp(`role="alert">[^<]*${words}`));
  });

  it('never leads to an address that is none of the web', async () => {
    const { browser, page } = await bench.signIn();
    bench.api.link = 'javascript:alert(1)';
    const form = { csrf: csrfOf(page), id: book.id, format: 'pdf' };
    expect((await browser.submit('/shelf/download', form)).status).toBe(503);
  });
});

describe('signing out', () => {
  it('ends the session of the shop and of the provider', async () => {
    const { browser, page } = await bench.signIn();
    const old = browser.sessionId();
    expect((await browser.submit('/shelf/sign-out', { csrf: 'wrong' })).status).toBe(403);
    const answer = await browser.submit('/shelf/sign-out', { csrf: csrfOf(page) });
    const question = await browser.visit(answer.location);
    expect(question.body).toContain('Sign out here, too?');
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(question.body)?.[1] ?? '';
    const end = await browser.submit(new URL('oidc/logout/confirm', bench.issuer).href, {
      xsrf,
      logout: 'yes',
    });
    expect(end.location).toBe(`${testBaseUrl}/`);
    expect((await browser.visit('/shelf', { cookie: `shop_session=${old}` })).status).toBe(303);
    const again = await browser.visit((await browser.visit('/shelf')).location);
    expect(again.location).toContain('/interaction/');
  });
});

describe('trouble', () => {
  it('believes no way back from a sign-in that this browser did not begin', async () => {
    const { location } = await bench.signInUpTo();
    expect((await bench.newBrowser().visit(location)).status).toBe(400);
    const other = bench.newBrowser();
    await other.visit('/shelf');
    const refused = await other.visit(location);
    expect(refused.status).toBe(400);
    expect(refused.body).toContain('Signing in did not work');
  });

  it('keeps a buyer in who goes back to the address of the sign-in', async () => {
    const { browser, location } = await bench.signInUpTo();
    expect((await browser.visit(location)).location).toBe('/shelf');
    expect((await browser.visit(location)).location).toBe('/shelf');
    expect((await browser.visit('/shelf')).status).toBe(200);
  });

  it('does not send buyers round in circles when the API takes no token', async () => {
    bench.api.refusal = { status: 401, code: 'not_signed_in' };
    const { browser, page } = await bench.signIn();
    expect(page.status).toBe(401);
    expect(page.body).toContain('You have been signed out');
    expect((await browser.visit('/shelf')).status).toBe(303);
  });

  it('says so when the API is down, and tries again', async () => {
    bench.api.refusal = { status: 503, code: 'unavailable' };
    const { page } = await bench.signIn();
    expect(page.status).toBe(503);
    expect(page.body).toContain('http-equiv="refresh"');
    expect(page.body).toContain('Your books are safe');
  });
});
