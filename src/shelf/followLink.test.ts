import { describe, expect, it } from 'vitest';
import { Fault } from '../domain/fault.ts';
import type { FileStore } from '../ports/fileStore.ts';
import type { CountedDownload, LinkTarget, ShelfStore } from '../ports/shelf.ts';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import { createFollowLink } from './followLink.ts';
import { createLinkTokens } from './linkTokens.ts';

const id = '0193a5f2-7c1e-7abc-8def-0123456789ab';
const tokens = createLinkTokens({ keys: [new Uint8Array(32)] });
const token = tokens.write('download-link', id);
const click = { method: 'GET', clientAddress: '192.0.2.1', userAgent: 'Firefox', purpose: undefined };

interface Given {
  target?: Partial<LinkTarget>;
  recordDownload?: ShelfStore['recordDownload'];
  signUrl?: FileStore['signUrl'];
}

function following({ target, recordDownload, signUrl }: Given = {}) {
  const told: TelemetryEvent[] = [];
  const counted: CountedDownload[] = [];
  const signed: unknown[] = [];
  const read: string[] = [];
  const store: Pick<ShelfStore, 'readLink' | 'recordDownload'> = {
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
        storageKey: 'copies/A/1.epub',
        kept: 'stored',
        ...target,
      };
    },
    recordDownload:
      recordDownload ??
      (async (download) => {
        counted.push(download);
      }),
  };
  const files: Pick<FileStore, 'signUrl'> = {
    signUrl:
      signUrl ??
      (async (...given) => {
        signed.push(given);
        return 'https://storage.example/signed';
      }),
  };
  const follow = createFollowLink({
    store: store as ShelfStore,
    files,
    streams: { signUrl: async (key) => `https://shop.example/files/${key}` },
    tokens,
    telemetry: { emit: (event) => told.push(event) },
    clientHashKey: new Uint8Array(32),
  });
  return { follow, told, counted, signed, read };
}

describe('following a link', () => {
  it('leads to a URL of five minutes that serves the copy under its title', async () => {
    const { follow, signed, counted } = following();
    expect(await follow(token, click)).toEqual({ kind: 'redirect', url: 'https://storage.example/signed' });
    const form = { expiresInSeconds: 300, fileName: 'Cień wiatru.epub', contentType: 'application/epub+zip' };
    expect(signed).toEqual([['copies/A/1.epub', form]]);
    expect(counted).toMatchObject([{ linkId: id, storageKey: 'copies/A/1.epub', format: 'epub' }]);
  });

  it('leads to ourselves for a copy that is made while it is downloaded', async () => {
    const { follow, signed, counted } = following({ target: { kept: 'streamed' } });
    expect(await follow(token, click)).toEqual({
      kind: 'redirect',
      url: 'https://shop.example/files/copies/A/1.epub',
    });
    expect(signed).toEqual([]);
    expect(counted).toHaveLength(1);
  });

  it.each([
    ['revoked', { state: 'revoked', expired: true, storageKey: null }],
    ['expired', { state: 'processing', expired: true }],
    ['preparing', { state: 'processing' }],
    ['preparing', { storageKey: null }],
  ] as const)('ends at %s for %o, with nothing signed or counted', async (kind, target) => {
    const { follow, signed, counted } = following({ target });
    expect(await follow(token, click)).toEqual({ kind, title: 'Cień: wiatru', language: 'pl' });
    expect([...signed, ...counted]).toEqual([]);
  });

  it('does not trouble the database with guesses', async () => {
    const { follow, read, told } = following();
    expect(await follow('x'.repeat(44), click)).toEqual({ kind: 'unknown' });
    expect(read).toEqual([]);
    expect(told).toEqual([{ name: 'download.answered', outcome: 'refused', reason: 'unknown' }]);
  });

  it('gives the buyer the book even when the count cannot be written, and tells the log', async () => {
    const { follow, told } = following({
      recordDownload: () => Promise.reject(new TypeError('jan@example.com')),
    });
    expect((await follow(token, click)).kind).toBe('redirect');
    expect(told).toEqual([
      { name: 'unexpected.error', during: 'count_download', error: 'TypeError' },
      { name: 'download.answered', outcome: 'redirected' },
    ]);
  });

  it('counts nothing when the storage cannot sign', async () => {
    const down = new Fault({ kind: 'transient', reason: 'storage_unavailable', message: 'Down.' });
    const { follow, counted } = following({ signUrl: () => Promise.reject(down) });
    await expect(follow(token, click)).rejects.toBe(down);
    expect(counted).toEqual([]);
  });

  it('tells the log when a click is not counted', async () => {
    const { follow, told, counted } = following();
    await follow(token, { ...click, method: 'HEAD' });
    expect(told).toEqual([{ name: 'download.answered', outcome: 'redirected', reason: 'not_counted' }]);
    expect(counted).toEqual([]);
  });
});
