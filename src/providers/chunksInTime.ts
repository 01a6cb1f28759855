/**
 * The chunks of an answer, which may take as long as they like together but not fall silent. Only waiting for the next one
 * counts: who reads them may be slow.
 *
 * @param stop called with a `TimeoutError` when nothing has come for `silenceMs`; it must make the reading fail
 */
export async function* chunksInTime(
  chunks: AsyncIterable<Uint8Array>,
  silenceMs: number,
  stop: (reason: DOMException) => void,
): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const timer = setTimeout(() => stop(new DOMException('Too late.', 'TimeoutError')), silenceMs);
      const next = await iterator.next().finally(() => clearTimeout(timer));
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}
