import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEpubMarker } from '../../src/copies/epub/epubMarker.ts';
import { createBooks } from '../../src/sandbox/books/books.ts';
import { chromiumPath, openChromium } from '../builders/chromium.ts';
import { bookFiles, soundBooks, zipped } from '../builders/epubBooks.ts';
import { crowdedBook, hostileEpubs } from '../builders/hostileEpubs.ts';

const marker = createEpubMarker();
const never = new AbortController().signal;
const mark = { line: 'Licensed to Żaneta Łęcka · order 7K3M-Q9XT-4BVD', code: '7K3MQ9XT4BVD7K3MQ9XT' };
const run = promisify(execFile);
const has = (program: string) => execFileSync('/bin/sh', ['-c', `command -v ${program} || true`]).length > 0;
/** Debian's program is an archive that not every shell can start by itself. */
const epubcheck = '/usr/bin/epubcheck';
const chromium = chromiumPath();

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'epub-copies-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function prepare(book: Uint8Array) {
  const directory = await mkdtemp(path.join(root, 'book-'));
  const sourcePath = `${directory}.epub`;
  await writeFile(sourcePath, book);
  return marker.prepare({ sourcePath, directory, pages: 'all' }, never);
}

async function copyOf(book: Uint8Array, line = mark.line): Promise<Buffer> {
  const { shared } = await prepare(book);
  if (!shared) throw new TypeError('Nothing was prepared.');
  const tail = marker.tailOf(await readFile(shared.recipePath), { ...mark, line });
  return Buffer.concat([await readFile(shared.bodyPath), tail]);
}

async function filed(name: string, bytes: Uint8Array): Promise<string> {
  const file = path.join(root, name);
  await writeFile(file, bytes);
  return file;
}

const check = async (file: string) =>
  (await run('java', ['-jar', epubcheck, '--failonwarnings', file])).stdout.includes(
    '0 fatals / 0 errors / 0 warnings',
  );

describe.skipIf(!existsSync(epubcheck) || !has('java'))('EPUBCheck (Debian package epubcheck)', () => {
  it.each(Object.entries(soundBooks()))('finds no fault before or after: %s', async (name, book) => {
    expect(await check(await filed(`${name}.epub`, book))).toBe(true);
    expect(await check(await filed(`${name}-copy.epub`, await copyOf(book)))).toBe(true);
  });

  it('finds no fault in copies of the sandbox’s books, whatever the line', async () => {
    for (const { slug, files } of await createBooks()) {
      const book = files.find(({ format }) => format === 'epub')?.bytes ?? Buffer.alloc(0);
      const copy = await copyOf(book, '<i>& "Łęcka" \0\u0008 רישיון 👩‍👩‍👧‍👦');
      expect(await check(await filed(`${slug}.epub`, copy))).toBe(true);
    }
  });
});

describe.skipIf(!chromium)('Chromium', () => {
  it.each([
    ['3.0', mark.line, 'ltr'],
    ['2.0', `רישיון ל־Ada · ${'𝔸'.repeat(280)}`, 'rtl'],
  ] as const)('shows the page with its line: EPUB %s', async (version, line, direction) => {
    const files = unzipSync(await copyOf(zipped(bookFiles({ version })), line));
    const text = (name: string) => Buffer.from(files[name] ?? []).toString('utf8');
    const style = `<style>${text('OEBPS/licence.css')}</style>`;
    const browser = await openChromium(chromium ?? '');
    try {
      await browser.look({ width: 400, dark: false });
      const page = text('OEBPS/licence.xhtml')
        .replace(/<\?xml[^>]*>/, '')
        .replace(/<link[^>]*>/, style);
      await browser.show(page);
      const seen = await browser.inPage(`(() => {
        const { left, right, height } = document.querySelector('p').getBoundingClientRect();
        const { innerText, dir } = document.body;
        return { innerText, dir, fits: left >= 0 && right <= innerWidth && document.documentElement.scrollWidth <= innerWidth, height };
      })()`);
      expect(seen).toMatchObject({ innerText: line, dir: direction, fits: true });
    } finally {
      await browser.close();
    }
  });
});

describe('hostile files, each in a child process', () => {
  it('end with a finding, and the search for marks with none', async () => {
    for (const [name, { book, finding }] of Object.entries(hostileEpubs())) {
      const prepared = await prepare(book);
      expect([name, ...prepared.findings.map(({ code }) => code)]).toEqual([name, finding]);
      expect(await marker.findMarks(await filed('hostile.epub', book), never)).toEqual([]);
    }
  });

  it('end with a finding, too, when they are crowded', async () => {
    const codes = async (count: number) =>
      (await prepare(crowdedBook(count))).findings.map(({ code }) => code);
    expect(await codes(25_000)).toEqual(['too_heavy']);
    expect(await codes(100_000)).toEqual(['too_heavy']);
    // The directory's count has 16 bits and says 4,464.
    expect(await codes(70_000)).toEqual(['damaged']);
  });
});

describe('a copy of one text', () => {
  it('has the same bytes in another process', async () => {
    const book = zipped(bookFiles({ version: '2.0', chapters: 12 }));
    const sourcePath = await filed('same.epub', book);
    const copies = await Promise.all(
      [1, 2].map(async (number) => {
        const targetPath = path.join(root, `same-${number}.copy`);
        await marker.rewrite({ sourcePath, targetPath, pages: 'all', mark }, never);
        return readFile(targetPath);
      }),
    );
    const copy = await copyOf(book);
    expect(copies.every((one) => one.equals(copy))).toBe(true);
  });
});

describe.skipIf(!has('ebook-convert'))('calibre (Debian package calibre)', () => {
  it('leaves marks when it converts a copy or polishes it', async () => {
    const copy = await filed('calibre.epub', await copyOf(zipped(bookFiles({ chapters: 12 }))));
    const [converted, polished] = [`${copy}.converted.epub`, `${copy}.polished.epub`];
    await run('ebook-convert', [copy, converted]);
    await run('ebook-polish', ['--smarten-punctuation', copy, polished]);
    for (const file of [converted, polished]) {
      const found = await marker.findMarks(file, never);
      expect(found.map(({ code }) => code)).toContain(mark.code);
      process.stdout.write(`${path.basename(file)}: ${found.map(({ carrier }) => carrier).join(', ')}\n`);
    }
  });
});
