import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMemoryMarkers } from '../../../test/fakes/memoryMarkers.ts';
import { rememberedBooks } from './rememberedBooks.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'remembered-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('prepares a book once, and gives the same again', async () => {
  let prepared = 0;
  const markers = createMemoryMarkers();
  const counting = {
    ...markers,
    pdf: {
      ...markers.pdf,
      prepare: (...request: Parameters<typeof markers.pdf.prepare>) => {
        prepared += 1;
        return markers.pdf.prepare(...request);
      },
    },
  };
  const sourcePath = path.join(directory, 'book.pdf');
  const prepare = async (text: string) => {
    await writeFile(sourcePath, text);
    const into = path.join(directory, `into-${prepared}-${text.length}-${randomUUID()}`);
    await mkdir(into);
    const { pdf } = rememberedBooks(counting, path.join(directory, 'kept'));
    const { shared, ...report } = await pdf.prepare(
      { sourcePath, directory: into, pages: 'all' },
      new AbortController().signal,
    );
    return { report, body: shared && (await readFile(shared.bodyPath, 'utf8')) };
  };
  const first = await prepare('a book');
  expect(first).toMatchObject({ report: { way: 'tail' }, body: 'a book' });
  expect(await prepare('a book')).toEqual(first);
  expect(prepared).toBe(1);
  expect(await prepare('a book [plain]')).toMatchObject({ report: { way: 'plain' }, body: null });
  expect(await prepare('a book [plain]')).toMatchObject({ report: { way: 'plain' }, body: null });
  expect(prepared).toBe(2);
});
