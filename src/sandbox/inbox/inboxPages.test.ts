import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAdminPool } from '../../../test/setup/adminPool.ts';
import { createEmptyDatabase } from '../../../test/setup/database.ts';
import { buildInboxWebsite } from './inboxWebsite.ts';
import { createMailStore } from './mailStore.ts';
import type { MailStore } from './mailStore.ts';

let database: Awaited<ReturnType<typeof createEmptyDatabase>>;
let pool: Pool;
let store: MailStore;
let website: ReturnType<typeof buildInboxWebsite>;

beforeAll(async () => {
  database = await createEmptyDatabase();
  pool = openAdminPool(database.url);
  store = await createMailStore(pool);
  website = buildInboxWebsite({
    store,
    faults: { current: () => ({ mode: 'none' }), set: async () => undefined },
  });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function keep(source: string[], recipient = 'ann@buyer.example'): Promise<number> {
  return store.accept({
    mailFrom: 'a@shop.example',
    recipients: [recipient],
    raw: Buffer.from(source.join('\r\n')),
  });
}

describe('inbox pages', () => {
  it('escape what a mail says', async () => {
    const uid = await keep([
      'Subject: <script>alert(1)</script>',
      'From: "<b>x</b>" <a@shop.example>',
      '',
      '<i>text</i>',
    ]);

    for (const url of ['/', `/mail/${uid}`, `/?q=${encodeURIComponent('"><script>')}`]) {
      const { body } = await website.inject(url);
      expect(body).not.toMatch(/<script|<b>|<i>/);
    }
  });

  it('show the HTML part only in a frame that runs nothing and loads nothing from elsewhere', async () => {
    const uid = await keep([
      'Content-Type: multipart/related; boundary=b',
      '',
      '--b',
      'Content-Type: text/html',
      '',
      '<!doctype html><p>Hello <img src="cid:logo@shop"></p>',
      '--b',
      'Content-Type: image/png',
      'Content-ID: <logo@shop>',
      '',
      'PNG',
      '--b--',
    ]);

    expect((await website.inject(`/mail/${uid}`)).body).toMatch(
      new RegExp(`<iframe\\s+src="/mail/${uid}/html"[^>]*sandbox="allow-popups `),
    );
    const part = await website.inject(`/mail/${uid}/html`);
    expect(part.body).toContain('<!doctype html><base target="_blank"><p>Hello');
    expect(part.body).toContain(`<img src="/mail/${uid}/part/1">`);
    const policy = String(part.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain('sandbox allow-popups allow-popups-to-escape-sandbox allow-downloads');
    expect(policy).not.toContain('allow-scripts');
    expect((await website.inject(`/mail/${uid}/part/1`)).headers['content-disposition']).toContain(
      'attachment',
    );
  });

  it('list the newest first, 50 to a page, and keep search and pause while paging', async () => {
    for (let n = 1; n <= 51; n += 1) await keep([`Subject: Number ${n}.`, '', 'x'], 'pages@buyer.example');

    const first = (await website.inject('/?q=pages%40buyer.example')).body;
    expect(first).toContain('51 mails found');
    expect(first.indexOf('Number 51.')).toBeLessThan(first.indexOf('Number 50.'));
    expect(first).not.toContain('Number 1.');
    expect(first).toContain('http-equiv="refresh"');
    const second = (await website.inject('/?q=pages%40buyer.example&page=2&refresh=off')).body;
    expect(second).toContain('Number 1.');
    expect(second).toContain('href="/?q=pages%40buyer.example&#38;refresh=off"');
    expect(second).not.toContain('http-equiv="refresh"');
  });

  it('answer 404 for a mail that is not there, and 400 for what is no number', async () => {
    expect((await website.inject('/mail/999999')).statusCode).toBe(404);
    expect((await website.inject('/api/v1/message/999999')).statusCode).toBe(404);
    expect((await website.inject('/mail/x')).statusCode).toBe(400);
  });
});
