import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  handMadeBook,
  heavyBooks,
  hostileBooks,
  plainBook,
  scriptedBook,
  signedBook,
  streamOf,
  textAt,
  written,
} from '../../../test/builders/pdfBooks.ts';
import type { MarkedPages } from '../../domain/copyMark.ts';
import type { PreparedBook } from '../../ports/bookMarking.ts';
import { createPdfMarker } from './pdfMarker.ts';
import { preparePdfTask } from './prepareTask.ts';
import { scanMarks } from './scanMarks.ts';
import { carriers } from './sealedCode.ts';

const marker = createPdfMarker();
const never = new AbortController().signal;
const mark = { line: 'Licensed to Żaneta Łęcka · order 7K3M-Q9XT-4BVD', code: '7K3MQ9XT4BVD7K3MQ9XT' };
const limits = { sizeBytes: 50_000_000, pages: 1_000, recipeBytes: 16_000_000 };
const scanLimits = { cpuMs: 10_000, inflatedBytes: 100_000_000 };
const has = (program: string) => execFileSync('/bin/sh', ['-c', `command -v ${program} || true`]).length > 0;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'pdf-marker-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** In this process: the child's own behaviour is told of in `isolated.test.ts`. */
async function prepare(
  book: Buffer,
  pages: MarkedPages = 'all',
): Promise<PreparedBook & { directory: string }> {
  const directory = await mkdtemp(path.join(root, 'book-'));
  const sourcePath = `${directory}.pdf`;
  await writeFile(sourcePath, book);
  return { ...(await preparePdfTask({ sourcePath, directory, pages, limits })), directory };
}

async function copyOf({ shared }: PreparedBook, code = mark.code, line = mark.line): Promise<Buffer> {
  if (!shared) throw new TypeError('Nothing was prepared.');
  return Buffer.concat([
    await readFile(shared.bodyPath),
    marker.tailOf(await readFile(shared.recipePath), { line, code }),
  ]);
}

/** The pages' text as another program reads it, each page from its top. */
async function textOf(copy: Buffer): Promise<string[]> {
  const file = path.join(await mkdtemp(path.join(root, 'text-')), 'copy.pdf');
  await writeFile(file, copy);
  if (has('qpdf')) execFileSync('qpdf', ['--check', file], { stdio: 'pipe' });
  return execFileSync('pdftotext', [file, '-'], { encoding: 'utf8' }).split('\f').slice(0, -1);
}

const found = (copy: Buffer) => scanMarks(copy, scanLimits).map(({ code, carrier }) => `${carrier} ${code}`);
const allMarks = (code = mark.code) => carriers.map((carrier) => `${carrier} ${code}`).sort();

describe('a copy of a PDF', () => {
  it('carries the line and every hidden mark, and the same mark gives the same bytes', async () => {
    const book = await plainBook();
    const [once, again] = [await prepare(book), await prepare(book)];
    expect(once).toMatchObject({ way: 'tail', reach: 'full', pageCount: 3 });
    const copy = await copyOf(once);
    expect(found(copy)).toEqual(allMarks());
    expect(copy.equals(await copyOf(again))).toBe(true);
    expect(found(await copyOf(once, 'B-2'))).toEqual(allMarks('B-2'));
  });

  it('is told by its marks when it is cut, or cleaned of its tables', async () => {
    const copy = await copyOf(await prepare(await plainBook()));
    expect(found(copy.subarray(0, -400))).not.toEqual([]);
    const withoutTables = Buffer.from(
      copy.toString('latin1').replace(/startxref|trailer|xref/g, '%'),
      'latin1',
    );
    expect(found(withoutTables)).toEqual(allMarks());
    expect(found(await plainBook())).toEqual([]);
  });

  it.skipIf(!has('qpdf'))('is sound, and its body alone is no book', async () => {
    const prepared = await prepare(await plainBook());
    const copyPath = path.join(prepared.directory, 'copy.pdf');
    await writeFile(copyPath, await copyOf(prepared));
    expect(execFileSync('qpdf', ['--check', copyPath], { encoding: 'utf8' })).toContain(
      'No syntax or stream encoding errors',
    );
    const bodyPath = prepared.shared?.bodyPath ?? '';
    expect(() => execFileSync('qpdf', [bodyPath, `${copyPath}.x`], { stdio: 'pipe' })).toThrow(/Root/);
    expect((await readFile(bodyPath, 'latin1')).match(/\/Type\s*\/(Pages?|Catalog)\b/)).toBeNull();
  });

  it.skipIf(!has('pdftotext'))('has the line at the end of the marked pages’ text', async () => {
    const all = path.join(root, 'all.pdf');
    const first = path.join(root, 'first.pdf');
    await writeFile(all, await copyOf(await prepare(await plainBook())));
    await writeFile(first, await copyOf(await prepare(await plainBook(), 'first')));
    const second = await textOf(await copyOf(await prepare(await plainBook({ pages: 4 }), { every: 2 })));
    const pages = (file: string) => execFileSync('pdftotext', [file, '-'], { encoding: 'utf8' }).split('\f');
    expect(pages(all).map((page) => page.includes(mark.line))).toEqual([true, true, true, false]);
    expect(pages(first).map((page) => page.includes(mark.line))).toEqual([true, false, false, false]);
    expect(second.map((page) => page.includes(mark.line))).toEqual([true, false, true, false]);
    expect(pages(all)[1]?.indexOf('Chapter 2')).toBeLessThan(pages(all)[1]?.indexOf(mark.line) ?? 0);
  });

  it('keeps a signed file byte for byte and marks the document alone', async () => {
    const book = signedBook();
    const prepared = await prepare(book);
    expect(prepared).toMatchObject({ way: 'tail', reach: 'hidden' });
    expect(prepared.findings.map(({ code }) => code)).toContain('signed');
    const copy = await copyOf(prepared);
    expect(copy.subarray(0, book.length).equals(book)).toBe(true);
    expect(found(copy)).toEqual([`document_id ${mark.code}`, `document_info ${mark.code}`]);
  });

  it.skipIf(!has('qpdf'))('follows a file with compressed tables in kind', async () => {
    const plain = path.join(root, 'signed.pdf');
    await writeFile(plain, signedBook());
    execFileSync('qpdf', ['--object-streams=generate', plain, `${plain}.objects`]);
    const copy = path.join(root, 'signed-copy.pdf');
    await writeFile(copy, await copyOf(await prepare(await readFile(`${plain}.objects`))));
    expect(execFileSync('qpdf', ['--check', copy], { encoding: 'utf8' })).toContain('No syntax');
    expect(found(await readFile(copy))).toHaveLength(2);
  });

  it('does not take over an earlier buyer’s marks', async () => {
    const leaked = await copyOf(await prepare(await plainBook()), 'LEAKED');
    const copy = found(await copyOf(await prepare(leaked)));
    expect(copy).toEqual(expect.arrayContaining([`document_id ${mark.code}`, `page_entry ${mark.code}`]));
    expect(
      copy.filter((one) => /^document_(id|info)|^page_entry/.test(one) && one.endsWith('LEAKED')),
    ).toEqual([]);
  });

  it('says of a buyer’s copy that it is one, once, however it is marked', async () => {
    const codes = async (book: Buffer) => (await prepare(book)).findings.map(({ code }) => code);
    expect(await codes(await copyOf(await prepare(await plainBook())))).toEqual([
      'fonts_not_embedded',
      'already_marked',
    ]);
    expect(await codes(await copyOf(await prepare(signedBook())))).toContain('already_marked');
    expect(await codes(await plainBook())).not.toContain('already_marked');
  });
});

/** Where the first and the last word of a line stand on a page as it is seen, from its upper left corner. */
function wordPlaces(html: string): Record<string, number>[] {
  const words = html.match(/<word.*>(?:Licensed|7K3M-Q9XT-4BVD)<\/word>/g) ?? [];
  return words.map((word) =>
    Object.fromEntries(
      Array.from(word.matchAll(/([xy]M\w+)="([\d.-]+)"/g), ([, name, at]) => [name, Number(at)]),
    ),
  );
}

describe.skipIf(!has('pdftotext'))('the line of a copy', () => {
  const order = 'order 7K3M-Q9XT-4BVD';
  const lines: [string, string, string][] = [
    ['letters from right to left', `Licensed to שרה כהן · ${order}`, order],
    ['letters that join', `Licensed to محمد علي · ${order}`, order],
    ['a sign', `Licensed to Ada 🧿🇵🇱 Byron · ${order}`, `Licensed to Ada Byron · ${order}`],
    ['letters that the font lacks', `Licensed to 王小明 · ${order}`, order],
    [
      'what a PDF’s own language is made of',
      `Licensed to (A) \\) <</B>> % ] endstream · ${order}`,
      '(A) \\) <</B>>',
    ],
    ['a very long name', `Licensed to ${'Wolfeschlegel'.repeat(9)} · ${order}`, 'gelWolfeschlegel'],
    ['nothing that can be drawn', '王小明', ''],
  ];
  for (const [title, line, shown] of lines) {
    it(`stands with ${title}`, async () => {
      const copy = await copyOf(await prepare(handMadeBook({ pages: [{}] })), mark.code, line);
      expect((await textOf(copy))[0]).toContain(shown);
      expect(found(copy)).toEqual(allMarks());
    });
  }

  it('lies at the foot of the page as it is seen, within its edges, however it is turned and cropped', async () => {
    const turns = ['', '/Rotate 90', '/Rotate 180', '/Rotate 270', '/Rotate -90'];
    const crop = '/CropBox [-40 20 260 420]';
    const pages = turns.flatMap((entries) => [
      { entries },
      { mediaBox: '[-100 -50 300 500]', entries: `${crop} ${entries}`, content: textAt(1, -20, 200) },
    ]);
    const long = `Licensed to ${'Wolfeschlegel'.repeat(9)} · order 7K3M-Q9XT-4BVD`;
    const file = path.join(root, 'turned.pdf');
    await writeFile(file, await copyOf(await prepare(handMadeBook({ pages })), mark.code, long));
    const html = execFileSync('pdftotext', ['-bbox', '-cropbox', file, '-'], { encoding: 'utf8' });
    const places = html.split('<page ').slice(1).map(wordPlaces);
    expect(places).toHaveLength(pages.length);
    for (const [index, words] of places.entries()) {
      const isTurned = /90|270/.test(pages[index]?.entries ?? '');
      const { width, height } = isTurned ? { width: 400, height: 300 } : { width: 300, height: 400 };
      expect(words).toHaveLength(2);
      for (const { xMin = -1, xMax = Infinity, yMax = 0 } of words) {
        expect({ xMin, xMax, isInside: xMin >= 0 && xMax <= width }).toMatchObject({ isInside: true });
        expect(height - yMax).toBeGreaterThan(4);
        expect(height - yMax).toBeLessThan(9);
      }
    }
  });

  it('comes beside what pages inherit, and changes nothing of it', async () => {
    const book = written([
      [1, '<< /Type /Catalog /Pages 2 0 R >>'],
      [
        2,
        '<< /Type /Pages /Count 2 /Kids [4 0 R 8 0 R] /Resources << /Font << /F1 3 0 R >> /XObject 9 0 R >> /MediaBox [0 0 300 400] >>',
      ],
      [3, '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>'],
      [4, '<< /Type /Pages /Parent 2 0 R /Count 1 /Kids [5 0 R] /Rotate 90 /CropBox [0 0 200 400] >>'],
      [5, '<< /Type /Page /Parent 4 0 R /Contents 6 0 R >>'],
      [6, streamOf(Buffer.from('/CpA Do'))],
      [
        7,
        streamOf(
          Buffer.from('BT /F1 18 Tf 40 200 Td (Of its own) Tj ET'),
          '/Type /XObject /Subtype /Form /BBox [0 0 300 400]',
        ),
      ],
      [8, '<< /Type /Page /Parent 2 0 R /Contents 6 0 R >>'],
      [9, '<< /CpA 7 0 R >>'],
    ]);
    const pages = await textOf(await copyOf(await prepare(book)));
    expect(pages.map((page) => [page.includes('Of its own'), page.includes(mark.line)])).toEqual([
      [true, true],
      [true, true],
    ]);
  });

  it('is not swallowed by contents that break off, nor moved by ones that restore too much', async () => {
    const letters = (text: string) => {
      const packed = deflateSync(Buffer.from(text)).toString('hex');
      return streamOf(Buffer.from(`${packed}>`), '/Filter [/ASCIIHexDecode /FlateDecode]');
    };
    const contents = ['q BT (cut off', 'BT [(cut) -20 <41', '/P << /A [1 2', 'q Q Q 0 0 0 0 0 0 cm'];
    const book = handMadeBook({
      pages: contents.flatMap((content, index) => [{ content }, { entries: `/Contents ${100 + index} 0 R` }]),
      objects: contents.map((content) => letters(content).toString('latin1')),
    });
    const pages = await textOf(await copyOf(await prepare(book)));
    expect(pages.map((page) => page.includes(mark.line))).toEqual(Array(8).fill(true));
  });
});

describe('a file that is looked at before it is sold', () => {
  const codes = async (book: Buffer) => (await prepare(book)).findings.map(({ code }) => code);

  it('is told of by a stable code', async () => {
    expect(await codes(Buffer.from('PK'))).toEqual(['not_a_pdf']);
    expect(await codes((await plainBook()).subarray(0, 1_500))).toEqual(['truncated']);
    expect(await codes(scriptedBook())).toEqual(['active_content', 'fonts_not_embedded']);
    expect(
      await codes(handMadeBook({ pages: [{}], trailer: '/Encrypt << /Filter /Standard /V 1 >>' })),
    ).toEqual(['encrypted']);
    expect(await codes(handMadeBook({ pages: [{ entries: '/Contents 999 0 R' }] }))).toEqual(['damaged']);
  });

  it('never harms, whatever it is', async () => {
    const books = await hostileBooks();
    const reaches = await Promise.all(
      Object.entries(books).map(async ([name, book]) => [name, (await prepare(book)).reach]),
    );
    expect(Object.fromEntries(reaches)).toEqual({
      empty: 'none',
      no_pdf: 'none',
      header_alone: 'none',
      cut_early: 'none',
      cut_half: 'none',
      cut_late: 'none',
      no_pages: 'none',
      circle_of_pages: 'full',
      deep_tree: 'full',
      circle_of_tables: 'full',
      odd_numbers: 'none',
      wrong_offsets: 'full',
    });
  });
});

describe('work in a child process', () => {
  it('ends the child, not the worker, when it is too heavy', async () => {
    const sourcePath = path.join(root, 'bomb.pdf');
    await writeFile(sourcePath, heavyBooks()['bomb_in_objects'] ?? '');
    const directory = await mkdtemp(path.join(root, 'bomb-'));
    const strict = createPdfMarker({ limits: { memoryBytes: 180_000_000 } });
    const prepared = await strict.prepare({ sourcePath, directory, pages: 'all' }, never);
    expect(prepared).toMatchObject({ way: 'plain', reach: 'none' });
    expect(prepared.findings.map(({ code }) => code)).toEqual(['too_heavy']);
    expect(await readdir(directory)).toEqual([]);
  });

  it('leaves nothing where it was ended half way', async () => {
    const sourcePath = path.join(root, 'ended.pdf');
    const directory = await mkdtemp(path.join(root, 'ended-'));
    await writeFile(sourcePath, await plainBook({ pages: 2, pictureBytes: 4_000_000 }));
    const ending = new AbortController();
    const preparing = marker.prepare({ sourcePath, directory, pages: 'all' }, ending.signal);
    while ((await readdir(directory)).length === 0) await sleep(2);
    ending.abort();
    await expect(preparing).rejects.toThrow();
    expect(await readdir(directory)).toEqual([]);
  });

  it('is written anew with the same marks, and they are found again', async () => {
    const sourcePath = path.join(root, 'rewritten.pdf');
    const targetPath = `${sourcePath}.copy`;
    await writeFile(sourcePath, await plainBook());
    await marker.rewrite({ sourcePath, targetPath, pages: 'all', mark }, never);
    expect((await marker.findMarks(targetPath, never)).map(({ carrier }) => carrier)).toEqual(
      [...carriers].sort(),
    );
    expect((await readFile(targetPath)).equals(await copyOf(await prepare(await plainBook())))).toBe(true);
  });

  it('is a permanent fault for a file that cannot be read', async () => {
    const sourcePath = path.join(root, 'not.pdf');
    await writeFile(sourcePath, 'not a book');
    const rewriting = marker.rewrite(
      { sourcePath, targetPath: `${sourcePath}.copy`, pages: 'all', mark },
      never,
    );
    await expect(rewriting).rejects.toMatchObject({ kind: 'permanent', reason: 'copy_failed' });
  });
});
