import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFixedClock } from '../../../test/fakes/fixedClock.ts';
import { bodyOf } from '../../domain/fileBody.ts';
import { createLocalDiskStore } from './adapter.ts';
import type { LocalDiskStore } from './adapter.ts';

const never = new AbortController().signal;
const clock = createFixedClock('2026-11-22T10:00:00Z');
const signingKey = 'k'.repeat(32);
const publicBaseUrl = 'https://shop.example';
const key = 'copies/7K3M-Q9XT-4BVD/1.pdf';

function request(text: string) {
  const bytes = Buffer.from(text);
  const body = bodyOf(bytes, createHash('sha256').update(bytes).digest('hex'));
  return { key, body, contentType: 'application/pdf' };
}

let rootDirectory: string;
let store: LocalDiskStore;
const storeIn = (root: string) =>
  createLocalDiskStore({ rootDirectory: root, signingKey, publicBaseUrl, clock });

beforeEach(async () => {
  rootDirectory = await mkdtemp(path.join(os.tmpdir(), 'store-'));
  store = storeIn(rootDirectory);
});
afterEach(() => rm(rootDirectory, { recursive: true }));

describe('the local disk store', () => {
  it('leaves nothing but the object behind, also after a refusal', async () => {
    await store.put(request('a book'), never);
    await store.put(request('another'), never).catch(() => undefined);
    expect(await readdir(path.join(rootDirectory, '.incoming'))).toEqual([]);
    expect(await readdir(path.join(rootDirectory, 'copies/7K3M-Q9XT-4BVD'))).toEqual(['1.pdf']);
  });

  it('clears away what killed processes left, and nothing that may still be written', async () => {
    const incoming = path.join(rootDirectory, '.incoming');
    await mkdir(incoming);
    for (const name of ['old', 'young']) await writeFile(path.join(incoming, name), 'half');
    await utimes(path.join(incoming, 'old'), clock.now(), new Date('2026-11-22T08:59:00Z'));
    await utimes(path.join(incoming, 'young'), clock.now(), new Date('2026-11-22T09:59:00Z'));
    await store.put(request('a book'), never);
    expect(await readdir(incoming)).toEqual(['young']);
  });

  it('notices that an object was damaged on the disk', async () => {
    const { sha256 } = await store.put(request('a book'), never);
    await writeFile(path.join(rootDirectory, key), 'a bOok');
    expect((await store.stat(key, never))?.sha256).not.toBe(sha256);
    await expect(store.put(request('a book'), never)).rejects.toMatchObject({
      reason: 'stored_object_differs',
    });
  });

  it('turns trouble with its directory into a fault that may pass, without naming the path', async () => {
    const blocked = path.join(rootDirectory, 'file');
    await writeFile(blocked, '');
    await expect(storeIn(blocked).put(request('a book'), never)).rejects.toMatchObject({
      name: 'Fault',
      kind: 'transient',
      message: expect.not.stringContaining(rootDirectory) as string,
    });
  });

  it('takes a directory for no object', async () => {
    await store.put(request('a book'), never);
    await expect(store.open('copies', {}, never)).rejects.toMatchObject({ reason: 'storage_key_refused' });
  });

  it('never lets a body fill the disk that goes on for longer than it said', async () => {
    const endless = {
      ...request('a book').body,
      async *open() {
        for (;;) yield Buffer.alloc(1024);
      },
    };
    await expect(store.put({ ...request('a book'), body: endless }, never)).rejects.toMatchObject({
      reason: 'stored_bytes_damaged',
    });
    expect(await readdir(path.join(rootDirectory, '.incoming'))).toEqual([]);
  });

  it('leaves alone what is not to be removed: its file is not even touched', async () => {
    await store.put(request('a book'), never);
    const file = path.join(rootDirectory, key);
    await utimes(file, new Date('2026-01-01T00:00:00Z'), new Date('2026-01-01T00:00:00Z'));
    const before = await stat(file);
    expect(await store.remove(key, { sha256: request('other').body.sha256 }, never)).toBe(false);
    const after = await stat(file);
    expect([after.ctimeMs, after.ino]).toEqual([before.ctimeMs, before.ino]);
  });

  it('closes what was opened and not read', async () => {
    await store.put(request('a book'), never);
    const opened = await store.open(key, {}, never);
    opened?.close();
    await writeFile(path.join(rootDirectory, key), 'other');
    expect(await store.remove(key, { sha256: request('other').body.sha256 }, never)).toBe(true);
    expect(await readdir(path.join(rootDirectory, '.incoming'))).toEqual([]);
  });

  it('signs URLs that it knows again', async () => {
    const options = { expiresInSeconds: 300, fileName: 'Book.pdf', contentType: 'application/pdf' };
    const url = new URL(await store.signUrl(key, options));
    expect(url.searchParams.get('expires')).toBe(String(Date.parse('2026-11-22T10:05:00Z') / 1000));
    const params = { ...Object.fromEntries(url.searchParams), key };
    expect(store.verifySignedUrl(params, clock.now())).toEqual({
      key,
      fileName: 'Book.pdf',
      contentType: 'application/pdf',
    });
    expect(store.verifySignedUrl(params, new Date('2026-11-22T10:06:00Z'))).toBeUndefined();
  });

  it('wants a signing key that cannot be guessed', () => {
    const weak = { rootDirectory, publicBaseUrl, signingKey: 'k'.repeat(31) };
    expect(() => createLocalDiskStore(weak)).toThrow(/32 bytes/);
  });
});
