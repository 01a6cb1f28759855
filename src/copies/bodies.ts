import { randomUUID, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Fault } from '../domain/fault.ts';
import type { Clock } from '../ports/clock.ts';
import type { FileStore } from '../ports/fileStore.ts';
import type { StoredBody } from '../ports/orders.ts';
import { hashOf } from './hashOf.ts';
import { makeOwnDirectory, removeLeftovers } from './leftovers.ts';

/** The same file on this machine. */
export interface LocalBody {
  path: string;
  sizeBytes: number;
  /** SHA-256 after all of its bytes: with a tail it gives the hash of a copy, and the body need not be read again. */
  hash(): Hash;
}

export type FetchedBody =
  { kind: 'ready'; body: LocalBody } | { kind: 'unusable'; reason: 'file_missing' | 'file_damaged' };

/** Files that copies are made of, on the machine that makes them, so that a sale does not fetch megabytes anew. */
export interface Bodies {
  /** Fetched unless it is there. Its bytes are verified once per process. @throws Fault */
  fetch(body: StoredBody, signal: AbortSignal): Promise<FetchedBody>;
  /**
   * A file that is made here, under a name that says what it is made of: made once, and kept as long as there is room.
   * `make` writes to the path it is given; the signal is what ends it.
   */
  keep(name: string, make: (path: string) => Promise<void>, signal: AbortSignal): Promise<LocalBody>;
  /** Forgets a file whose bytes are not what they were. */
  forget(body: Pick<LocalBody, 'path'>): Promise<void>;
  /** Removes what was left half written, and buyers' copies that nobody has asked for in a day. */
  sweep(): Promise<void>;
  /** Removes the directory if it was this process's own. */
  close(): Promise<void>;
}

export interface BodiesOptions {
  store: Pick<FileStore, 'open'>;
  /** Kept from one process to the next. Without it each process has one of its own, which ends with it. */
  directory: string | null;
  /** What all files together may take; the one used longest ago goes first. */
  maxBytes: number;
  clock: Pick<Clock, 'now'>;
}

export function createBodies({ store, directory, maxBytes, clock }: BodiesOptions): Bodies {
  /** Hash states of files that this process has seen whole, by path. */
  const verified = new Map<string, Hash>();
  /** What is being fetched or made just now: whoever wants the same waits for it. */
  const underWay = new Map<string, { result: Promise<FetchedBody>; signal: AbortSignal }>();
  let place: Promise<string> | undefined;
  const root = () =>
    (place ??= makeDirectory(directory).catch((error: unknown) => {
      // Mended by the next time, perhaps.
      place = undefined;
      throw error;
    }));

  /** Times of use are this clock's. */
  async function touch(file: string): Promise<void> {
    const now = clock.now();
    await utimes(file, now, now).catch(() => undefined);
  }

  async function present(file: string): Promise<LocalBody | undefined> {
    const info = await stat(file).catch(() => undefined);
    if (!info) return undefined;
    await touch(file);
    // What cannot be read counts as absent: what is fetched takes its name.
    const state = verified.get(file) ?? (await hashOf(file).catch(() => undefined))?.hash;
    if (!state) return undefined;
    verified.set(file, state);
    return { path: file, sizeBytes: info.size, hash: () => state.copy() };
  }

  /** Nothing has a name before its bytes are known to be the wanted ones, and on the disk. */
  async function make(
    file: string,
    write: (temporary: string) => Promise<void>,
    isWanted: (body: LocalBody) => boolean = () => true,
  ): Promise<LocalBody | undefined> {
    const temporary = `${file}.${randomUUID()}.part`;
    // Whoever tidies up a machine's temporary files may have taken it away.
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    try {
      await write(temporary);
      const { hash, sizeBytes } = await hashOf(temporary);
      const made = { path: file, sizeBytes, hash: () => hash.copy() };
      if (!isWanted(made)) return undefined;
      await flush(temporary);
      await touch(temporary);
      await rename(temporary, file);
      verified.set(file, hash);
      await makeRoom(path.dirname(file), file);
      return made;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async function obtain(wanted: StoredBody, signal: AbortSignal): Promise<FetchedBody> {
    const file = path.join(await root(), `${wanted.sha256}.body`);
    const kept = await present(file);
    if (kept && isSound(kept, wanted)) return { kind: 'ready', body: kept };
    const opened = await store.open(wanted.key, {}, signal);
    if (!opened) return { kind: 'unusable', reason: 'file_missing' };
    try {
      const body = await make(
        file,
        (temporary) =>
          pipeline(opened.chunks, createWriteStream(temporary, { flags: 'wx', mode: 0o600 }), { signal }),
        (made) => isSound(made, wanted),
      );
      return body ? { kind: 'ready', body } : { kind: 'unusable', reason: 'file_damaged' };
    } finally {
      opened.close();
    }
  }

  /** The one that is about to be read stays, whatever its size. One that is open goes on to be readable. */
  async function makeRoom(directoryPath: string, staying: string): Promise<void> {
    // What else lies there is not ours.
    const entries = (await readdir(directoryPath, { withFileTypes: true })).filter(
      (entry) => entry.isFile() && /\.(body|copy)$/.test(entry.name),
    );
    const files = await Promise.all(
      entries.map(async ({ name }) => {
        const file = path.join(directoryPath, name);
        const info = await stat(file).catch(() => undefined);
        return {
          file,
          sizeBytes: info?.size ?? 0,
          usedAt: file === staying ? Infinity : (info?.mtimeMs ?? 0),
        };
      }),
    );
    let total = 0;
    for (const { file, sizeBytes } of files.toSorted((one, other) => other.usedAt - one.usedAt)) {
      total += sizeBytes;
      if (total > maxBytes && file !== staying) await forget({ path: file });
    }
  }

  async function forget({ path: file }: Pick<LocalBody, 'path'>): Promise<void> {
    verified.delete(file);
    await rm(file, { force: true });
  }

  async function alone(
    name: string,
    signal: AbortSignal,
    work: () => Promise<FetchedBody>,
  ): Promise<FetchedBody> {
    for (;;) {
      const running = underWay.get(name);
      if (!running) break;
      try {
        return await endingWith(signal, running.result);
      } catch (error) {
        // Who was called off has not failed for the others.
        if (!running.signal.aborted || signal.aborted) throw error;
      }
    }
    const result = asFault(work).finally(() => underWay.delete(name));
    underWay.set(name, { result, signal });
    return result;
  }

  return {
    fetch: (wanted, signal) => alone(wanted.sha256, signal, () => obtain(wanted, signal)),

    async keep(name, write, signal) {
      const result = await alone(name, signal, async () => {
        const file = path.join(await root(), name);
        const body = (await present(file)) ?? (await make(file, write));
        return body ? { kind: 'ready', body } : { kind: 'unusable', reason: 'file_missing' };
      });
      if (result.kind === 'ready') return result.body;
      throw passing(result.reason);
    },

    forget,
    sweep: async () => removeLeftovers(await root(), clock.now()),

    async close() {
      if (place !== undefined && directory === null) await rm(await place, { recursive: true, force: true });
    },
  };
}

async function makeDirectory(directory: string | null): Promise<string> {
  if (directory === null) return makeOwnDirectory();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/** A machine that loses its power keeps names before bytes: a file is whole on the disk before it has its name. */
async function flush(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

const isSound = (body: LocalBody, wanted: StoredBody) =>
  body.sizeBytes === wanted.sizeBytes && body.hash().digest('hex') === wanted.sha256;

/** Whoever is called off does not wait for what somebody else has begun. */
async function endingWith<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  signal.throwIfAborted();
  const calledOff = new AbortController();
  try {
    return await Promise.race([
      work,
      once(signal, 'abort', { signal: calledOff.signal }).then((): never => {
        throw signal.reason;
      }),
    ]);
  } finally {
    calledOff.abort();
  }
}

async function asFault<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Fault ? error : passing((error as NodeJS.ErrnoException).code ?? 'unknown');
  }
}

const passing = (code: string) =>
  new Fault({
    kind: 'transient',
    reason: 'copies_directory_failed',
    message: `The directory for files that copies are made of cannot be used (${code}).`,
  });
