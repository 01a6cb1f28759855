import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createMemoryMarkers } from '../../test/fakes/memoryMarkers.ts';
import { defaultMarking } from '../domain/copyMark.ts';
import type { CatalogFile } from '../ports/orders.ts';
import type { CatalogueFile } from '../ports/storageScrub.ts';
import { createSharedAgain } from './prepareAgain.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'test-again-'));
  vi.stubEnv('TMPDIR', directory);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const bodyOf = (key: string, text: string) => ({ key, sizeBytes: text.length, sha256: sha256(text) });
const signal = AbortSignal.timeout(5_000);

/** For which pages the book was prepared. */
const asked: unknown[] = [];
const markers = createMemoryMarkers();
const listening = {
  ...markers,
  pdf: {
    ...markers.pdf,
    prepare: (source: Parameters<typeof markers.pdf.prepare>[0], on: AbortSignal) => {
      asked.push(source.pages);
      return markers.pdf.prepare(source, on);
    },
  },
};

async function again(book: string, changes: Partial<CatalogueFile['book']> = {}, recipe = 'recipe') {
  const file = path.join(directory, 'master.pdf');
  await writeFile(file, book);
  const master = bodyOf('master', book);
  const shared = { body: bodyOf('shared', book), recipe: bodyOf(recipe, 'recipe of pdf') };
  const kept: CatalogueFile = {
    ...shared.body,
    kind: 'shared_body',
    productId: 'calm',
    version: '1',
    format: 'pdf',
    book: { master, shared, revision: 1, way: 'tail', ...changes },
  };
  const catalogFile: CatalogFile = {
    ...kept.book,
    format: 'pdf',
    version: '1',
    reach: 'full',
    marking: defaultMarking,
  };
  const prepared = await createSharedAgain({
    bodies: {
      fetch: async () => ({
        kind: 'ready',
        body: { path: file, sizeBytes: book.length, hash: () => createHash('sha256').update(book) },
      }),
    },
    markers: listening,
    catalog: { readFile: async () => catalogFile },
  }).prepare(kept, signal);
  return { prepared, shared };
}

describe('what copies of a book share', () => {
  it('is prepared once more from the master, and removed from this machine afterwards', async () => {
    const { prepared, shared } = await again('%PDF of calm');
    if (prepared.kind === 'unusable') throw new Error(prepared.reason);
    expect(prepared.body).toMatchObject({ sizeBytes: 12, sha256: shared.body.sha256 });
    expect(prepared.recipe.sha256).toBe(shared.recipe.sha256);
    const chunks = [];
    for await (const chunk of prepared.body.open(signal)) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('%PDF of calm');
    await prepared.close();
    expect(await readdir(directory)).toEqual(['master.pdf']);
  });

  it.each([
    ['another revision', '%PDF', { revision: 2 }],
    ['another way', '%PDF [rewrite]', {}],
  ])('is not what it was by %s', async (_what, book, changes) => {
    const { prepared } = await again(book, changes);
    expect(prepared).toEqual({ kind: 'unusable', reason: 'made_differently' });
    expect(await readdir(directory)).toEqual(['master.pdf']);
  });

  it('is prepared for the pages that it was made for, whatever a newer version has', async () => {
    const { prepared } = await again('%PDF of calm', {}, 'ebooks/calm/1/recipe-pdf-1-every-3');
    expect(prepared.kind).toBe('ready');
    expect(asked.at(-1)).toEqual({ every: 3 });
    if (prepared.kind === 'ready') await prepared.close();
  });
});
