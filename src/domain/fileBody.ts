/** Bytes that are in memory anyway, in the form in which files are stored. */
export function bodyOf(bytes: Uint8Array, sha256: string) {
  return {
    sizeBytes: bytes.byteLength,
    sha256,
    async *open(signal: AbortSignal): AsyncGenerator<Uint8Array> {
      signal.throwIfAborted();
      yield bytes;
    },
  };
}
