import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { buildHttpServer } from '../../test/builders/httpServer.ts';

const css = 'p { color: #123 }';
const receiptPages = {
  html: async (token: string) =>
    token === 'good' ? `<!doctype html><style>${css}</style><p>R-2026/000001</p>` : undefined,
  pdf: async (token: string) =>
    token === 'good'
      ? { bytes: new TextEncoder().encode('%PDF-1.7'), fileName: 'R-2026-000001.pdf' }
      : undefined,
};
const creditNotePages = {
  html: async (token: string) => (token === 'good' ? '<!doctype html><p>C-2026/000001</p>' : undefined),
  pdf: async (token: string) =>
    token === 'good'
      ? { bytes: new TextEncoder().encode('%PDF-1.7 credit'), fileName: 'C-2026-000001.pdf' }
      : undefined,
};
const { server } = buildHttpServer({ receiptPages, creditNotePages });
const get = (url: string, headers = {}) => server.inject({ method: 'GET', url, headers });

describe('the receipt behind a link', () => {
  it('is a page whose policy allows its own style and nothing else', async () => {
    const answer = await get('/r/good');
    const hash = createHash('sha256').update(css).digest('base64');
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('R-2026/000001');
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'private, no-store',
      'x-robots-tag': 'noindex, nofollow',
    });
    expect(answer.headers['content-security-policy']).toContain(`style-src 'sha256-${hash}'`);
  });

  it('is a PDF when asked for', async () => {
    const answer = await get('/r/good.pdf');
    expect(answer.body).toBe('%PDF-1.7');
    expect(answer.headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-disposition': 'attachment; filename="R-2026-000001.pdf"',
    });
  });

  it.each(['/r/bad', '/r/bad.pdf', '/r/', '/r/good/x'])('%s is not known', async (url) => {
    const answer = await get(url, { 'accept-language': 'pl' });
    expect(answer.statusCode).toBe(404);
    expect(answer.body).toContain('Nie znamy tego potwierdzenia');
  });
});

describe('the credit note behind a link', () => {
  it('is a page, and a PDF when asked for', async () => {
    const page = await get('/c/good');
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('C-2026/000001');
    expect(page.headers).toMatchObject({ 'cache-control': 'private, no-store' });
    const file = await get('/c/good.pdf');
    expect(file.body).toBe('%PDF-1.7 credit');
    expect(file.headers['content-disposition']).toBe('attachment; filename="C-2026-000001.pdf"');
  });

  it.each(['/c/bad', '/c/bad.pdf', '/c/', '/c/good/x'])('%s is not known', async (url) => {
    const answer = await get(url, { 'accept-language': 'pl' });
    expect(answer.statusCode).toBe(404);
    expect(answer.body).toContain('Nie znamy tego potwierdzenia zwrotu');
  });

  it('asks for patience while it cannot be read, and tells what went wrong', async () => {
    const broken = async () => {
      throw new Error('no database');
    };
    const { server: failing, told } = buildHttpServer({ creditNotePages: { html: broken, pdf: broken } });
    const answer = await failing.inject({ method: 'GET', url: '/c/good.pdf' });
    expect(answer.statusCode).toBe(503);
    expect(told).toContainEqual(expect.objectContaining({ during: 'show_credit_note' }));
  });
});
