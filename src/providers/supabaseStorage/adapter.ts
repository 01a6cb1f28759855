import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { StorageClient } from '@supabase/storage-js';
import { z } from 'zod';
import { bytesWithin } from '../../domain/bytesWithin.ts';
import { Fault } from '../../domain/fault.ts';
import type { ByteRange, FileStore, OpenedObject, PutRequest, StoredObject } from '../../ports/fileStore.ts';
import { chunksInTime } from '../chunksInTime.ts';
import { outboundTrouble, parseSecureUrl, underDeadline } from '../outbound.ts';
import { damagedBytes, measureChunks, otherObject, sendingBody } from '../sendingBody.ts';
import { assertStorageKey } from '../storageKey.ts';
import { callingFetch, openAnswer } from './calls.ts';
import { supabaseFault } from './faults.ts';

export interface SupabaseStoreOptions {
  /** The project's address, for example `https://abcdefgh.supabase.co`. */
  projectUrl: string;
  /** The secret (service role) key: buyers' policies must not rule what we store. */
  secretKey: string;
  /** A private bucket. */
  bucket: string;
  /** For one request that carries no file, and for the beginning of an answer. */
  timeoutMs?: number | undefined;
}

export interface SupabaseStore extends FileStore {
  /** Whether anybody may read the bucket without a signature. @throws Fault */
  isPublic(signal: AbortSignal): Promise<boolean>;
}

/** How long bytes may take on the way, from their number: a floor, and 200 kB a second. */
const transferMs = (sizeBytes: number) => 60_000 + sizeBytes / 200;

/** Private files in a bucket of Supabase Storage (supabase.com/docs/guides/storage). */
export function createSupabaseStore(options: SupabaseStoreOptions): SupabaseStore {
  const { bucket, secretKey, timeoutMs = 20_000 } = options;
  const { origin } = parseSecureUrl(options.projectUrl, 'The project URL of Supabase');
  const apiUrl = `${origin}/storage/v1`;
  const headers = { apikey: secretKey, authorization: `Bearer ${secretKey}` };

  /** The client library for one call, which ends with the call's signal. */
  const clientFor = (signal: AbortSignal, sizeBytes?: number) =>
    new StorageClient(apiUrl, headers, callingFetch({ origin, sizeBytes }, signal));

  const short = <Result>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<Result>) =>
    underDeadline(signal, timeoutMs, work);

  async function stat(key: string, signal: AbortSignal): Promise<StoredObject | undefined> {
    const opened = await open(key, undefined, signal);
    return opened && measureChunks(opened.chunks);
  }

  async function put(request: PutRequest, signal: AbortSignal): Promise<StoredObject> {
    const { key, body } = request;
    const announced = { sizeBytes: body.sizeBytes, sha256: body.sha256 };
    const sent = await upload(request, signal);
    if (sent !== 'taken' && (await isVouchedFor(key, { ...sent, sizeBytes: body.sizeBytes }, signal)))
      return announced;
    const stored = await stat(key, signal);
    if (stored?.sha256 === body.sha256 && stored.sizeBytes === body.sizeBytes) return stored;
    if (sent === 'taken') throw otherObject('supabase');
    // Damaged on the way, and written by ourselves a moment ago: left there, it would keep out the right one for ever.
    if (stored) await remove(key, stored.sha256, signal);
    throw damagedBytes('supabase');
  }

  /** MD5 of what was sent, or that there is something under the key already. */
  async function upload(
    { key, body, contentType }: PutRequest,
    signal: AbortSignal,
  ): Promise<{ md5: string } | 'taken'> {
    const md5 = createHash('md5');
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for await (const chunk of sendingBody(body, 'supabase', signal)) {
        md5.update(chunk);
        yield chunk;
      }
    }
    const stream = Readable.from(chunks(), { objectMode: false });
    try {
      await underDeadline(signal, transferMs(body.sizeBytes), async (deadline) =>
        // A stream, so that no file is ever held in memory; never overwriting.
        dataOf(
          await clientFor(deadline, body.sizeBytes)
            .from(bucket)
            .upload(key, stream, { upsert: false, contentType }),
        ),
      );
    } catch (error) {
      if (error instanceof Fault && error.reason === 'storage_taken') return 'taken';
      throw error;
    } finally {
      // Refused before all was sent, the rest is wanted by nobody.
      stream.destroy();
    }
    return { md5: md5.digest('hex') };
  }

  /** The store's own sum of the bytes, which is MD5 unless they came in parts. Else they are read back. */
  async function isVouchedFor(
    key: string,
    sent: { md5: string; sizeBytes: number },
    signal: AbortSignal,
  ): Promise<boolean> {
    const info = infoShape.safeParse(
      await short(signal, async (deadline) => dataOf(await clientFor(deadline).from(bucket).info(key))),
    );
    if (!info.success) return false;
    return info.data.size === sent.sizeBytes && info.data.etag?.replaceAll('"', '') === sent.md5;
  }

  /** Without the library, which holds whole files in memory and knows no ranges. */
  async function open(
    key: string,
    range: ByteRange | undefined,
    signal: AbortSignal,
  ): Promise<OpenedObject | undefined> {
    signal.throwIfAborted();
    const reading = new AbortController();
    const follow = () => reading.abort(signal.reason);
    signal.addEventListener('abort', follow, { once: true });
    const close = () => {
      signal.removeEventListener('abort', follow);
      reading.abort();
    };
    const wanted: Record<string, string> = range ? { range: `bytes=${range.start}-${range.end}` } : {};
    const late = setTimeout(() => reading.abort(new DOMException('Too late.', 'TimeoutError')), timeoutMs);
    try {
      const answer = await openAnswer(
        new URL(`${apiUrl}/object/authenticated/${bucket}/${key}`),
        { origin, headers: { ...headers, ...wanted, 'accept-encoding': 'identity' } },
        reading.signal,
      );
      const { 'content-type': type, 'content-range': given } = answer.headers;
      // Nothing that we store is a page: it is a proxy's word, though it says 200.
      if (/^text\/html\b/i.test(type ?? '')) throw new Fault(supabaseFault({ status: 200 }));
      const asAsked = !range || given?.startsWith(`bytes ${range.start}-${range.end}/`);
      const body = chunksInTime(answer as AsyncIterable<Uint8Array>, timeoutMs, (reason) =>
        reading.abort(reason),
      );
      const chunks = faultsOf(asAsked ? body : bytesWithin(body, range), { signal: reading.signal, close });
      return { sizeBytes: wholeSize(answer.headers), chunks, close };
    } catch (error) {
      close();
      if (error instanceof Fault && error.reason === 'storage_not_found') return undefined;
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  async function remove(key: string, sha256: string, signal: AbortSignal): Promise<boolean> {
    const stored = await stat(key, signal);
    if (stored?.sha256 !== sha256) return false;
    const removed = await short(signal, async (deadline) =>
      dataOf(await clientFor(deadline).from(bucket).remove([key])),
    );
    return removed.length > 0;
  }

  async function guarded<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    assertStorageKey(key, 'supabase');
    return asFaults(work);
  }

  return {
    name: 'supabase',
    put: (request, signal) => guarded(request.key, () => put(request, signal)),
    stat: (key, signal) => guarded(key, () => stat(key, signal)),
    open: (key, { range }, signal) => guarded(key, () => open(key, range, signal)),
    remove: (key, found, signal) => guarded(key, () => remove(key, found.sha256, signal)),

    signUrl: (key, { expiresInSeconds, fileName }) =>
      guarded(key, async () => {
        const { signedUrl } = await short(new AbortController().signal, async (deadline) =>
          dataOf(await clientFor(deadline).from(bucket).createSignedUrl(key, Math.floor(expiresInSeconds))),
        );
        const url = new URL(signedUrl);
        // By ourselves: the library encodes names twice.
        url.searchParams.set('download', fileName);
        return url.href;
      }),

    isPublic: (signal) =>
      asFaults(async () => {
        const found = await short(signal, async (deadline) =>
          dataOf(await clientFor(deadline).getBucket(bucket)),
        );
        return found.public;
      }),
  };
}

const infoShape = z.object({ size: z.number(), etag: z.string().optional() });

/** What the library gives back. Our own fetch throws for it, so an error here is an answer that it could not read. */
function dataOf<Data>({ data, error }: { data: Data; error: unknown }): NonNullable<Data> {
  const original = (error as { originalError?: unknown } | null)?.originalError;
  if (original instanceof Fault) throw original;
  if (error !== null || data === null || data === undefined) throw new Fault(supabaseFault({ status: 200 }));
  return data;
}

async function asFaults<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    throw thrown instanceof Fault ? thrown : new Fault(supabaseFault({ trouble: outboundTrouble(thrown) }));
  }
}

function wholeSize({ 'content-range': range, 'content-length': length }: IncomingHttpHeaders): number {
  return Number(range?.split('/')[1] ?? length ?? 0);
}

async function* faultsOf(
  body: AsyncIterable<Uint8Array>,
  { signal, close }: { signal: AbortSignal; close(): void },
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (thrown) {
    throw thrown instanceof Fault
      ? thrown
      : new Fault(supabaseFault({ trouble: outboundTrouble(thrown, signal) }));
  } finally {
    close();
  }
}
