import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { buildHttpServer } from '../../test/builders/httpServer.ts';

const bytes = Buffer.from('0123456789'.repeat(10));

function serving(headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') {
  // Chunks of seven bytes, so that ranges begin and end inside of them.
  const chunks = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) =>
    bytes.subarray(at * 7, at * 7 + 7),
  );
  const stream = Readable.from(chunks, { objectMode: false });
  const asked: string[] = [];
  const { server } = buildHttpServer({
    openSignedFile: async (url) => {
      asked.push(url.href);
      return {
        chunks: stream,
        close: () => stream.destroy(),
        sizeBytes: bytes.length,
        fileName: 'Zażółć.pdf',
        contentType: 'application/pdf',
      };
    },
  });
  const answer = server.inject({ method, url: '/files/copies/A/1.pdf?expires=1&signature=x%2By', headers });
  return { answer, stream, asked };
}

describe('GET /files/*', () => {
  it('serves the file as a download under its name', async () => {
    const { answer, asked } = serving();
    const { statusCode, headers, rawPayload } = await answer;
    expect(statusCode).toBe(200);
    expect(rawPayload.equals(bytes)).toBe(true);
    expect(headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': '100',
      'accept-ranges': 'bytes',
      'content-disposition':
        'attachment; filename="Zazolc.pdf"; filename*=UTF-8\'\'Za%C5%BC%C3%B3%C5%82%C4%87.pdf',
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(asked).toEqual(['https://books.example/files/copies/A/1.pdf?expires=1&signature=x%2By']);
  });

  it.each([
    ['bytes=0-0', '0', 'bytes 0-0/100'],
    ['bytes=5-8', '5678', 'bytes 5-8/100'],
    ['bytes=6-14', '678901234', 'bytes 6-14/100'],
    ['bytes=95-', '56789', 'bytes 95-99/100'],
    ['bytes=-3', '789', 'bytes 97-99/100'],
  ])('serves the range %s', async (range, body, contentRange) => {
    const { answer, stream } = serving({ range });
    expect((await answer).statusCode).toBe(206);
    expect((await answer).body).toBe(body);
    expect((await answer).headers).toMatchObject({
      'content-range': contentRange,
      'content-length': String(body.length),
    });
    expect(stream.destroyed).toBe(true);
  });

  it('reads nothing but the range where the file can be opened there', async () => {
    const asked: unknown[] = [];
    let closed = 0;
    const { server } = buildHttpServer({
      openSignedFile: async () => ({
        chunks: {
          [Symbol.asyncIterator]() {
            throw new Error('It was read from its start.');
          },
        },
        async *part(range) {
          asked.push(range);
          yield bytes.subarray(range.start, range.end + 1);
        },
        close: () => void (closed += 1),
        sizeBytes: bytes.length,
        fileName: 'Book.pdf',
        contentType: 'application/pdf',
      }),
    });
    const answer = await server.inject({ url: '/files/copies/A/1.pdf', headers: { range: 'bytes=95-' } });
    expect([answer.statusCode, answer.body]).toEqual([206, '56789']);
    expect(asked).toEqual([{ start: 95, end: 99 }]);
    await vi.waitFor(() => expect(closed).toBe(1));
  });

  it('refuses a range that is not there, and closes the file', async () => {
    const { answer, stream } = serving({ range: 'bytes=100-' });
    expect((await answer).statusCode).toBe(416);
    expect((await answer).headers['content-range']).toBe('bytes */100');
    expect((await answer).json()).toMatchObject({ code: 'range_not_satisfiable' });
    expect(stream.destroyed).toBe(true);
  });

  it('resumes only the file with which a download began', async () => {
    const { etag } = (await serving().answer).headers;
    const same = await serving({ range: 'bytes=98-', 'if-range': String(etag) }).answer;
    expect([same.statusCode, same.body]).toEqual([206, '89']);
    const other = await serving({ range: 'bytes=98-', 'if-range': '"other"' }).answer;
    expect([other.statusCode, other.body.length]).toEqual([200, 100]);
  });

  it('answers HEAD without reading the file', async () => {
    const { answer, stream } = serving({}, 'HEAD');
    expect((await answer).statusCode).toBe(200);
    expect((await answer).headers['content-length']).toBe('100');
    expect((await answer).body).toBe('');
    expect(stream.destroyed).toBe(true);
  });

  it('shows a page when the URL does not hold any more', async () => {
    const answer = await buildHttpServer().server.inject({
      method: 'GET',
      url: '/files/copies/A/1.pdf?expires=1',
    });
    expect(answer.statusCode).toBe(403);
    expect(answer.body).toContain('<h1>This download has timed out</h1>');
  });

  it('does not exist where another store signs its own URLs', async () => {
    const { server } = buildHttpServer({ openSignedFile: undefined });
    const answer = await server.inject({ method: 'GET', url: '/files/copies/A/1.pdf' });
    expect(answer.json()).toMatchObject({ status: 404 });
  });
});
