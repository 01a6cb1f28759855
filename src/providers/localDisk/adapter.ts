import { createReadStream } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Fault } from '../../domain/fault.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ByteRange, FileStore, OpenedObject, PutRequest, StoredObject } from '../../ports/fileStore.ts';
import { damagedBytes, measureChunks, otherObject } from '../sendingBody.ts';
import { publish, removeAbandoned, setAside, writeIncoming } from './atomicWrite.ts';
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

  async function put({ key, body }: PutRequest, signal: AbortSignal): Promise<StoredObject> {
    const target = pathOfKey(root, key);
    swept ??= removeAbandoned(root, clock.now());
    await swept;
    const temporary = await writeIncoming(root, body, signal);
    try {
      // Read back before it gets its name: a damaged object never has one.
      const written = await measure(temporary, signal);
      if (written.sha256 !== body.sha256 || written.sizeBytes !== body.sizeBytes)
        throw damagedBytes('localDisk');
      if (await publish(root, temporary, target)) return written;
    } finally {
      await unlink(temporary).catch(() => undefined);
    }
    const present = await measure(target, signal);
    if (present.sha256 !== body.sha256) throw otherObject('localDisk');
    return present;
  }

  /**
   * What is sound is never touched. What is damaged is renamed away and measured again, so that nothing sound is removed
   * that came to stand there meanwhile.
   */
  async function remove(key: string, sha256: string, signal: AbortSignal): Promise<boolean> {
    const target = pathOfKey(root, key);
    const found = await orAbsent(() => measure(target, signal));
    if (found?.sha256 !== sha256) return false;
    const aside = await setAside(root, target, clock.now());
    if (aside === undefined) return false;
    try {
      if ((await measure(aside, signal)).sha256 === sha256) return true;
      await publish(root, aside, target);
      return false;
    } finally {
      await unlink(aside).catch(() => undefined);
    }
  }

  return {
    name: 'localDisk',
    put: (request, signal) => asFault(() => put(request, signal)),
    stat: (key, signal) => asFault(() => stat(key, signal)),
    open: (key, { range }, signal) =>
      asFault(() => orAbsent(() => openFile(pathOfKey(root, key), range, signal))),
    remove: (key, found, signal) => asFault(() => remove(key, found.sha256, signal)),
    signUrl: async (key, { expiresInSeconds, fileName, contentType }) => {
      pathOfKey(root, key);
      const expiresAtSeconds = Math.floor(clock.now().getTime() / 1000) + Math.floor(expiresInSeconds);
      return signUrlOf(publicBaseUrl, signingKey, { key, expiresAtSeconds, fileName, contentType });
    },
    verifySignedUrl: (params, now) => readSignedUrl(params, signingKey, now),
  };
}

const measure = (file: string, signal: AbortSignal): Promise<StoredObject> =>
  measureChunks(createReadStream(file, { signal }) as AsyncIterable<Uint8Array>);

async function openFile(
  file: string,
  range: ByteRange | undefined,
  signal: AbortSignal,
): Promise<OpenedObject> {
  signal.throwIfAborted();
  const handle = await open(file, 'r');
  const info = await handle.stat();
  if (!info.isFile() || signal.aborted) {
    await handle.close();
    signal.throwIfAborted();
    throw new Fault(diskFault('EISDIR'));
  }
  const stream = handle.createReadStream({ ...range, signal });
  // Whoever reads is told. Given up before anybody reads, an error that nobody listens to would end the process.
  stream.on('error', () => undefined);
  return {
    sizeBytes: info.size,
    chunks: faultsOf(stream as AsyncIterable<Uint8Array>),
    close: () => stream.destroy(),
  };
}

async function* faultsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (thrown) {
    throw new Fault(diskFault(diskErrorCode(thrown)));
  }
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
