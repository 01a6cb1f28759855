import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  handMadeBook,
  heavyBooks,
  hostileBooks,
  plainBook,
  scriptedBook,
  signedBook,
} from '../../../test/builders/pdfBooks.ts';
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
  pages: 'all' | 'first' = 'all',
): Promise<PreparedBook & { directory: string }> {
  const directory = await mkdtemp(path.join(root, 'book-'));
  const sourcePath = `${directory}.pdf`;
  await writeFile(sourcePath, book);
  return { ...(await preparePdfTask({ sourcePath, directory, pages, limits })), directory };
}

async function copyOf({ shared }: PreparedBook, code = mark.code): Promise<Buffer> {
  if (!shared) throw new TypeError('Nothing was prepared.');
  return Buffer.concat([
    await readFile(shared.bodyPath),
    marker.tailOf(await readFile(shared.recipePath), { ...mark, code }),
  ]);
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
    const pages = (file: string) => execFileSync('pdftotext', [file, '-'], { encoding: 'utf8' }).split('\f');
    expect(pages(all).map((page) => page.includes(mark.line))).toEqual([true, true, true, false]);
    expect(pages(first).map((page) => page.includes(mark.line))).toEqual([true, false, false, false]);
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
