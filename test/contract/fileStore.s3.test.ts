import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bodyOf } from '../../src/domain/fileBody.ts';
import { createS3Store } from '../../src/providers/s3/adapter.ts';
import { startEmulatedS3, startS3rver, type S3Server } from '../vendors/s3Servers.ts';
import { type S3Mood, type S3StandIn, startS3StandIn } from '../vendors/s3StandIn.ts';
import { describeBreaks } from './fileStore.breaks.ts';
import { describeFileStore } from './fileStore.contract.ts';
import { describeSignedUrls } from './fileStore.signedUrls.ts';

const never = new AbortController().signal;

describe.each([
  ['s3rver', startS3rver, { conditionalWrites: false }],
  ['emulate', startEmulatedS3, { conditionalWrites: false }],
] as const)('S3 as %s has it', (name, start, { conditionalWrites }) => {
  let server: S3Server;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  describeFileStore(
    `S3 (${name})`,
    async () => {
      const store = createS3Store({ ...server, region: 'us-east-1', pathStyle: true, conditionalWrites });
      return { store, stop: async () => store.close() };
    },
    { isExclusive: conditionalWrites },
  );
});

const somebodyElses = {
  conditionalWrites: false,
  names: true,
  expires: true,
  ranges: true,
  keepsHalves: false,
};

describe.each([
  ['s3rver', startS3rver, { ...somebodyElses, keepsHalves: true }],
  ['emulate', startEmulatedS3, { ...somebodyElses, names: false, expires: false, ranges: false }],
  ['a stand-in', startS3StandIn, { ...somebodyElses, conditionalWrites: true }],
] as const)('S3 as %s has it', (name, start, { conditionalWrites, keepsHalves, ...abilities }) => {
  const storeAt = (server: S3Server, endpoint = server.endpoint) =>
    createS3Store({ ...server, endpoint, region: 'us-east-1', pathStyle: true, conditionalWrites });

  describeSignedUrls(
    `S3 (${name})`,
    async () => {
      const server = await start();
      return { store: storeAt(server), stop: () => server.stop() };
    },
    abilities,
  );

  describeBreaks(`S3 (${name})`, async () => {
    const server = await start();
    return {
      address: server.endpoint,
      keepsHalves,
      storeAt: (endpoint) => storeAt(server, endpoint),
      stop: () => server.stop(),
    };
  });
});

describeFileStore('S3 as Amazon documents it', async () => {
  const standIn = await startS3StandIn();
  const store = createS3Store({ ...standIn, region: 'eu-central-1', pathStyle: true });
  return {
    store,
    stop: async () => {
      store.close();
      await standIn.stop();
    },
  };
});

describe('S3', () => {
  let standIn: S3StandIn;
  let store: ReturnType<typeof createS3Store>;
  beforeEach(async () => {
    standIn = await startS3StandIn();
    store = createS3Store({ ...standIn, region: 'eu-central-1', pathStyle: true, timeoutMs: 2_000 });
  });
  afterEach(async () => {
    store.close();
    await standIn.stop();
  });

  const key = 'copies/7K3M-Q9XT-4BVD/1.pdf';
  const wanted = (text: string) => {
    const bytes = new Uint8Array(Buffer.from(text));
    const body = bodyOf(bytes, createHash('sha256').update(bytes).digest('hex'));
    return { key, body, contentType: 'application/pdf' };
  };

  it.each<[S3Mood, string, string]>([
    ['slow_down', 'rate_limited', 'storage_slow_down'],
    ['html', 'transient', 'storage_answer_unreadable'],
    ['cuts_upload', 'transient', 'storage_unreachable'],
    ['denied', 'needs_human', 'storage_denied'],
    ['elsewhere', 'needs_human', 'storage_no_bucket'],
    ['flips_a_bit', 'transient', 'stored_bytes_damaged'],
    ['flips_unnoticed', 'transient', 'stored_bytes_damaged'],
  ])('that is %s gives a fault and keeps nothing', async (mood, kind, reason) => {
    standIn.mood(mood);
    await expect(store.put(wanted('a book'), never)).rejects.toMatchObject({ kind, reason, provider: 's3' });
    standIn.mood('well');
    expect(await store.stat(key, never)).toBeUndefined();
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

  it('removes what comes back damaged although the service’s own sum of it is right', async () => {
    await store.put(wanted('a book'), never);
    standIn.mood('gives_back_others');
    const damaged = wanted('??????').body;
    expect((await store.stat(key, never))?.sha256).not.toBe(damaged.sha256);
    expect(await store.remove(key, wanted('a book').body, never)).toBe(false);
    expect(await store.remove(key, damaged, never)).toBe(true);
    expect(standIn.objects.size).toBe(0);
  });

  it('removes nothing that somebody else has mended meanwhile', async () => {
    await store.put(wanted('a boOk'), never);
    standIn.beforeDelete(() => void standIn.objects.set(key, Buffer.from('a book')));
    expect(await store.remove(key, wanted('a boOk').body, never)).toBe(false);
    expect(standIn.objects.get(key)?.toString()).toBe('a book');
  });

  it('removes also where the service knows no conditions on it', async () => {
    await store.put(wanted('a book'), never);
    standIn.mood('no_conditional_deletes');
    expect(await store.remove(key, wanted('a book').body, never)).toBe(true);
    expect(standIn.objects.size).toBe(0);
  });

  it('that breaks off in the middle of a book gives a fault and no half one', async () => {
    await store.put(wanted('x'.repeat(5_000_000)), never);
    standIn.mood('cuts_answer');
    const opened = await store.open(key, {}, never);
    const reading = (async () => {
      for await (const chunk of opened?.chunks ?? []) expect(chunk.byteLength).toBeGreaterThan(0);
    })();
    await expect(reading).rejects.toMatchObject({ kind: 'transient', reason: 'storage_unreachable' });
  });

  it('signs URLs that serve the copy under its title', async () => {
    await store.put(wanted('a book'), never);
    const link = { expiresInSeconds: 60, fileName: 'Żółw & Ślimak.pdf', contentType: 'application/pdf' };
    const url = new URL(await store.signUrl(key, link));
    expect(url.searchParams.get('X-Amz-Expires')).toBe('60');
    const served = await fetch(url);
    expect(await served.text()).toBe('a book');
    expect(served.headers.get('content-type')).toBe('application/pdf');
    expect(served.headers.get('content-disposition')).toContain("filename*=UTF-8''%C5%BB");
  });
});
