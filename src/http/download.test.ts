import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { buildHttpServer } from '../../test/builders/httpServer.ts';
import { Fault } from '../domain/fault.ts';
import type { Click, FollowedLink } from '../shelf/followLink.ts';

function follow(
  followed: FollowedLink | Error,
  headers: Record<string, string> = {},
  method: 'GET' | 'HEAD' = 'GET',
) {
  const clicks: Array<{ token: string; click: Click }> = [];
  const built = buildHttpServer({
    shop: {
      name: 'Harbour & Sons',
      shelfUrl: 'https://shop.example/shelf',
      supportEmail: 'help@shop.example',
    },
    followLink: async (token, click) => {
      clicks.push({ token, click });
      if (followed instanceof Error) throw followed;
      return followed;
    },
  });
  const answer = built.server.inject({ method, url: '/d/some-token', headers });
  return { answer, clicks, told: built.told };
}

describe('a link that leads to the book', () => {
  it('redirects, and nobody keeps where to', async () => {
    const { answer } = follow({ kind: 'redirect', url: 'https://storage.example/x?signature=y' });
    const { statusCode, headers } = await answer;
    expect(statusCode).toBe(302);
    expect(headers).toMatchObject({
      location: 'https://storage.example/x?signature=y',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex, nofollow',
    });
  });

  it('tells the shelf who clicked', async () => {
    const { answer, clicks } = follow(
      { kind: 'unknown' },
      { 'user-agent': 'Firefox', 'sec-purpose': 'prefetch', 'x-moz': 'other' },
      'HEAD',
    );
    await answer;
    expect(clicks).toEqual([
      {
        token: 'some-token',
        click: { method: 'HEAD', clientAddress: '127.0.0.1', userAgent: 'Firefox', purpose: 'prefetch' },
      },
    ]);
  });
});

describe('a link that leads to a page', () => {
  const page = { title: 'Cień <wiatru> & "inne"', language: 'pl' } as const;

  it.each([
    ['preparing', 202, 'Przygotowujemy Twoją książkę'],
    ['expired', 410, 'Ten link wygasł'],
    ['revoked', 403, 'Dostęp do tej książki został cofnięty'],
  ] as const)('%s: the status %i, in the language of the buyer', async (kind, status, heading) => {
    const answer = await follow({ kind, ...page }, { 'accept-language': 'en' }).answer;
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-language']).toBe('pl');
    expect(answer.body).toContain('<html lang="pl">');
    expect(answer.body).toContain(`<h1>${heading}</h1>`);
    expect(answer.body).toContain('Cień &lt;wiatru&gt; &amp; &quot;inne&quot;');
    expect(answer.body).toContain('Harbour &amp; Sons');
  });

  it('looks again by itself only while the book is being prepared', async () => {
    const preparing = await follow({ kind: 'preparing', ...page }).answer;
    expect(preparing.body).toContain('<meta http-equiv="refresh" content="5"');
    expect(preparing.headers['retry-after']).toBe('5');
    expect((await follow({ kind: 'expired', ...page }).answer).body).not.toContain('http-equiv="refresh"');
  });

  it('leads to the shelf where that helps', async () => {
    expect((await follow({ kind: 'expired', ...page }).answer).body).toContain(
      'href="https://shop.example/shelf"',
    );
    expect((await follow({ kind: 'revoked', ...page }).answer).body).not.toContain(
      'href="https://shop.example/shelf"',
    );
  });

  it('of an unknown link is in the language of the browser, and names nothing', async () => {
    const answer = await follow({ kind: 'unknown' }, { 'accept-language': 'pl-PL,pl;q=0.9' }).answer;
    expect(answer.statusCode).toBe(404);
    expect(answer.body).toContain('<h1>Nie znamy tego linku</h1>');
    expect(answer.body).not.toContain('class="book"');
  });

  it('runs no script, and its policy allows exactly its own style sheet', async () => {
    const { body, headers } = await follow({ kind: 'preparing', ...page }).answer;
    const css = /<style>([\s\S]*?)<\/style>/.exec(body)?.[1] ?? '';
    const hash = createHash('sha256').update(css).digest('base64');
    expect(css).toContain('prefers-color-scheme');
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-${hash}'`,
    );
    expect(body).not.toMatch(/<script|style="| on[a-z]+=/i);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  });

  it('answers mangled links with the same page as any unknown one', async () => {
    const { server } = buildHttpServer();
    const plain = await server.inject({ method: 'GET', url: '/d/aaaa' });
    for (const url of ['/d/', '/d/a/b', `/d/${'a'.repeat(3000)}`, '/d/%3Cscript%3E']) {
      const answer = await server.inject({ method: 'GET', url });
      expect(answer.statusCode).toBe(404);
      expect(answer.body).toBe(plain.body);
    }
  });
});

describe('a link while something is down', () => {
  it('asks the buyer for patience and tells the log', async () => {
    const down = new Fault({ kind: 'transient', reason: 'database_unavailable', message: 'Down.' });
    const { answer, told } = follow(down);
    expect((await answer).statusCode).toBe(503);
    expect((await answer).body).toContain('<h1>One moment, please</h1>');
    expect(told).toMatchObject([{ name: 'database.unavailable', during: 'follow_link' }]);
  });
});
