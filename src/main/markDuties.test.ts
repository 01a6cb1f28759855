import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IsolatedFault } from '../copies/isolated.ts';
import type { FoundMark } from '../ports/bookMarking.ts';
import { markDuties } from './markDuties.ts';

const never = new AbortController().signal;
const mark: FoundMark = { code: 'A1', carrier: 'document_id' };
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'marks-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** What is looked at, in order, and what is found where a format has the mark. */
async function look(text: string, marked?: 'pdf' | 'epub', sizeBytes = text.length) {
  const file = path.join(directory, 'leaked');
  await writeFile(file, text);
  await truncate(file, sizeBytes);
  const tried: string[] = [];
  const marker = (format: string) => ({
    findMarks: async () => {
      tried.push(format);
      if (text.includes('heavy') && format === 'pdf') throw new IsolatedFault('cpu_limit', 'Too heavy.');
      return format === marked ? [mark] : [];
    },
  });
  const found = await markDuties({ pdf: marker('pdf'), epub: marker('epub') })
    .find(file, never)
    .catch((error: Error) => error.message);
  return { tried, found };
}

describe('the search for marks', () => {
  it('looks for both kinds, whatever the file begins with, and tells of all', async () => {
    const both = ['pdf', 'epub'];
    expect(await look('%PDF-1.7', 'pdf')).toEqual({ tried: both, found: [mark] });
    expect(await look('PK\n%PDF-1.7', 'pdf')).toEqual({ tried: both, found: [mark] });
    expect(await look('cut off', 'epub')).toEqual({ tried: both, found: [mark] });
  });

  it('tells a book without marks from what is no book', async () => {
    expect((await look('%PDF-1.7')).found).toEqual([]);
    expect((await look('PK..META-INF/container.xml')).found).toEqual([]);
    expect((await look('')).found).toMatch(/no PDF and no EPUB/);
    expect((await look('PK..book.pdf')).found).toMatch(/archive: unpack it/);
    expect((await look('%PDF-1.7', undefined, 600_000_000)).found).toMatch(/too large to be searched whole/);
  });

  it('says when it could not look to the end, unless it has found something all the same', async () => {
    expect((await look('%PDF-1.7 heavy')).found).toMatch(/could not be searched to its end/);
    expect((await look('%PDF-1.7 heavy', 'epub')).found).toEqual([mark]);
  });
});
