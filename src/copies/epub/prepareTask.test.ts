import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { bookFiles, packageDocument, zipped } from '../../../test/builders/epubBooks.ts';
import { epubMark, epubWorkshop, filesOf, marksIn, textOf } from '../../../test/builders/epubCopies.ts';
import { hostileEpubs } from '../../../test/builders/hostileEpubs.ts';

const { prepare, copyOf } = epubWorkshop();
const codes = async (book: Buffer) => (await prepare(book)).findings.map(({ code }) => code);

describe('a file that is looked at before it is sold', () => {
  it.each(Object.entries(hostileEpubs()))('is told of by a stable code: %s', async (_, { book, finding }) => {
    const prepared = await prepare(book);
    expect(prepared).toMatchObject({ way: 'plain', reach: 'none', shared: null });
    expect(prepared.findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      `error ${finding}`,
    ]);
    expect(await readdir(prepared.directory)).toEqual([]);
    expect(marksIn(book)).toEqual([]);
  });

  it('is mended, or warned of, where it can be sold', async () => {
    const { mimetype, ...rest } = bookFiles();
    expect(await codes(zipped({ ...rest, mimetype: mimetype ?? '' }))).toEqual(['mimetype_mended']);
    expect(await codes(zipped(rest))).toEqual(['mimetype_mended']);
    expect(await codes(zipped({ ...bookFiles(), 'OEBPS/c2.xhtml': '<html><body></html>' }))).toEqual([
      'malformed_chapter',
    ]);
    expect(await codes(await copyOf(await prepare(zipped(bookFiles()))))).toEqual(['already_marked']);
    const mended = await copyOf(await prepare(zipped(rest)));
    expect(mended.toString('latin1', 30, 58)).toBe('mimetypeapplication/epub+zip');
  });

  it('takes entities of chapters for what they are, and never expands them', async () => {
    const doctype = '<!DOCTYPE html [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>';
    const prepared = await prepare(zipped(bookFiles({}, { doctype, text: '&nbsp;&b;' })));
    expect(prepared).toMatchObject({ reach: 'full', findings: [] });
    expect(textOf(await copyOf(prepared), 'OEBPS/c1.xhtml')).toContain('&nbsp;&b;');
  });

  it('is marked beside its own files when it is signed, or cannot be edited', async () => {
    const signed = zipped({ ...bookFiles(), 'META-INF/signatures.xml': '<signatures/>' });
    const latin = packageDocument().replace('UTF-8', 'ISO-8859-2');
    const foreign = zipped({ ...bookFiles(), 'OEBPS/book.opf': latin });
    for (const [book, code] of [
      [signed, 'signed'],
      [foreign, 'package_not_editable'],
    ] as const) {
      const prepared = await prepare(book);
      expect(prepared).toMatchObject({ way: 'tail', reach: 'hidden' });
      expect(prepared.findings).toMatchObject([{ code, severity: 'warning' }]);
      const copy = await copyOf(prepared);
      expect(marksIn(copy)).toEqual([{ carrier: 'meta_inf', code: epubMark.code }]);
      expect(filesOf(copy)).toMatchObject(filesOf(book));
    }
  });
});
