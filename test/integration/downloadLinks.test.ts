import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLinkTokens } from '../../src/shelf/linkTokens.ts';
import {
  browser,
  copyBytes,
  publicBaseUrl,
  startShelfStack,
  type ShelfStack,
} from '../builders/shelfStack.ts';

let stack: ShelfStack;

beforeAll(async () => {
  stack = await startShelfStack();
});

afterAll(() => stack.stop());

async function downloadsOf(entitlementId: string) {
  const { rows } = await stack.admin.query<{ client_hash: Buffer; storage_key: string }>(
    'select client_hash, storage_key from fulfillment.downloads where entitlement_id = $1',
    [entitlementId],
  );
  return rows;
}

describe('a link in a mail', () => {
  it('brings the buyer’s own copy, again and again, and counts every click of a person', async () => {
    const { ebook, token } = await stack.givenLink();
    for (const _ of [1, 2]) {
      const { headers } = await stack.click(token);
      const file = await stack.server.inject({
        method: 'GET',
        url: String(headers.location).slice(publicBaseUrl.length),
      });
      expect(file.rawPayload.equals(copyBytes)).toBe(true);
      expect(file.headers['content-type']).toBe('application/pdf');
    }
    const downloads = await downloadsOf(ebook.entitlementId);
    expect(downloads.map((row) => row.storage_key)).toEqual([
      ebook.storageKey('pdf'),
      ebook.storageKey('pdf'),
    ]);
    expect(downloads[0]?.client_hash).toEqual(downloads[1]?.client_hash);
    expect(downloads[0]?.client_hash).toHaveLength(16);
  });

  it('leads to a URL that works for five minutes', async () => {
    const { token } = await stack.givenLink();
    const { headers } = await stack.click(token);
    const expires = Number(new URL(String(headers.location)).searchParams.get('expires'));
    expect(Math.abs(expires - Date.now() / 1000 - 300)).toBeLessThan(10);
  });

  it('is followed for scanners and previews, but not counted', async () => {
    const { ebook, token } = await stack.givenLink();
    const answers = [
      await stack.click(token, browser, 'HEAD'),
      await stack.click(token, { 'user-agent': 'Barracuda Sentinel (EE)' }),
      await stack.click(token, { ...browser, 'sec-purpose': 'prefetch;prerender' }),
      await stack.click(token, { ...browser, purpose: 'prefetch' }),
    ];
    expect(answers.map((answer) => answer.statusCode)).toEqual([302, 302, 302, 302]);
    expect(await downloadsOf(ebook.entitlementId)).toEqual([]);
    expect((await stack.click(token)).statusCode).toBe(302);
    expect(await downloadsOf(ebook.entitlementId)).toHaveLength(1);
  });

  it('says that the book is being prepared until its copy is stored', async () => {
    const { ebook, token } = await stack.givenLink({ state: 'processing', language: 'pl' });
    const early = await stack.click(token);
    expect(early.statusCode).toBe(202);
    expect(early.body).toContain('Przygotowujemy Twoją książkę');
    await stack.setState(ebook.entitlementId, 'active');
    expect((await stack.click(token)).statusCode).toBe(202);
    await stack.admin.query(
      `insert into fulfillment.stored_files (payment_id, kind, line_no, format, storage_key, size_bytes, sha256)
       values ($1, 'copy', 1, 'pdf', $2, 1, repeat('0', 64))`,
      [ebook.paymentId, ebook.storageKey('pdf')],
    );
    expect((await stack.click(token)).statusCode).toBe(302);
  });

  it('ends with its time', async () => {
    const { ebook, token } = await stack.givenLink({}, { expiresInSeconds: -1 });
    const answer = await stack.click(token);
    expect(answer.statusCode).toBe(410);
    expect(answer.headers.location).toBeUndefined();
    expect(await downloadsOf(ebook.entitlementId)).toEqual([]);
  });

  it('ends with the right to the book, at the very next click', async () => {
    const { ebook, token } = await stack.givenLink();
    expect((await stack.click(token)).statusCode).toBe(302);
    await stack.setState(ebook.entitlementId, 'revoked');
    const answer = await stack.click(token);
    expect(answer.statusCode).toBe(403);
    expect(answer.body).toContain('Access to this book has ended');
  });

  it('works for a guest who has not claimed anything', async () => {
    const { token } = await stack.givenLink({ state: 'pending_claim' });
    expect((await stack.click(token)).statusCode).toBe(302);
  });

  it('cannot be guessed or altered, and says the same to every attempt', async () => {
    const { ebook, token } = await stack.givenLink();
    const guesses = [
      token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A'),
      (token.startsWith('A') ? 'B' : 'A') + token.slice(1),
      createLinkTokens({ keys: [randomBytes(32)] }).write('download-link', ebook.entitlementId),
      stack.tokens.write('receipt-page', ebook.paymentId),
      stack.tokens.write('download-link', ebook.entitlementId),
      'x',
      token.toLowerCase(),
    ];
    const answers = await Promise.all(guesses.map((guess) => stack.click(guess)));
    expect(answers.map((answer) => answer.statusCode)).toEqual(guesses.map(() => 404));
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1);
    expect(stack.told).toContainEqual({ name: 'download.answered', outcome: 'refused', reason: 'unknown' });
  });

  it.each([
    ['Cień wiatru', /filename="Cien wiatru\.pdf"; filename\*=UTF-8''Cie%C5%84%20wiatru\.pdf$/],
    ['../../etc/passwd"\r\nSet-Cookie: x=1', /^attachment; filename="etc passwd Set-Cookie x=1\.pdf"$/],
    ['\u202Efdp.exe', /^attachment; filename="fdp\.exe\.pdf"$/],
    [
      '静かな港',
      /^attachment; filename="download\.pdf"; filename\*=UTF-8''%E9%9D%99%E3%81%8B%E3%81%AA%E6%B8%AF\.pdf$/,
    ],
    ['//', /^attachment; filename="ebook\.pdf"$/],
  ])('saves the title %j under a safe name', async (title, disposition) => {
    const { token } = await stack.givenLink({ title });
    const { headers } = await stack.click(token);
    const file = await stack.server.inject({
      method: 'GET',
      url: String(headers.location).slice(publicBaseUrl.length),
    });
    expect(file.statusCode).toBe(200);
    expect(file.headers['content-disposition']).toMatch(disposition);
    expect(file.headers['set-cookie']).toBeUndefined();
  });

  it('leads to a file that can be had in parts, and not by an altered URL', async () => {
    const { token } = await stack.givenLink();
    const { headers } = await stack.click(token);
    const url = String(headers.location).slice(publicBaseUrl.length);
    const part = await stack.server.inject({ method: 'GET', url, headers: { range: 'bytes=1-3' } });
    expect([part.statusCode, part.body, part.headers['content-range']]).toEqual([
      206,
      'PDF',
      `bytes 1-3/${copyBytes.length}`,
    ]);
    const altered = await stack.server.inject({ method: 'GET', url: url.replace('1.pdf', '1.epub') });
    expect(altered.statusCode).toBe(403);
  });
});

describe('a receipt link', () => {
  it('opens the receipt of its payment, as page and as PDF', async () => {
    const ebook = await stack.givenEbook();
    const token = stack.tokens.write('receipt-page', ebook.paymentId);
    const page = await stack.server.inject({ method: 'GET', url: `/r/${token}` });
    expect(page.body).toContain(ebook.orderId);
    const pdf = await stack.server.inject({ method: 'GET', url: `/r/${token}.pdf` });
    expect(pdf.headers['content-disposition']).toMatch(/^attachment; filename="R-2026-0\d{5}\.pdf"$/);
    expect(pdf.json()).toEqual({ orderId: ebook.orderId });
  });

  it('opens nothing without a receipt, or with a token of another kind', async () => {
    const ebook = await stack.givenEbook({ receipt: false });
    for (const kind of ['receipt-page', 'download-link'] as const) {
      const answer = await stack.server.inject({
        method: 'GET',
        url: `/r/${stack.tokens.write(kind, ebook.paymentId)}`,
      });
      expect(answer.statusCode).toBe(404);
    }
  });
});
