import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bodyOf } from '../../src/domain/fileBody.ts';
import { createSupabaseStore, type SupabaseStore } from '../../src/providers/supabaseStorage/adapter.ts';
import { startSupabaseStandIn, type SupabaseMood, type SupabaseStandIn } from '../vendors/supabaseStorage.ts';
import { describeBreaks } from './fileStore.breaks.ts';
import { describeFileStore } from './fileStore.contract.ts';
import { describeSignedUrls } from './fileStore.signedUrls.ts';

const never = new AbortController().signal;

for (const mood of ['well', 'new_codes'] as const) {
  describeFileStore(`Supabase Storage (${mood === 'well' ? 'older' : 'newer'} error codes)`, async () => {
    const standIn = await startSupabaseStandIn();
    standIn.mood(mood);
    return { store: createSupabaseStore(standIn), stop: standIn.stop };
  });
}

describeSignedUrls('Supabase Storage', async () => {
  const standIn = await startSupabaseStandIn();
  return { store: createSupabaseStore(standIn), stop: standIn.stop };
});

describeBreaks('Supabase Storage', async () => {
  const standIn = await startSupabaseStandIn();
  return {
    address: standIn.projectUrl,
    storeAt: (projectUrl) => createSupabaseStore({ ...standIn, projectUrl }),
    stop: standIn.stop,
  };
});

describe('Supabase Storage', () => {
  let standIn: SupabaseStandIn;
  let store: SupabaseStore;
  beforeEach(async () => {
    standIn = await startSupabaseStandIn();
    store = createSupabaseStore({ ...standIn, timeoutMs: 2_000 });
  });
  afterEach(() => standIn.stop());

  const key = 'copies/7K3M-Q9XT-4BVD/1.pdf';
  const wanted = (text: string) => {
    const bytes = new Uint8Array(Buffer.from(text));
    const body = bodyOf(bytes, createHash('sha256').update(bytes).digest('hex'));
    return { key, body, contentType: 'application/pdf' };
  };

  it.each<[SupabaseMood, string, string]>([
    ['html', 'transient', 'storage_answer_unreadable'],
    ['busy', 'transient', 'storage_unavailable'],
    ['slow_down', 'rate_limited', 'storage_slow_down'],
    ['cuts_upload', 'transient', 'storage_unreachable'],
  ])('that is %s is a fault that may pass', async (mood, kind, reason) => {
    standIn.mood(mood);
    await expect(store.put(wanted('a book'), never)).rejects.toMatchObject({ kind, reason });
    standIn.mood('well');
    expect(await store.stat(key, never)).toBeUndefined();
    await store.put(wanted('a book'), never);
  });

  it('has what it was given although its answer was lost, and says so when asked again', async () => {
    standIn.mood('cuts_answer');
    await expect(store.put(wanted('a book'), never)).rejects.toMatchObject({ kind: 'transient' });
    standIn.mood('well');
    expect(await store.put(wanted('a book'), never)).toEqual(await store.stat(key, never));
    await expect(store.put(wanted('another'), never)).rejects.toMatchObject({
      reason: 'stored_object_differs',
    });
  });

  it('that breaks off in the middle of a book gives a fault and no half one', async () => {
    await store.put(wanted('x'.repeat(5_000_000)), never);
    standIn.mood('cuts_answer');
    await expect(store.stat(key, never)).rejects.toMatchObject({
      kind: 'transient',
      reason: 'storage_unreachable',
    });
  });

  it('takes away what was damaged on the way to it, and has it whole the next time', async () => {
    standIn.mood('flips_a_bit');
    await expect(store.put(wanted('a book'), never)).rejects.toMatchObject({
      kind: 'transient',
      reason: 'stored_bytes_damaged',
    });
    standIn.mood('well');
    expect(standIn.objects.size).toBe(0);
    expect(await store.put(wanted('a book'), never)).toEqual(await store.stat(key, never));
  });

  it('notices bytes that were changed in the store', async () => {
    await store.put(wanted('a book'), never);
    standIn.objects.set(key, { bytes: Buffer.from('a bOok'), contentType: 'application/pdf' });
    expect((await store.stat(key, never))?.sha256).not.toBe(wanted('a book').body.sha256);
    await expect(store.put(wanted('a book'), never)).rejects.toMatchObject({
      reason: 'stored_object_differs',
    });
  });

  it('wants a person where the key or the bucket is wrong, and does not tell the key', async () => {
    const wrongKey = createSupabaseStore({ ...standIn, secretKey: 'sb_secret_wrong' });
    const refused = await wrongKey.put(wanted('a book'), never).catch((error: unknown) => error);
    expect(refused).toMatchObject({ kind: 'needs_human', reason: 'storage_credentials' });
    expect(JSON.stringify(refused) + String(refused)).not.toContain('sb_secret');
    const noBucket = createSupabaseStore({ ...standIn, bucket: 'none' });
    await expect(noBucket.put(wanted('a book'), never)).rejects.toMatchObject({
      reason: 'storage_no_bucket',
    });
  });

  it('wants a person where a file is larger than the project allows', async () => {
    const chunk = new Uint8Array(1_000_000);
    const hash = createHash('sha256');
    for (let count = 0; count < 60; count += 1) hash.update(chunk);
    const body = {
      sizeBytes: 60_000_000,
      sha256: hash.digest('hex'),
      async *open() {
        for (let count = 0; count < 60; count += 1) yield chunk;
      },
    };
    await expect(store.put({ key, body, contentType: 'application/pdf' }, never)).rejects.toMatchObject({
      reason: expect.stringMatching(/storage_too_large|storage_unreachable/) as string,
    });
  });

  it('signs URLs that serve the copy under its title, until they end', async () => {
    await store.put(wanted('a book'), never);
    const link = {
      expiresInSeconds: 60,
      fileName: 'Żółw & Ślimak: 100%.pdf',
      contentType: 'application/pdf',
    };
    const served = await fetch(await store.signUrl(key, link));
    expect(await served.text()).toBe('a book');
    const [, name = ''] =
      /filename\*=UTF-8''(.*)$/.exec(served.headers.get('content-disposition') ?? '') ?? [];
    expect(decodeURIComponent(name)).toBe(link.fileName);
    const ended = await fetch(await store.signUrl(key, { ...link, expiresInSeconds: -1 }));
    expect(ended.ok).toBe(false);
    await expect(store.signUrl('copies/none.pdf', link)).rejects.toMatchObject({
      reason: 'storage_not_found',
    });
  });

  it('tells whether anybody may read its bucket', async () => {
    expect(await store.isPublic(never)).toBe(false);
    standIn.setPublic(true);
    expect(await store.isPublic(never)).toBe(true);
  });
});
