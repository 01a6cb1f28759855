import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Fault } from '../../domain/fault.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FileStore, PutRequest, StoredObject } from '../../ports/fileStore.ts';
import { publish, removeAbandoned, writeIncoming } from './atomicWrite.ts';
import { diskErrorCode, diskFault } from './faults.ts';
import { pathOfKey } from './keys.ts';
import { readSignedUrl, signUrlOf } from './signedUrl.ts';
import type { SignedDownload } from './signedUrl.ts';

export interface LocalDiskStoreOptions {
  rootDirectory: string;
  /** Signs download URLs; at least 32 bytes. */
  signingKey: string | Uint8Array;
  /** Where `/files/…` is served, for example `https://shop.example`. */
  publicBaseUrl: string;
  clock?: Pick<Clock, 'now'>;
}

export interface LocalDiskStore extends FileStore {
  /** Checks the key and query of a `/files/<key>?…` request; undefined unless we signed them and they still hold. */
  verifySignedUrl(params: unknown, now: Date): SignedDownload | undefined;
  /** Opens an object for the route that serves it; undefined when there is none. The stream closes its file itself. */
  openForDownload(key: string): Promise<{ stream: Readable; sizeBytes: number } | undefined>;
}

/** Private files in a directory of this machine. For one machine, or one shared disk that has hard links. */
export function createLocalDiskStore(options: LocalDiskStoreOptions): LocalDiskStore {
  const { publicBaseUrl, clock = { now: () => new Date() } } = options;
  const root = path.resolve(options.rootDirectory);
  const signingKey = Buffer.from(options.signingKey);
  if (signingKey.length < 32)
    throw new TypeError('The signing key of the file store needs at least 32 bytes.');
  let swept: Promise<void> | undefined;

  async function stat(key: string, signal: AbortSignal): Promise<StoredObject | undefined> {
    return orAbsent(() => measure(pathOfKey(root, key), signal));
  }

  async function put({ key, bytes, sha256 }: PutRequest, signal: AbortSignal): Promise<StoredObject> {
    const target = pathOfKey(root, key);
    swept ??= removeAbandoned(root, clock.now());
    await swept;
    const temporary = await writeIncoming(root, bytes);
    try {
      // Read back before it gets its name: a damaged object never has one.
      const written = await measure(temporary, signal);
      if (written.sha256 !== sha256 || written.sizeBytes !== bytes.byteLength) throw damaged();
      if (await publish(root, temporary, target)) return written;
    } finally {
      await unlink(temporary).catch(() => undefined);
    }
    const present = await measure(target, signal);
    if (present.sha256 !== sha256) throw differs();
    return present;
  }

  return {
    name: 'localDisk',
    put: (request, signal) => asFault(() => put(request, signal)),
    stat: (key, signal) => asFault(() => stat(key, signal)),
    read: (key, signal) =>
      asFault(() => orAbsent(async () => new Uint8Array(await readFile(pathOfKey(root, key), { signal })))),
    signUrl: async (key, { expiresInSeconds, fileName, contentType }) => {
      pathOfKey(root, key);
      const expiresAtSeconds = Math.floor(clock.now().getTime() / 1000) + Math.floor(expiresInSeconds);
      return signUrlOf(publicBaseUrl, signingKey, { key, expiresAtSeconds, fileName, contentType });
    },
    verifySignedUrl: (params, now) => readSignedUrl(params, signingKey, now),
    openForDownload: (key) => asFault(() => orAbsent(() => openFile(pathOfKey(root, key)))),
  };
}

async function measure(file: string, signal: AbortSignal): Promise<StoredObject> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(file, { signal })) {
    sizeBytes += (chunk as Buffer).length;
    hash.update(chunk as Buffer);
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

async function openFile(file: string): Promise<{ stream: Readable; sizeBytes: number }> {
  const handle = await open(file, 'r');
  const info = await handle.stat();
  if (!info.isFile()) {
    await handle.close();
    throw new Fault(diskFault('EISDIR'));
  }
  return { stream: handle.createReadStream(), sizeBytes: info.size };
}

async function orAbsent<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read();
  } catch (thrown) {
    // ENOTDIR: a part of the path is a file, so there is nothing under it either.
    if (['ENOENT', 'ENOTDIR'].includes(diskErrorCode(thrown) ?? '')) return undefined;
    throw thrown;
  }
}

async function asFault<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    throw thrown instanceof Fault ? thrown : new Fault(diskFault(diskErrorCode(thrown)));
  }
}

const damaged = () =>
  new Fault({
    kind: 'transient',
    reason: 'stored_bytes_damaged',
    message: 'The bytes read back are not the bytes announced.',
    provider: 'localDisk',
  });

const differs = () =>
  new Fault({
    kind: 'permanent',
    reason: 'stored_object_differs',
    message: 'Another object is stored under this key.',
    provider: 'localDisk',
  });
