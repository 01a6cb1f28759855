/** A stretch of a stream of bytes, both ends included; what follows it is not waited for. */
export async function* bytesWithin(
  chunks: AsyncIterable<Uint8Array>,
  { start, end }: { start: number; end: number },
): AsyncGenerator<Uint8Array> {
  let position = 0;
  for await (const chunk of chunks) {
    const wanted = chunk.subarray(Math.max(start - position, 0), Math.max(end + 1 - position, 0));
    if (wanted.length > 0) yield wanted;
    position += chunk.length;
    if (position > end) return;
  }
}
