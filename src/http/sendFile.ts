import { Readable, finished } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { attachment } from '../domain/contentDisposition.ts';
import { parseRange, type ByteRange } from './byteRange.ts';
import { sendProblem } from './problem.ts';

/** What is told of a file before its first byte. */
export interface FileFace {
  fileName: string;
  contentType: string;
  sizeBytes: number;
  /** In its quotes; the same bytes have the same one. */
  entityTag: string;
}

/** Bytes on their way. */
export interface Stretch {
  chunks: AsyncIterable<Uint8Array>;
  /** Lets go of what is held open for them. */
  close(): void;
  /** Told once, however it ends, how many bytes have gone out: to within what a socket holds if it was broken off. */
  end?(sentBytes: number): Promise<void>;
}

/** `If-Range` guards a resumed download: when the file is not the one it began with, it begins anew. */
export function wantedRange(
  { headers }: FastifyRequest,
  { sizeBytes, entityTag }: FileFace,
): ByteRange | 'unsatisfiable' | undefined {
  const ifRange = headers['if-range'];
  if (ifRange !== undefined && ifRange !== entityTag) return undefined;
  return parseRange(headers.range, sizeBytes);
}

export function sendUnsatisfiable(reply: FastifyReply, { sizeBytes }: FileFace): FastifyReply {
  reply.headers({ 'accept-ranges': 'bytes', 'content-range': `bytes */${sizeBytes}` });
  return sendProblem(reply, {
    status: 416,
    code: 'range_not_satisfiable',
    field: 'range',
    detail: 'The file does not have the bytes that were asked for.',
    remedy: `Ask for bytes 0 to ${sizeBytes - 1}, or for the whole file.`,
  });
}

/** Status and headers of a file, or of a stretch of it; all that HEAD gets. */
export function announceFile(
  reply: FastifyReply,
  file: FileFace,
  range: ByteRange | undefined,
): FastifyReply {
  reply.headers({
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-store',
    etag: file.entityTag,
    'content-type': file.contentType,
    'content-disposition': attachment(file.fileName),
    'content-length': range === undefined ? file.sizeBytes : range.end - range.start + 1,
  });
  if (range === undefined) return reply;
  return reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${file.sizeBytes}`);
}

/** Sends bytes as fast as they are taken: no more of them is read than the next few. */
export function sendStretch(reply: FastifyReply, { chunks, close, end }: Stretch): FastifyReply {
  let readBytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      readBytes += chunk.length;
      yield chunk;
    }
  }
  const body = Readable.from(counted(), { objectMode: false });
  // However it ends, even unread, what is open is closed with it.
  body.once('close', close);
  finished(reply.raw, (brokenOff) => {
    const unsentBytes = brokenOff ? body.readableLength + reply.raw.writableLength : 0;
    void end?.(Math.max(0, readBytes - unsentBytes));
  });
  return reply.send(body);
}
