export interface StoredObject {
  sizeBytes: number;
  /** Lower-case hex. */
  sha256: string;
}

export interface PutRequest {
  key: string;
  bytes: Uint8Array;
  contentType: string;
  sha256: string;
}

/** Private storage of files. Every failure is a `Fault`. Keys are made by `domain/effectKey.ts` alone. */
export interface FileStore {
  readonly name: string;
  /**
   * Stores bytes under a key, never overwriting: the same bytes again are a success, other bytes under the same key
   * a permanent fault `stored_object_differs`. What was stored is read back and its size and hash compared.
   */
  put(request: PutRequest, signal: AbortSignal): Promise<StoredObject>;
  /** Size and hash of what is stored, or undefined. */
  stat(key: string, signal: AbortSignal): Promise<StoredObject | undefined>;
  read(key: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** A URL that serves the object as a download under `fileName` and expires after `expiresInSeconds`. */
  signUrl(
    key: string,
    options: { expiresInSeconds: number; fileName: string; contentType: string },
  ): Promise<string>;
}
