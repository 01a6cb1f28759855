export interface StoredObject {
  sizeBytes: number;
  /** Lower-case hex. */
  sha256: string;
}

/** Bytes whose size and hash are known before the first of them is read. */
export interface FileBody extends StoredObject {
  /** All of them, from the start: called once more for each attempt. Nothing is opened before the first is asked for. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface PutRequest {
  key: string;
  body: FileBody;
  contentType: string;
}

/** A stretch of bytes, both ends included, counted from 0. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface OpenedObject {
  /** Of the whole object, also where a part of it was asked for. */
  sizeBytes: number;
  chunks: AsyncIterable<Uint8Array>;
  /** Lets go of what is held open; needless once `chunks` is read to its end or left in the middle. */
  close(): void;
}

/**
 * Private storage of files, streamed both ways: no object is ever held in memory. Every failure is a `Fault`. Keys are
 * made by `domain/effectKey.ts` alone.
 */
export interface FileStore {
  readonly name: string;
  /**
   * Stores bytes under a key, never overwriting: the same bytes again are a success, other bytes under the same key
   * a permanent fault `stored_object_differs`. What was stored has the announced size and hash: vouched for by the
   * store, or read back and compared.
   */
  put(request: PutRequest, signal: AbortSignal): Promise<StoredObject>;
  /** Size and hash of what is stored, as its bytes are now, or undefined. */
  stat(key: string, signal: AbortSignal): Promise<StoredObject | undefined>;
  /** Undefined when nothing is stored under the key. A range must lie within the object. */
  open(
    key: string,
    options: { range?: ByteRange | undefined },
    signal: AbortSignal,
  ): Promise<OpenedObject | undefined>;
  /**
   * Removes an object that is not what it should be, so that it can be made again. False, and nothing removed, when
   * what is stored has another hash than the one that was found damaged.
   */
  remove(key: string, found: Pick<StoredObject, 'sha256'>, signal: AbortSignal): Promise<boolean>;
  /** A URL that serves the object as a download under `fileName` and expires after `expiresInSeconds`. */
  signUrl(
    key: string,
    options: { expiresInSeconds: number; fileName: string; contentType: string },
  ): Promise<string>;
}
