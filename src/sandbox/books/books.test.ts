import { strFromU8, unzipSync } from 'fflate';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createBooks } from './books.ts';
import type { Book, BookFile } from './books.ts';
import { sandboxCatalog } from './sandboxCatalog.ts';

const zoneOfThisRun = process.env['TZ'];

let books: Book[];

beforeAll(async () => {
  books = await createBooks();
});

afterEach(() => {
  if (zoneOfThisRun === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zoneOfThisRun;
});

function fileOf(slug: string, format: BookFile['format']): BookFile {
  const file = books.find((book) => book.slug === slug)?.files.find((one) => one.format === format);
  if (!file) throw new Error(`${slug} has no ${format}`);
  return file;
}

async function readPdf(bytes: Uint8Array) {
  // The reader takes the bytes it is given for itself.
  const task = getDocument({ data: bytes.slice(), verbosity: 0 });
  const document = await task.promise;
  const pages: string[] = [];
  for (let number = 1; number <= document.numPages; number += 1) {
    const { items } = await (await document.getPage(number)).getTextContent();
    pages.push(items.map((item) => ('str' in item ? item.str : '')).join(' '));
  }
  const { info } = await document.getMetadata();
  const outline = await document.getOutline();
  await task.destroy();
  return { pages, info: info as Record<string, unknown>, chapters: outline.map((entry) => entry.title) };
}

describe('the sandbox books', () => {
  it('are what the catalogue sells', () => {
    expect(books.map(({ slug, title, language, version }) => ({ slug, title, language, version }))).toEqual(
      sandboxCatalog.map(({ slug, title, language, version }) => ({ slug, title, language, version })),
    );
    const prices = sandboxCatalog.flatMap((book) => book.prices);
    expect(new Set(prices.map((price) => price.stripePriceId)).size).toBe(15);
    expect(prices.filter((price) => price.currency === 'KWD').map((price) => price.amountMinor % 10)).toEqual(
      [0, 0, 0],
    );
  });

  it('never change: other bytes need another version', () => {
    expect(
      books.flatMap((book) => book.files.map((file) => `${book.slug}.${file.format} ${file.sha256}`)),
    ).toEqual([
      'the-calm-checkout.pdf 35df669e7cb4b4bccfd541e240403d04082b65508b2e3fd03ff7715c6f314041',
      'the-calm-checkout.epub b8bfd293df9513c5e83c1309aaa72cf69228f5acc5e9ea1a3b3145992772948e',
      'paragon-bez-tajemnic.pdf 8bc1f2f6fc9806f8987ebb1caf837ca2399238724a1fcbfe40128d24d0ba8929',
      'paragon-bez-tajemnic.epub f84fd002d139a35cfcd2458a3323f355c621f7c21e257c8f8079589331c55893',
      'queues-for-shopkeepers.pdf 572b5e5e6c925b01f75c3f6ea7df736e99119cd5e82055da44a6cf37b6bb7ad6',
      'queues-for-shopkeepers.epub 7032fa3a641dd95d96eee117781b73019f630b9eba0389258ddaa4721a6ad302',
    ]);
  });

  it('come out the same in another time zone', async () => {
    process.env['TZ'] = 'Pacific/Kiritimati';

    expect(new Date().getTimezoneOffset()).toBe(-14 * 60);
    expect(await createBooks()).toEqual(books);
  });

  it.each(sandboxCatalog.map(({ slug, title }) => [slug, title] as const))(
    '%s is a PDF of at least ten pages, each with text, with title, outline and page numbers',
    async (slug, title) => {
      const { pages, info, chapters } = await readPdf(fileOf(slug, 'pdf').bytes);

      expect(pages.length).toBeGreaterThanOrEqual(10);
      expect(pages.every((text) => text.length > 20)).toBe(true);
      expect(pages[0]).toContain(title);
      expect(info).toMatchObject({
        Title: title,
        PDFFormatVersion: '1.7',
        CreationDate: 'D:20250115120000Z',
      });
      expect(chapters).toHaveLength(9);
      expect(pages[3]).toMatch(/ 4$/);
    },
  );

  it('has every Polish letter in the text of the PDF', async () => {
    const { pages, info } = await readPdf(fileOf('paragon-bez-tajemnic', 'pdf').bytes);

    expect(info['Language']).toBe('pl');
    const text = pages.join(' ');
    expect('ąćęłńóśźżŁŻŹ„”'.split('').filter((letter) => !text.includes(letter))).toEqual([]);
    expect(text).toContain('Zażółć gęślą jaźń');
  });

  it.each(sandboxCatalog.map(({ slug, language }) => [slug, language] as const))(
    '%s is an EPUB whose container, package and pages fit together',
    (slug, language) => {
      const { bytes } = fileOf(slug, 'epub');
      // The first entry of the zip: stored, no extra field, its name and content in plain sight (OCF 3.3, 4.3).
      expect(strFromU8(bytes.slice(0, 4), true)).toBe('PK\x03\x04');
      expect([bytes[8], bytes[9], bytes[28], bytes[29]]).toEqual([0, 0, 0, 0]);
      expect(strFromU8(bytes.slice(30, 58))).toBe('mimetypeapplication/epub+zip');

      const files = Object.fromEntries(
        Object.entries(unzipSync(bytes)).map(([path, file]) => [path, strFromU8(file)]),
      );
      const packagePath = /full-path="([^"]+)"/.exec(files['META-INF/container.xml'] ?? '')?.[1] ?? '';
      const packageText = files[packagePath] ?? '';
      expect(packageText).toContain(`<dc:language>${language}</dc:language>`);
      const listed = [...packageText.matchAll(/<item id="([^"]+)" href="([^"]+)"/g)].map(([, id, href]) => ({
        id,
        href,
      }));
      expect(listed.map(({ href }) => `OEBPS/${href}`).toSorted()).toEqual(
        Object.keys(files)
          .filter((path) => path.startsWith('OEBPS/') && path !== packagePath)
          .toSorted(),
      );
      const spine = [...packageText.matchAll(/idref="([^"]+)"/g)].map(([, id]) => id);
      expect(spine.filter((id) => !listed.some((item) => item.id === id))).toEqual([]);
      const links = [...(files['OEBPS/nav.xhtml'] ?? '').matchAll(/<a href="([^"]+)"/g)].map(
        ([, href]) => `OEBPS/${href}`,
      );
      expect(links).toHaveLength(9);
      expect(links.filter((path) => !files[path])).toEqual([]);
    },
  );
});
