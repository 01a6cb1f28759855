import { describe, expect, it } from 'vitest';
import { Fault } from '../domain/fault.ts';
import type { FileStore } from '../ports/fileStore.ts';
import type { LinkTarget, NewDownload, ShelfStore } from '../ports/shelf.ts';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import type { OpenCopy } from './delivery.ts';
import { createFollowLink, type FollowedLink } from './followLink.ts';
import { createLinkTokens } from './linkTokens.ts';

const id = '0193a5f2-7c1e-7abc-8def-0123456789ab';
const tokens = createLinkTokens({ keys: [new Uint8Array(32)] });
const token = tokens.write('download-link', id);
const click = { method: 'GET', clientAddress: '192.0.2.1', userAgent: 'Firefox', purpose: undefined };
const stored = {
  storageKey: 'copies/A/1.epub',
  kept: 'stored',
  sizeBytes: 10,
  sha256: 'a'.repeat(64),
} as const;
const ofBook = { title: 'Cień: wiatru', language: 'pl' };

interface Given {
  target?: Partial<LinkTarget>;
  store?: Partial<ShelfStore>;
  openCopy?: OpenCopy;
  signUrl?: FileStore['signUrl'];
  by?: 'stream' | 'redirect';
}

function following({ target, store, openCopy, signUrl, by = 'stream' }: Given = {}) {
  const told: TelemetryEvent[] = [];
  const begun: NewDownload[] = [];
  const ended: number[] = [];
  const signed: unknown[] = [];
  const read: string[] = [];
  const shelf: Partial<ShelfStore> = {
    readLink: async (linkId) => {
      read.push(linkId);
      return {
        linkId,
        entitlementId: 'e',
        format: 'epub',
        expired: false,
        state: 'active',
        title: 'Cień: wiatru',
        language: 'pl',
        file: stored,
        ...target,
      };
    },
    beginDownload: async (download) => {
      begun.push(download);
      return { kind: 'begun', downloadId: 'd' };
    },
    endDownload: async (_downloadId, sentBytes) => {
      ended.push(sentBytes);
      return sentBytes === 10;
    },
    ...store,
  };
  const redirectTo: Pick<FileStore, 'signUrl'> = {
    signUrl:
      signUrl ??
      (async (...given) => {
        signed.push(given);
        return 'https://storage.example/signed';
      }),
  };
  const follow = createFollowLink({
    store: shelf as ShelfStore,
    openCopy: openCopy ?? (async () => ({ chunks: noBytes(), close: () => undefined })),
    redirectTo: by === 'redirect' ? redirectTo : null,
    limits: { perLink: 10, perEbook: 30 },
    tokens,
    telemetry: { emit: (event) => told.push(event) },
    clientHashKey: new Uint8Array(32),
  });
  return { follow, told, begun, ended, signed, read };
}

async function* noBytes(): AsyncGenerator<Uint8Array> {
  yield* [];
}

/** The file that a link leads to; fails when it leads elsewhere. */
function fileOf(followed: FollowedLink) {
  if (followed.kind !== 'file') throw new Error(`The link leads to ${followed.kind}.`);
  return followed.file;
}

/** Begins to deliver; fails when a page is the answer. */
async function beginning(followed: FollowedLink, range?: { start: number; end: number }) {
  const begun = await fileOf(followed).begin(range);
  if (begun.kind !== 'begun') throw new Error(`It ended at ${begun.kind}.`);
  return begun;
}

const finished = { name: 'download.finished', entitlementId: 'e', format: 'epub' };

describe('following a link', () => {
  it('leads to the copy itself, under its title, and notes what was sent of it', async () => {
    const { follow, begun, ended, told } = following();
    const followed = await follow(token, click);
    expect(fileOf(followed)).toMatchObject({
      fileName: 'Cień wiatru.epub',
      contentType: 'application/epub+zip',
      sizeBytes: 10,
      entityTag: `"${'a'.repeat(32)}"`,
    });
    expect(begun).toEqual([]);
    const stream = await beginning(followed);
    const noted = { linkId: id, storageKey: 'copies/A/1.epub', by: 'stream', program: false };
    expect(begun).toMatchObject([{ ...noted, sizeBytes: 10, askedBytes: 10 }]);
    await stream.end(10);
    expect(ended).toEqual([10]);
    expect(told).toEqual([{ name: 'download.answered', outcome: 'streaming' }, finished]);
  });

  it('tells of no finished download before it is whole', async () => {
    const { follow, begun, told } = following();
    const stream = await beginning(await follow(token, click), { start: 2, end: 5 });
    expect(begun).toMatchObject([{ askedBytes: 4 }]);
    await stream.end(3);
    expect(told).not.toContainEqual(finished);
  });

  it('notes that a program has asked', async () => {
    const { follow, begun } = following();
    await beginning(await follow(token, { ...click, userAgent: undefined }));
    expect(begun).toMatchObject([{ program: true }]);
  });

  it.each([
    ['revoked', { state: 'revoked', expired: true, file: null }],
    ['expired', { state: 'processing', expired: true }],
    ['preparing', { state: 'processing' }],
    ['preparing', { file: null }],
  ] as const)('ends at %s for %o, with nothing signed or noted', async (kind, target) => {
    for (const by of ['stream', 'redirect'] as const) {
      const { follow, signed, begun } = following({ target, by });
      expect(await follow(token, click)).toEqual({ kind, ...ofBook });
      expect([...signed, ...begun]).toEqual([]);
    }
  });

  it('does not trouble the database with guesses', async () => {
    const { follow, read, told } = following();
    expect(await follow('x'.repeat(44), click)).toEqual({ kind: 'unknown' });
    expect(read).toEqual([]);
    expect(told).toEqual([{ name: 'download.answered', outcome: 'refused', reason: 'unknown' }]);
  });

  it('ends at the limit, and opens nothing', async () => {
    const againAt = new Date('2026-11-24T10:00:00Z');
    const { follow, told } = following({
      store: { beginDownload: async () => ({ kind: 'limited', againAt }) },
      openCopy: () => Promise.reject(new Error('It was opened.')),
    });
    const file = fileOf(await follow(token, click));
    expect(await file.begin(undefined)).toEqual({ kind: 'limited', againAt, ...ofBook });
    expect(told).toEqual([{ name: 'download.answered', outcome: 'limited' }]);
  });

  it('gives the buyer the book even when nothing can be noted, and tells the log', async () => {
    const fails = () => Promise.reject(new TypeError('jan@example.com'));
    const { follow, told } = following({ store: { beginDownload: fails } });
    await (await beginning(await follow(token, click))).end(10);
    expect(told).toEqual([
      { name: 'unexpected.error', during: 'begin_download', error: 'TypeError' },
      { name: 'download.answered', outcome: 'streaming' },
    ]);
  });

  it('counts nothing when the copy is not where it should be, or the store is down', async () => {
    const gone = following({ openCopy: async () => undefined });
    expect(await fileOf(await gone.follow(token, click)).begin(undefined)).toEqual({ kind: 'unavailable' });
    expect(gone.ended).toEqual([0]);
    const down = new Fault({ kind: 'transient', reason: 'storage_unavailable', message: 'Down.' });
    const broken = following({ openCopy: () => Promise.reject(down) });
    await expect(fileOf(await broken.follow(token, click)).begin(undefined)).rejects.toBe(down);
    expect(broken.ended).toEqual([0]);
  });
});

describe('following a link to a store that signs', () => {
  it('leads to a URL of five minutes that serves the copy under its title, and counts as one', async () => {
    const { follow, signed, begun, told } = following({ by: 'redirect' });
    expect(await follow(token, click)).toEqual({ kind: 'redirect', url: 'https://storage.example/signed' });
    const form = { expiresInSeconds: 300, fileName: 'Cień wiatru.epub', contentType: 'application/epub+zip' };
    expect(signed).toEqual([['copies/A/1.epub', form]]);
    expect(begun).toMatchObject([{ by: 'redirect', askedBytes: null }]);
    expect(told).toEqual([finished, { name: 'download.answered', outcome: 'redirected' }]);
  });

  it('delivers a copy itself that is made while it is downloaded', async () => {
    const { follow, signed } = following({
      by: 'redirect',
      target: { file: { ...stored, kept: 'streamed' } },
    });
    expect((await follow(token, click)).kind).toBe('file');
    expect(signed).toEqual([]);
  });

  it('counts nothing when the store cannot sign, nor when somebody only looks', async () => {
    const down = new Fault({ kind: 'transient', reason: 'storage_unavailable', message: 'Down.' });
    const broken = following({ by: 'redirect', signUrl: () => Promise.reject(down) });
    await expect(broken.follow(token, click)).rejects.toBe(down);
    expect(broken.begun).toEqual([]);
    const looked = following({ by: 'redirect' });
    expect((await looked.follow(token, { ...click, method: 'HEAD' })).kind).toBe('redirect');
    expect(looked.begun).toEqual([]);
  });
});
