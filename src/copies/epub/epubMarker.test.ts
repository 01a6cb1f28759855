import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EpubCheck } from '@likecoin/epubcheck-ts';
import { describe, expect, it } from 'vitest';
import {
  bookFiles,
  encryption,
  packageDocument,
  soundBooks,
  zipped,
} from '../../../test/builders/epubBooks.ts';
import { epubMark, epubWorkshop, filesOf, marksIn, textOf } from '../../../test/builders/epubCopies.ts';
import { carrierNumbers, type Carrier } from './carriers.ts';
import { createEpubMarker } from './epubMarker.ts';

const marker = createEpubMarker();
const never = new AbortController().signal;
const has = (program: string) => execFileSync('/bin/sh', ['-c', `command -v ${program} || true`]).length > 0;
const { root, prepare, copyOf } = epubWorkshop();
const found = (copy: Buffer) => marksIn(copy).map(({ code, carrier }) => `${carrier} ${code}`);
const carriersIn = (copy: Buffer) => marksIn(copy).map(({ carrier }) => carrier);
const epub3Carriers: Carrier[] = [
  'chapter',
  'licence_page',
  'meta_inf',
  'navigation',
  'package_identifier',
  'package_meta',
  'stylesheet',
];

async function problemsOf(book: Buffer): Promise<string[]> {
  const { messages } = await EpubCheck.validate(book);
  return messages
    .filter(({ severity }) => ['fatal', 'error', 'warning'].includes(severity))
    .map(({ id, message }) => `${id} ${message}`);
}

describe('a copy of an EPUB', () => {
  it('carries the line and every hidden mark, and the same mark gives the same bytes', async () => {
    const book = zipped(bookFiles());
    const [once, again] = [await prepare(book), await prepare(book)];
    expect(once).toMatchObject({ way: 'tail', reach: 'full', pageCount: 3, findings: [] });
    const copy = await copyOf(once);
    expect(found(copy)).toEqual(epub3Carriers.map((carrier) => `${carrier} ${epubMark.code}`));
    expect(textOf(copy, 'OEBPS/licence.xhtml')).toContain(`>${epubMark.line}</p>`);
    expect(copy.equals(await copyOf(again))).toBe(true);
    expect(found(await copyOf(once, { code: 'B-2' })).every((one) => one.endsWith(' B-2'))).toBe(true);
  });

  it.each(Object.entries(soundBooks()))('is as valid as the book was: %s', async (name, book) => {
    const problems = await problemsOf(book);
    // This checker does not know prefixed elements; EPUBCheck itself, in `epubCopies.long.test.ts`, does.
    if (!name.startsWith('prefixed')) expect(problems).toEqual([]);
    const prepared = await prepare(book);
    expect(prepared.reach).toBe('full');
    expect(await problemsOf(await copyOf(prepared))).toEqual(problems);
  });

  it('keeps every file of the book, and changes only what it says', async () => {
    const files = bookFiles({ metadata: '<meta name="cover" content="x"/>', chapters: 12 });
    files['OEBPS/żółw.bin'] = Buffer.from([0, 1, 2, 255]);
    const book = zipped(files);
    const [before, after] = [filesOf(book), filesOf(await copyOf(await prepare(book)))];
    const changed = Object.keys(before).filter(
      (name) => !before[name]?.equals(after[name] ?? Buffer.alloc(0)),
    );
    const chapters = changed.filter((name) => /c\d+\.xhtml/.test(name));
    expect(chapters).toHaveLength(8);
    expect(changed.filter((name) => !chapters.includes(name))).toEqual(['OEBPS/book.opf', 'OEBPS/nav.xhtml']);
    const added = Object.keys(after).filter((name) => !(name in before));
    expect(added.sort()).toEqual(['META-INF/release.txt', 'OEBPS/licence.css', 'OEBPS/licence.xhtml']);
    for (const name of chapters) {
      expect(String(after[name]).replace(/ id="x-[A-Z2-7]+"/, '')).toBe(String(before[name]));
    }
  });

  it('has its page after the cover, and at the end of a book whose pages face each other', async () => {
    const idrefs = (copy: Buffer) =>
      Array.from(
        textOf(copy, 'OEBPS/book.opf').matchAll(/itemref idref="([^"]+)"([^/]*)/g),
        ([, id, rest]) => `${id ?? ''}${rest ?? ''}`,
      );
    const { epub3, fixed_layout } = soundBooks();
    expect(idrefs(await copyOf(await prepare(epub3 ?? Buffer.alloc(0))))).toEqual([
      'c1',
      'licence',
      'c2',
      'c3',
    ]);
    expect(idrefs(await copyOf(await prepare(fixed_layout ?? Buffer.alloc(0))))).toEqual([
      'c1',
      'c2',
      'c3',
      'licence properties="rendition:layout-reflowable"',
    ]);
  });

  it('has the identifier that fonts are obfuscated with, and takes no name or id twice', async () => {
    const files = bookFiles({
      manifest: '<item id="Licence" href="LICENCE.xhtml" media-type="application/xhtml+xml"/>',
    });
    files['OEBPS/LICENCE.xhtml'] = '<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>';
    files['OEBPS/font.otf'] = 'font';
    files['META-INF/encryption.xml'] = encryption('http://www.idpf.org/2008/embedding');
    const copy = await copyOf(await prepare(zipped(files)));
    const opf = textOf(copy, 'OEBPS/book.opf');
    expect(opf).toContain('unique-identifier="uid"');
    expect(opf).toContain('<dc:identifier id="uid">urn:uuid:6f0d3c1e-5c0a-4a57-9a7e-2f1f6f0b1a01<');
    expect(opf).toContain('<item id="licence-2" href="licence-2.xhtml"');
    expect(String(filesOf(copy)['OEBPS/font.otf'])).toBe('font');
  });

  it('keeps a package document in UTF-16, and edits it', async () => {
    for (const order of ['le', 'be']) {
      const files = bookFiles();
      const bytes = Buffer.from(`\ufeff${packageDocument().replace('UTF-8', 'UTF-16')}`, 'utf16le');
      files['OEBPS/book.opf'] = order === 'le' ? bytes : Buffer.from(bytes).swap16();
      const prepared = await prepare(zipped(files));
      expect(prepared.reach).toBe('full');
      expect(carriersIn(await copyOf(prepared))).toEqual(epub3Carriers);
    }
  });

  it.each([
    ['markup', '<script>alert(1)</script> & "quotes" \'too\' ]]>', 'ltr'],
    ['right to left', 'רישיון: Ada · 7K3M', 'rtl'],
    ['Arabic after digits', '12 مرخص إلى', 'rtl'],
    ['emoji', '👩‍👩‍👧‍👦 Ada 🏳️‍🌈', 'ltr'],
    ['three hundred characters', '𝔸'.repeat(300), 'ltr'],
    ['control characters', 'a\0b\u0008c\ufffed\ud800e\r\nf', 'ltr'],
    ['nothing', '', 'ltr'],
  ])('is valid whatever the line is: %s', async (_, line, direction) => {
    const copy = await copyOf(await prepare(zipped(bookFiles())), { line });
    expect(await problemsOf(copy)).toEqual([]);
    const page = textOf(copy, 'OEBPS/licence.xhtml');
    expect(page).toContain(`<body dir="${direction}">`);
    expect(page).not.toMatch(/<script|(?!\n)\p{Cc}|\p{Noncharacter_Code_Point}/u);
    if (line.startsWith('𝔸')) expect(page).toContain(`>${line}</p>`);
  });
});

describe('the body that copies share', () => {
  it('is no book by itself: no container, no package, no contents, not all chapters', async () => {
    for (const version of ['2.0', '3.0'] as const) {
      const { shared } = await prepare(zipped(bookFiles({ version, chapters: 20 })));
      const body = await readFile(shared?.bodyPath ?? '');
      const names = body
        .toString('latin1')
        .split('PK\x03\x04')
        .slice(1)
        .map((piece) => /^[\w./-]+/.exec(piece.slice(26))?.[0]);
      expect(names.filter((name) => !/^OEBPS\/c\d+\.xhtml/.test(name ?? ''))).toEqual([
        expect.stringMatching(/^mimetype/),
      ]);
      expect(names).toHaveLength(1 + 12);
      expect(body.includes('<spine') || body.includes('navMap')).toBe(false);
    }
  });

  it.skipIf(!has('zip') || !has('unzip'))('is no book after zip has mended it either', async () => {
    const { shared, directory } = await prepare(zipped(bookFiles({ chapters: 20 })));
    const mended = `${directory}-mended.zip`;
    execFileSync('zip', ['-FF', shared?.bodyPath ?? '', '--out', mended], { input: 'y\n', stdio: 'pipe' });
    const listing = execFileSync('unzip', ['-Z1', mended], { encoding: 'utf8' });
    expect(listing).toContain('.xhtml');
    expect(listing).not.toMatch(/opf|ncx|nav|container/);
  });
});

describe('marks in a file that somebody worked on', () => {
  const unpacked = async () => filesOf(await copyOf(await prepare(zipped(bookFiles({ chapters: 12 })))));

  it('are found when it was packed anew, in whatever state it is', async () => {
    const again = zipped(await unpacked());
    expect(carriersIn(again)).toEqual(epub3Carriers);
    expect(carriersIn(zipped({ 'book.epub': again, 'readme.txt': 'enjoy' }))).toEqual(epub3Carriers);
    expect(carriersIn(again.subarray(0, again.length / 2))).not.toEqual([]);
    expect(carriersIn(again.subarray(again.length / 2))).not.toEqual([]);
  });

  it('are found without the page, its stylesheet and the note', async () => {
    const files = await unpacked();
    for (const name of Object.keys(files)) if (/licence|release/.test(name)) delete files[name];
    expect(carriersIn(zipped(files))).toEqual([
      'chapter',
      'navigation',
      'package_identifier',
      'package_meta',
    ]);
  });

  it('are found when package and contents were written anew', async () => {
    const files = await unpacked();
    for (const name of Object.keys(files)) if (/licence|release|opf|nav/.test(name)) delete files[name];
    expect(carriersIn(zipped({ ...files, 'OEBPS/book.opf': packageDocument() }))).toEqual(['chapter']);
  });

  it('are found when letters became small, or UTF-16', async () => {
    const files = await unpacked();
    const chapters = Object.entries(files).filter(([name]) => /c\d+\.xhtml/.test(name));
    const small = chapters.map(([name, bytes]) => [name, String(bytes).toLowerCase()]);
    expect(carriersIn(zipped(Object.fromEntries(small) as Record<string, string>))).toEqual(['chapter']);
    const wide = chapters.map(([name, bytes]) => [name, Buffer.from(String(bytes), 'utf16le')]);
    expect(carriersIn(zipped(Object.fromEntries(wide) as Record<string, Buffer>))).toEqual(['chapter']);
  });

  it('are not found where there are none', () => {
    expect(found(zipped(bookFiles()))).toEqual([]);
    expect(found(Buffer.from('no archive'))).toEqual([]);
  });
});

describe('work in a child process', () => {
  it('gives the same copy as a tail does, with its marks found again', async () => {
    const sourcePath = path.join(root, 'rewritten.epub');
    const targetPath = `${sourcePath}.copy`;
    const book = zipped(bookFiles({ version: '2.0' }));
    await writeFile(sourcePath, book);
    const [prepared] = await Promise.all([
      prepare(book),
      marker.rewrite({ sourcePath, targetPath, pages: 'all', mark: epubMark }, never),
    ]);
    expect((await readFile(targetPath)).equals(await copyOf(prepared))).toBe(true);
    const carriers = (await marker.findMarks(targetPath, never)).map(({ carrier }) => carrier);
    expect(carriers).toEqual(
      Object.keys(carrierNumbers)
        .filter((one) => one !== 'navigation')
        .sort(),
    );
  });

  it('ends the child, not the worker, when it is too heavy', async () => {
    const sourcePath = path.join(root, 'heavy.epub');
    await writeFile(sourcePath, zipped(bookFiles()));
    const directory = await mkdtemp(path.join(root, 'heavy-'));
    const strict = createEpubMarker({ limits: { memoryBytes: 1_000_000 } });
    const prepared = await strict.prepare({ sourcePath, directory, pages: 'all' }, never);
    expect(prepared).toMatchObject({ way: 'plain', reach: 'none' });
    expect(prepared.findings.map(({ code }) => code)).toEqual(['too_heavy']);
  });

  it('is a permanent fault for a file that cannot be read', async () => {
    const sourcePath = path.join(root, 'not.epub');
    await writeFile(sourcePath, 'not a book');
    const rewriting = marker.rewrite(
      { sourcePath, targetPath: `${sourcePath}.copy`, pages: 'all', mark: epubMark },
      never,
    );
    await expect(rewriting).rejects.toMatchObject({ kind: 'permanent', reason: 'copy_failed' });
  });
});
