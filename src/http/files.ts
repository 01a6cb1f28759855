import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { preferredLanguage } from './acceptLanguage.ts';
import type { ByteRange } from './byteRange.ts';
import { bytesWithin } from '../domain/bytesWithin.ts';
import type { ShopFace } from './pages/linkPage.ts';
import { announceFile, sendStretch, sendUnsatisfiable, wantedRange } from './sendFile.ts';
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

/**
 * `GET` and `HEAD /files/*`: what signed URLs of the local disk store lead to. Links of mails and shelf deliver their
 * bytes themselves (`download.ts`); URLs to here were handed out before they did, and by whoever asks the store for one.
 */
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
        return sendSigned(request, reply, file);
      },
    });
  };
}

function sendSigned(request: FastifyRequest, reply: FastifyReply, file: SignedFile): FastifyReply {
  const face = { ...file, entityTag: entityTag(request, file) };
  const range = wantedRange(request, face);
  if (range === 'unsatisfiable') {
    file.close();
    return sendUnsatisfiable(reply, face);
  }
  announceFile(reply, face, range);
  if (request.method === 'HEAD') {
    file.close();
    return reply.send();
  }
  const chunks = range === undefined ? file.chunks : (file.part?.(range) ?? bytesWithin(file.chunks, range));
  return sendStretch(reply, { chunks, close: () => file.close() });
}

/** Stored objects are never overwritten with other bytes, so path and size name the bytes. */
function entityTag(request: FastifyRequest, file: SignedFile): string {
  const [path = ''] = request.url.split('?');
  return `"${createHash('sha256').update(path).digest('hex').slice(0, 16)}-${file.sizeBytes}"`;
}
