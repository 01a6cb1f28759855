import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { preferredLanguage } from './acceptLanguage.ts';
import { parseRange, type ByteRange } from './byteRange.ts';
import { bytesWithin } from '../domain/bytesWithin.ts';
import { attachment } from '../domain/contentDisposition.ts';
import type { ShopFace } from './pages/linkPage.ts';
import { sendProblem } from './problem.ts';
import { sendPage } from './sendPage.ts';

/** A stored file whose signed URL has been checked. */
export interface SignedFile {
  fileName: string;
  contentType: string;
  sizeBytes: number;
  /** All of its bytes, not yet read. */
  chunks: AsyncIterable<Uint8Array>;
  /** A stretch of them instead, where it can be read without what comes before it. */
  part?: (range: ByteRange) => AsyncIterable<Uint8Array>;
  /** Lets go of what is held open for them. */
  close(): void;
}

/** Undefined when the URL is altered, expired, or for nothing that is stored. */
export type OpenSignedFile = (url: URL) => Promise<SignedFile | undefined>;

export interface FileRouteOptions {
  openSignedFile: OpenSignedFile;
  publicBaseUrl: string;
  shop: ShopFace;
}

/** `GET` and `HEAD /files/*`: what the local disk store's signed URLs lead to. */
export function fileRoutes({ openSignedFile, publicBaseUrl, shop }: FileRouteOptions) {
  return async (server: FastifyInstance): Promise<void> => {
    server.route({
      method: ['GET', 'HEAD'],
      url: '/files/*',
      handler: async (request, reply) => {
        const file = await openSignedFile(new URL(request.url, publicBaseUrl));
        if (file === undefined) {
          const language = preferredLanguage(request.headers['accept-language']);
          return sendPage(reply, { kind: 'timedOut', language, shop });
        }
        return sendFile(request, reply, file);
      },
    });
  };
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: SignedFile): FastifyReply {
  const range = wantedRange(request, file);
  reply.headers({ 'accept-ranges': 'bytes', 'cache-control': 'private, no-store' });
  if (range === 'unsatisfiable') {
    file.close();
    return sendProblem(reply.header('content-range', `bytes */${file.sizeBytes}`), {
      status: 416,
      code: 'range_not_satisfiable',
      detail: 'The file does not have the bytes that were asked for.',
    });
  }
  reply.headers({
    etag: entityTag(request, file),
    'content-type': file.contentType,
    'content-disposition': attachment(file.fileName),
    'content-length': range === undefined ? file.sizeBytes : range.end - range.start + 1,
  });
  if (range !== undefined) {
    reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${file.sizeBytes}`);
  }
  if (request.method === 'HEAD') {
    file.close();
    return reply.send();
  }
  const body = Readable.from(range === undefined ? file.chunks : partOf(file, range), { objectMode: false });
  // However it ends, even unread, what is open is closed with it.
  return reply.send(body.once('close', () => file.close()));
}

const partOf = (file: SignedFile, range: ByteRange): AsyncIterable<Uint8Array> =>
  file.part?.(range) ?? bytesWithin(file.chunks, range);

/** `If-Range` guards a resumed download: when the file is not the one it began with, it begins anew. */
function wantedRange(request: FastifyRequest, file: SignedFile): ByteRange | 'unsatisfiable' | undefined {
  const ifRange = request.headers['if-range'];
  if (ifRange !== undefined && ifRange !== entityTag(request, file)) return undefined;
  return parseRange(request.headers.range, file.sizeBytes);
}

/** Stored objects are never overwritten with other bytes, so path and size name the bytes. */
function entityTag(request: FastifyRequest, file: SignedFile): string {
  const [path = ''] = request.url.split('?');
  return `"${createHash('sha256').update(path).digest('hex').slice(0, 16)}-${file.sizeBytes}"`;
}
