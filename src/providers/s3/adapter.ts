import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { bytesWithin } from '../../domain/bytesWithin.ts';
import { attachment } from '../../domain/contentDisposition.ts';
import { Fault } from '../../domain/fault.ts';
import type { ByteRange, FileStore, OpenedObject, PutRequest, StoredObject } from '../../ports/fileStore.ts';
import { outboundTrouble, parseSecureUrl, underDeadline } from '../outbound.ts';
import { chunksInTime } from '../chunksInTime.ts';
import { damagedBytes, measureChunks, otherObject, sendingBody } from '../sendingBody.ts';
import { assertStorageKey } from '../storageKey.ts';
import { hexOf, isAbsent, isPage, wholeSize } from './answers.ts';
import { s3Failure, s3Fault } from './faults.ts';

export interface S3StoreOptions {
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Of a service that speaks like S3; without it Amazon's own. */
  endpoint?: string | undefined;
  /** The bucket in the path instead of the host name, as most services of one's own need it. */
  pathStyle?: boolean | undefined;
  /**
   * The service refuses to overwrite when it is asked to (`If-None-Match: *`). Where it does not know that, we look before
   * we write, and two writers of other bytes in the same moment are not told apart.
   */
  conditionalWrites?: boolean | undefined;
  /** For one request that carries no file, and for the beginning of an answer. */
  timeoutMs?: number | undefined;
}

/** How long bytes may take on the way, from their number: a floor, and 200 kB a second. */
const transferMs = (sizeBytes: number) => 60_000 + sizeBytes / 200;

/** Private files in a bucket of S3, or of a service that speaks like it. */
export function createS3Store(options: S3StoreOptions): FileStore & { close(): void } {
  const { bucket: Bucket, conditionalWrites = true, timeoutMs = 20_000, endpoint } = options;
  if (endpoint !== undefined) parseSecureUrl(endpoint, 'The endpoint of the file store');
  const client = new S3Client({
    region: options.region,
    credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle: options.pathStyle ?? false,
    // The engine retries, with its own patience; and it must know of each attempt.
    maxAttempts: 1,
    followRegionRedirects: false,
    // Checksums are ours: we know them before the first byte.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It would write to the console what we tell by faults.
    logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
    requestHandler: { connectionTimeout: timeoutMs, requestTimeout: 0, throwOnRequestTimeout: false },
  });

  async function head(Key: string, signal: AbortSignal) {
    try {
      return await inTime(signal, timeoutMs, (abortSignal) =>
        client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }), { abortSignal }),
      );
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** The service's own checksum where it has one of the whole object; else the bytes are read. */
  async function stat(key: string, signal: AbortSignal): Promise<StoredObject | undefined> {
    const found = await head(key, signal);
    if (!found) return undefined;
    const vouched = hexOf(found.ChecksumSHA256, found.ChecksumType);
    if (vouched !== undefined && found.ContentLength !== undefined) {
      return { sizeBytes: found.ContentLength, sha256: vouched };
    }
    const opened = await open(key, undefined, signal);
    return opened && measureChunks(opened.chunks);
  }

  async function put(request: PutRequest, signal: AbortSignal): Promise<StoredObject> {
    const { key, body } = request;
    const present = conditionalWrites ? undefined : await stat(key, signal);
    const vouched = present ? false : await write(request, signal);
    if (vouched === true) return { sizeBytes: body.sizeBytes, sha256: body.sha256 };
    const stored = present ?? (await stat(key, signal));
    if (!stored) throw damagedBytes('s3');
    if (stored.sha256 === body.sha256 && stored.sizeBytes === body.sizeBytes) return stored;
    if (vouched === 'taken' || present) throw otherObject('s3');
    // Damaged on the way, and written by ourselves a moment ago: left there, it would keep out the right one for ever.
    await remove(key, stored.sha256, signal);
    throw damagedBytes('s3');
  }

  /** Whether the service vouches for the bytes, or that there is something under the key already. */
  async function write(
    { key: Key, body, contentType: ContentType }: PutRequest,
    signal: AbortSignal,
  ): Promise<boolean | 'taken'> {
    signal.throwIfAborted();
    let broken: unknown;
    const sending = new AbortController();
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* sendingBody(body, 's3', sending.signal);
      } catch (error) {
        // The SDK goes on waiting for a body that has broken off.
        broken = error;
        sending.abort();
        throw error;
      }
    };
    const stream = body.sizeBytes === 0 ? undefined : streamOf(chunks());
    const command = new PutObjectCommand({
      Bucket,
      Key,
      Body: stream ?? (await emptied(chunks())),
      ContentLength: body.sizeBytes,
      ContentType,
      ChecksumSHA256: Buffer.from(body.sha256, 'hex').toString('base64'),
      ...(conditionalWrites ? { IfNoneMatch: '*' } : {}),
    });
    try {
      const answer = await inTime(signal, transferMs(body.sizeBytes), (deadline) => {
        deadline.addEventListener('abort', () => sending.abort(deadline.reason), { once: true });
        return client.send(command, { abortSignal: sending.signal });
      });
      return hexOf(answer.ChecksumSHA256, answer.ChecksumType) === body.sha256;
    } catch (error) {
      // The SDK leaves a connection open on which it was refused before it had sent everything.
      sending.abort();
      if (broken instanceof Fault) throw broken;
      if (s3Failure(error).status === 412) return 'taken';
      throw error;
    } finally {
      stream?.destroy();
    }
  }

  async function open(
    Key: string,
    range: ByteRange | undefined,
    signal: AbortSignal,
  ): Promise<OpenedObject | undefined> {
    const reading = new AbortController();
    const follow = () => reading.abort(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', follow, { once: true });
    try {
      const answer = await inTime(reading.signal, timeoutMs, (abortSignal) =>
        client.send(
          new GetObjectCommand({
            Bucket,
            Key,
            ...(range ? { Range: `bytes=${range.start}-${range.end}` } : {}),
          }),
          { abortSignal },
        ),
      );
      const body = answer.Body as Readable;
      const close = () => {
        signal.removeEventListener('abort', follow);
        body.destroy();
      };
      // An error nobody is reading for must not end the process.
      body.on('error', () => undefined);
      reading.signal.addEventListener('abort', () => body.destroy(reading.signal.reason as Error), {
        once: true,
      });
      if (isPage(answer.ContentType)) {
        close();
        throw new Fault(s3Fault({ code: undefined, status: 200, requestId: undefined }));
      }
      const sent = chunksInTime(body, timeoutMs, (reason) => reading.abort(reason));
      // Some services give all that was not asked for.
      const asAsked = !range || answer.ContentRange?.startsWith(`bytes ${range.start}-${range.end}/`);
      const chunks = faultsOf(asAsked ? sent : bytesWithin(sent, range), { signal: reading.signal, close });
      return { sizeBytes: wholeSize(answer), chunks, close };
    } catch (error) {
      signal.removeEventListener('abort', follow);
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** By its bytes: the service's own sum of them may be right where they are not. */
  async function remove(Key: string, sha256: string, signal: AbortSignal): Promise<boolean> {
    const tag = conditionalWrites ? (await head(Key, signal))?.ETag : undefined;
    const opened = await open(Key, undefined, signal);
    if (!opened || (await measureChunks(opened.chunks)).sha256 !== sha256) return false;
    return erase(Key, tag, signal);
  }

  /** With a tag: only while it is still the object that had it, where the service knows of such a condition. */
  async function erase(Key: string, tag: string | undefined, signal: AbortSignal): Promise<boolean> {
    const condition = tag === undefined ? {} : { IfMatch: tag };
    try {
      await inTime(signal, timeoutMs, (abortSignal) =>
        client.send(new DeleteObjectCommand({ Bucket, Key, ...condition }), { abortSignal }),
      );
      return true;
    } catch (error) {
      if (isAbsent(error) || s3Failure(error).status === 412) return false;
      if (tag !== undefined && s3Failure(error).status === 501) return erase(Key, undefined, signal);
      throw error;
    }
  }

  async function guarded<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    assertStorageKey(key, 's3');
    try {
      return await work();
    } catch (thrown) {
      throw asFault(thrown);
    }
  }

  return {
    name: 's3',
    put: (request, signal) => guarded(request.key, () => put(request, signal)),
    stat: (key, signal) => guarded(key, () => stat(key, signal)),
    open: (key, { range }, signal) => guarded(key, () => open(key, range, signal)),
    remove: (key, found, signal) => guarded(key, () => remove(key, found.sha256, signal)),
    signUrl: (key, { expiresInSeconds, fileName, contentType }) =>
      guarded(key, () =>
        getSignedUrl(
          client,
          new GetObjectCommand({
            Bucket,
            Key: key,
            ResponseContentDisposition: attachment(fileName),
            ResponseContentType: contentType,
          }),
          { expiresIn: Math.floor(expiresInSeconds) },
        ),
      ),
    close: () => client.destroy(),
  };
}

const asFault = (thrown: unknown) =>
  thrown instanceof Fault ? thrown : new Fault(s3Fault(s3Failure(thrown)));

/** The SDK takes its listener for errors away when it has given up; what happens then is known already. */
function streamOf(chunks: AsyncIterable<Uint8Array>): Readable {
  return Readable.from(chunks, { objectMode: false }).on('error', () => undefined);
}

/** A body of no bytes, whose announcement is checked all the same. */
async function emptied(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  for await (const chunk of chunks) if (chunk.byteLength > 0) throw damagedBytes('s3');
  return new Uint8Array();
}

/** The SDK calls every end by a signal an abort; one by the deadline is the service's doing. */
async function inTime<Result>(
  signal: AbortSignal,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  let deadline = signal;
  try {
    return await underDeadline(signal, timeoutMs, (given) => work((deadline = given)));
  } catch (error) {
    throw deadline.aborted && outboundTrouble(error, deadline) === 'timeout' ? deadline.reason : error;
  }
}

async function* faultsOf(
  chunks: AsyncIterable<Uint8Array>,
  { signal, close }: { signal: AbortSignal; close(): void },
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (thrown) {
    throw asFault(signal.aborted ? signal.reason : thrown);
  } finally {
    close();
  }
}
