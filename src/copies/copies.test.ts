import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFixedClock } from '../../test/fakes/fixedClock.ts';
import { createMemoryFileStore, type MemoryFileStore } from '../../test/fakes/memoryFileStore.ts';
import { createMemoryMarkers } from '../../test/fakes/memoryMarkers.ts';
import { defaultMarking, type MarkingPolicy } from '../domain/copyMark.ts';
import type { CopyRequest } from '../ports/files.ts';
import type { CatalogFile, StoredBody } from '../ports/orders.ts';
import { type Bodies, createBodies } from './bodies.ts';
import { createCopies } from './copies.ts';

const never = new AbortController().signal;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const wanted: CopyRequest = {
  orderId: '7K3M-Q9XT-4BVD',
  lineNo: 1,
  buyerName: 'Żaneta Łęcka',
  language: 'en',
  productId: 'calm-checkout',
  version: '1.0.0',
  format: 'pdf',
};

let directory: string;
let store: MemoryFileStore;
let bodies: Bodies;
let catalogue: CatalogFile | undefined;
const markers = createMemoryMarkers();

/** A book in the catalogue as its import would leave it. */
async function given(text: string, policy: MarkingPolicy = 'block'): Promise<void> {
  const put = (key: string, bytes: Uint8Array): StoredBody => {
    store.objects.set(key, { bytes: new Uint8Array(bytes), contentType: 'application/pdf' });
    return { key, sizeBytes: bytes.byteLength, sha256: sha256(bytes) };
  };
  const sourcePath = path.join(directory, 'source');
  await writeFile(sourcePath, text);
  const { way, reach, shared } = await markers.pdf.prepare({ sourcePath, directory, pages: 'all' }, never);
  catalogue = {
    format: 'pdf',
    version: '1.0.0',
    master: put('ebooks/calm-checkout/1.0.0/file.pdf', Buffer.from(text)),
    way,
    reach,
    revision: 1,
    shared: shared && {
      body: put('shared', Buffer.from(text)),
      recipe: put('recipe', Buffer.from('recipe of pdf')),
    },
    marking: { ...defaultMarking, policy },
  };
}

const copiesOf = (key = 9) =>
  createCopies({
    catalog: { readFile: async () => catalogue },
    bodies,
    markers,
    markKey: new Uint8Array(32).fill(key),
    shopName: 'Quiet Books',
    rewritesMax: 2,
  });

async function made(request: Partial<CopyRequest> = {}) {
  const copy = await copiesOf().prepare({ ...wanted, ...request }, never);
  if (copy.kind !== 'ready') throw new Error(copy.reason);
  const chunks: Uint8Array[] = [];
  for await (const chunk of copy.body.open(never)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  expect([bytes.byteLength, sha256(bytes)]).toEqual([copy.body.sizeBytes, copy.body.sha256]);
  return { text: bytes.toString(), record: copy.record };
}

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'copies-'));
  store = createMemoryFileStore();
  bodies = createBodies({
    store,
    directory: path.join(directory, 'bodies'),
    maxBytes: 1_000_000,
    clock: createFixedClock(),
  });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("buyers' copies", () => {
  it.each(['a book', 'a book [rewrite]'])('of %j carry name, order and code', async (text) => {
    await given(text);
    const copy = await made();
    expect(copy.text).toMatch(/^a book/);
    expect(copy.text).toContain('Licensed to Żaneta Łęcka · order 7K3M-Q9XT-4BVD');
    expect(copy.text).toContain(copy.record.mark?.code);
  });

  it('are the same bytes each time, and other bytes for each other buyer', async () => {
    await given('a book');
    const { text } = await made();
    expect((await made()).text).toBe(text);
    expect((await made({ orderId: '7K3M-Q9XT-4BVE' })).text).not.toBe(text);
    expect((await made({ buyerName: null })).text).not.toBe(text);
  });

  it('are made again from what was recorded, whatever was set or turned over since', async () => {
    await given('a book');
    const { text, record } = await made();
    expect(JSON.stringify(record)).not.toContain('Łęcka');
    // Imported again with other pages: the book is prepared anew, under other keys.
    if (catalogue?.shared) {
      const body = { key: 'shared-2', sizeBytes: 5, sha256: sha256(Buffer.from('other')) };
      store.objects.set('shared-2', {
        bytes: new Uint8Array(Buffer.from('other')),
        contentType: 'application/pdf',
      });
      catalogue = { ...catalogue, shared: { ...catalogue.shared, body } };
    }
    if (catalogue)
      catalogue = { ...catalogue, marking: { ...catalogue.marking, text: { en: 'Other {order}' } } };
    const again = await copiesOf(77).remake(record, wanted, never);
    expect(again).toMatchObject({ kind: 'ready', body: { sha256: sha256(Buffer.from(text)) } });
  });

  it('are not made again when the book or its marker is another', async () => {
    await given('a book');
    const { record } = await made();
    const remade = (change: object) => copiesOf().remake({ ...record, ...change }, wanted, never);
    expect(await remade({ revision: 0 })).toMatchObject({ reason: 'made_differently' });
    expect(await remade({ masterSha256: '0'.repeat(64) })).toMatchObject({ reason: 'made_differently' });
    catalogue = undefined;
    expect(await remade({})).toMatchObject({ reason: 'made_differently' });
  });

  it.each([
    ['a book [hidden]', 'block', 'marking_refused'],
    ['a book [plain]', 'block', 'marking_refused'],
    ['a book [plain]', 'generic', 'marking_refused'],
    ['a book [hidden]', 'generic', 'ready'],
    ['a book [hidden]', 'plain', 'ready'],
    ['a book [plain]', 'plain', 'ready'],
  ] as const)('of %j under the policy %s: %s', async (text, policy, outcome) => {
    await given(text, policy);
    const copy = await copiesOf().prepare(wanted, never);
    expect(copy.kind === 'ready' ? 'ready' : copy.reason).toBe(outcome);
  });

  it('that are not marked are the book itself, and say so', async () => {
    await given('a book [plain]', 'plain');
    const { text, record } = await made();
    expect([text, record.mark, record.reach]).toEqual(['a book [plain]', null, 'none']);
  });

  it.each(['shared', 'recipe'])('wait for a human when %s is missing or damaged', async (key) => {
    await given('a book');
    store.objects.set(key, { bytes: new Uint8Array([1]), contentType: 'application/pdf' });
    expect(await copiesOf().prepare(wanted, never)).toMatchObject({ reason: 'file_damaged' });
    store.objects.delete(key);
    expect(await copiesOf().prepare(wanted, never)).toMatchObject({ reason: 'file_missing' });
    catalogue = undefined;
    expect(await copiesOf().prepare(wanted, never)).toMatchObject({ reason: 'file_missing' });
  });

  it('throw what the store throws', async () => {
    await given('a book');
    store.fail({ kind: 'transient', reason: 'storage_unavailable', message: 'Down.' });
    await expect(copiesOf().prepare(wanted, never)).rejects.toMatchObject({ reason: 'storage_unavailable' });
  });

  it('break off before their end when what they are made of has rotted, and are right the next time', async () => {
    await given('a book');
    const { text } = await made();
    const files = (await readdir(path.join(directory, 'bodies'))).map((name) =>
      path.join(directory, 'bodies', name),
    );
    for (const file of files)
      if ((await readFile(file, 'utf8')) === 'a book') await writeFile(file, 'a b0ok');
    await expect(made()).rejects.toMatchObject({ kind: 'transient', reason: 'copies_directory_failed' });
    expect((await made()).text).toBe(text);
  });
});
