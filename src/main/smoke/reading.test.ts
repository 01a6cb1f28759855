import { describe, expect, it } from 'vitest';
import { composeMail } from '../../mail/compose.ts';
import { parseMetrics, total } from './metricsText.ts';
import { isEpub, isPdf, readReceiptMail } from './receiptMail.ts';
import { newOnShelf, type SmokeShelf } from './shelf.ts';
import { Hopeless, NotYet, waitFor } from './waiting.ts';

const token = 'A'.repeat(43) + 'b';
const pdf = Buffer.from('%PDF-1.7\n/Title (Receipt R-2026/000007)\n%%EOF');

const mailWith = (text: string, attachment: Buffer | null = pdf) =>
  composeMail({
    messageId: '<a@books.example>',
    date: new Date('2026-11-22T12:00:00Z'),
    from: { name: 'Books', address: 'receipts@books.example' },
    to: 'ann@books.example',
    subject: 'Your ebook',
    text,
    html: `<p>${text}</p>`,
    attachments:
      attachment === null
        ? []
        : [{ fileName: 'R-2026-000007.pdf', contentType: 'application/pdf', bytes: attachment }],
    language: 'en',
  });

describe('a mail', () => {
  const text = `Order: HH6V-SCQS-Z18B\nReceipt: R-2026/000007\nPDF: https://b.example/d/${token}\nagain: https://b.example/d/${token}`;

  it('is read as a receipt with number, order, PDF and links', async () => {
    expect(await readReceiptMail(await mailWith(text))).toEqual({
      number: 'R-2026/000007',
      orderId: 'HH6V-SCQS-Z18B',
      subject: 'Your ebook',
      pdf: { fileName: 'R-2026-000007.pdf', sizeBytes: pdf.length, namesNumber: true },
      receiptUrl: null,
      links: [`https://b.example/d/${token}`],
    });
  });

  it('says when the PDF does not bear the number, and finds it in UTF-16 too', async () => {
    const named = async (bytes: Buffer) =>
      (await readReceiptMail(await mailWith(text, bytes)))?.pdf.namesNumber;
    expect(await named(Buffer.from('%PDF-1.7 R-2026/000008'))).toBe(false);
    expect(
      await named(
        Buffer.concat([Buffer.from('%PDF-1.7 '), Buffer.from('R-2026/000007', 'utf16le').swap16()]),
      ),
    ).toBe(true);
  });

  it.each([
    ['without a number', 'Hello', pdf],
    ['without an attachment', text, null],
    ['whose PDF is none', text, Buffer.from('<html>')],
  ])('%s is no receipt', async (_what, words, attachment) => {
    expect(await readReceiptMail(await mailWith(words, attachment))).toBeUndefined();
  });
});

describe('files', () => {
  it('are known by their first bytes', () => {
    const epub = Buffer.concat([
      Buffer.from('PK\x03\x04', 'latin1'),
      Buffer.alloc(26),
      Buffer.from('mimetypeapplication/epub+zip'),
    ]);
    expect([isPdf(pdf), isEpub(pdf), isPdf(epub), isEpub(epub)]).toEqual([true, false, false, true]);
    expect(
      isEpub(Buffer.from('PK\x03\x04 some other archive, long enough to look at its name', 'latin1')),
    ).toBe(false);
  });
});

describe('metrics', () => {
  const page = '# HELP x y\nx_total{a="1",b="p\\"q,r"} 2\nx_total{a="2"} 3.5 1700000000\nxx_total 9\nempty\n';

  it('are summed by name and labels', () => {
    const samples = parseMetrics(page);
    expect(total(samples, 'x_total')).toBe(5.5);
    expect(total(samples, 'x_total', { a: '1' })).toBe(2);
    expect(total(samples, 'x_total', { b: 'p\\"q,r' })).toBe(2);
    expect(total(samples, 'nothing')).toBe(0);
  });
});

describe('the shelf', () => {
  const item = {
    id: 'new',
    title: 'T',
    status: 'active',
    orderId: 'o',
    formats: [{ format: 'pdf', status: 'ready' }],
  };
  const look = (...items: SmokeShelf['items']) => newOnShelf({ items }, new Set(['old']));

  it('shows what was not there before, once it can be downloaded', () => {
    expect(look({ ...item, id: 'old' }, item)).toBe('“T” (pdf)');
  });

  it.each([
    ['nothing is new', { ...item, id: 'old' }],
    ['it is processing', { ...item, status: 'processing' }],
    ['a format is not ready', { ...item, formats: [{ format: 'pdf', status: 'processing' }] }],
  ])('is looked at again while %s', (_while, one) => {
    expect(() => look(one)).toThrow(NotYet);
  });
});

describe('waiting', () => {
  const options = () => ({ signal: AbortSignal.timeout(50), pollMs: 1 });

  it('ends with what came', async () => {
    let looks = 0;
    const look = async () => {
      looks += 1;
      if (looks < 3) throw new NotYet('not there');
      return 'there';
    };
    expect(await waitFor(look, options())).toEqual({ came: true, value: 'there' });
  });

  it('ends at once when it is hopeless', async () => {
    const signal = new AbortController().signal;
    const look = () => Promise.reject(new Hopeless('it failed'));
    expect(await waitFor(look, { signal, pollMs: 1 })).toEqual({ came: false, reason: 'it failed' });
  });

  it('tells what it saw last when the time is up', async () => {
    const look = () => Promise.reject(new NotYet('still processing'));
    expect(await waitFor(look, options())).toEqual({ came: false, reason: 'still processing' });
  });
});
