import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLinkTokens } from '../../src/shelf/linkTokens.ts';
import { browser, copyBytes, startShelfStack, type ShelfStack } from '../builders/shelfStack.ts';

let stack: ShelfStack;

beforeAll(async () => {
  stack = await startShelfStack();
});

afterAll(() => stack.stop());

interface DownloadRow {
  client_hash: Buffer;
  storage_key: string;
  delivered_by: string;
  program: boolean;
  sent_bytes: number;
  asked_bytes: number;
  finished: boolean;
}

/** Deliveries of an ebook, once all of them have ended. */
async function downloadsOf(entitlementId: string): Promise<DownloadRow[]> {
  return vi.waitFor(async () => {
    const { rows } = await stack.admin.query<DownloadRow>(
      `select client_hash, storage_key, delivered_by, program, sent_bytes::int, asked_bytes::int,
              finished_at is not null as finished
         from fulfillment.downloads where entitlement_id = $1 order by id`,
      [entitlementId],
    );
    expect(rows.every(({ finished }) => finished)).toBe(true);
    return rows;
  });
}

const finishedOf = ({ entitlementId }: { entitlementId: string }) =>
  stack.told.filter((event) => event.name === 'download.finished' && event.entitlementId === entitlementId);

describe('a link in a mail', () => {
  it('brings the buyer’s own copy, again and again, and tells who had how much of it', async () => {
    const { ebook, token } = await stack.givenLink();
    for (const _ of [1, 2]) {
      const file = await stack.click(token);
      expect(file.statusCode).toBe(200);
      expect(file.rawPayload.equals(copyBytes)).toBe(true);
      expect(file.headers).toMatchObject({
        'content-type': 'application/pdf',
        'accept-ranges': 'bytes',
        'cache-control': 'private, no-store',
        'referrer-policy': 'no-referrer',
      });
    }
    const downloads = await downloadsOf(ebook.entitlementId);
    const whole = {
      storage_key: ebook.storageKey('pdf'),
      delivered_by: 'stream',
      program: false,
      sent_bytes: copyBytes.length,
      asked_bytes: copyBytes.length,
    };
    expect(downloads).toMatchObject([whole, whole]);
    expect(downloads[0]?.client_hash).toEqual(downloads[1]?.client_hash);
    expect(downloads[0]?.client_hash).toHaveLength(16);
    await vi.waitFor(() =>
      expect(finishedOf(ebook)).toEqual(
        [1, 2].map(() => ({
          name: 'download.finished',
          entitlementId: ebook.entitlementId,
          format: 'pdf',
        })),
      ),
    );
  });

  it('resumes a download on itself, and counts its parts as one', async () => {
    const { ebook, token } = await stack.givenLink();
    const { etag } = (await stack.click(token, browser, 'HEAD')).headers;
    const tenth = Math.ceil(copyBytes.length / 10);
    const parts: Buffer[] = [];
    for (let start = 0; start < copyBytes.length; start += tenth) {
      const range = `bytes=${start}-${Math.min(start + tenth, copyBytes.length) - 1}`;
      const part = await stack.click(token, { ...browser, range, 'if-range': String(etag) });
      expect(part.statusCode).toBe(206);
      parts.push(part.rawPayload);
      await downloadsOf(ebook.entitlementId);
    }
    expect(Buffer.concat(parts).equals(copyBytes)).toBe(true);
    await vi.waitFor(() => expect(finishedOf(ebook)).toHaveLength(1));
  });

  it('begins anew when the file is another one, and refuses bytes that are not there', async () => {
    const { token } = await stack.givenLink();
    const other = await stack.click(token, { ...browser, range: 'bytes=5-', 'if-range': '"other"' });
    expect([other.statusCode, other.rawPayload.length]).toEqual([200, copyBytes.length]);
    const beyond = await stack.click(token, { ...browser, range: `bytes=${copyBytes.length}-` });
    expect([beyond.statusCode, beyond.headers['content-range']]).toEqual([
      416,
      `bytes */${copyBytes.length}`,
    ]);
    const several = await stack.click(token, { ...browser, range: 'bytes=0-1,4-5' });
    expect([several.statusCode, several.rawPayload.length]).toEqual([200, copyBytes.length]);
  });

  it('counts programs apart from the buyer, and HEAD not at all', async () => {
    const { ebook, token } = await stack.givenLink();
    expect((await stack.click(token, browser, 'HEAD')).headers['content-length']).toBe(
      String(copyBytes.length),
    );
    const scanner = { 'user-agent': 'Barracuda Sentinel (EE)' };
    const prefetch = { ...browser, 'sec-purpose': 'prefetch;prerender' };
    for (const headers of [scanner, prefetch, scanner]) {
      expect((await stack.click(token, headers)).statusCode).toBe(200);
      await downloadsOf(ebook.entitlementId);
    }
    // Calling oneself a program opens no hole.
    expect((await stack.click(token, scanner)).statusCode).toBe(429);
    expect((await stack.click(token)).statusCode).toBe(200);
    const programs = (await downloadsOf(ebook.entitlementId)).map(({ program }) => program);
    expect(programs).toEqual([true, true, true, false]);
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
       values ($1, 'copy', 1, 'pdf', $2, $3, repeat('0', 64))`,
      [ebook.paymentId, ebook.storageKey('pdf'), copyBytes.length],
    );
    expect((await stack.click(token)).statusCode).toBe(200);
  });

  it('ends with its time', async () => {
    const { ebook, token } = await stack.givenLink({}, { expiresInSeconds: -1 });
    const answer = await stack.click(token);
    expect(answer.statusCode).toBe(410);
    expect(answer.rawPayload.includes(copyBytes)).toBe(false);
    expect(await downloadsOf(ebook.entitlementId)).toEqual([]);
  });

  it('ends with the right to the book, at the very next click', async () => {
    const { ebook, token } = await stack.givenLink();
    expect((await stack.click(token)).statusCode).toBe(200);
    await stack.setState(ebook.entitlementId, 'revoked');
    const answer = await stack.click(token);
    expect(answer.statusCode).toBe(403);
    expect(answer.body).toContain('Access to this book has ended');
  });

  it('works for a guest who has not claimed anything', async () => {
    const { token } = await stack.givenLink({ state: 'pending_claim' });
    expect((await stack.click(token)).statusCode).toBe(200);
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
    const file = await stack.click(token);
    expect(file.statusCode).toBe(200);
    expect(file.headers['content-disposition']).toMatch(disposition);
    expect(file.headers['set-cookie']).toBeUndefined();
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
