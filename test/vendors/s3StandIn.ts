import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3Server } from './s3Servers.ts';

export type S3Mood =
  | 'well'
  | 'slow_down'
  | 'html'
  | 'cuts_answer'
  | 'cuts_upload'
  | 'denied'
  | 'elsewhere'
  | 'flips_a_bit'
  /** And knows no checksums, so that it does not notice. */
  | 'flips_unnoticed'
  | 'overwrites'
  | 'gives_back_others'
  | 'no_conditional_deletes';

export interface S3StandIn extends S3Server {
  objects: Map<string, Buffer>;
  mood(next: S3Mood): void;
  /** What happens between a request to delete and the deed, once. */
  beforeDelete(happens: () => void): void;
}

const bucket = 'books';

/**
 * What Amazon documents of S3 beyond what the servers of others know: conditional writes (If-None-Match) and deletes (If-Match), SHA-256 checksums
 * that are verified and given back, ranges, and error documents (docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html,
 * API_HeadObject.html, API_DeleteObject.html, ErrorResponses.html, sigv4-query-string-auth.html). Who signs nothing, or comes too late with a signed
 * address, is refused; signatures themselves are not verified.
 */
export async function startS3StandIn(): Promise<S3StandIn> {
  const objects = new Map<string, Buffer>();
  let mood: S3Mood = 'well';
  let meanwhile: () => void = () => undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (mood === 'slow_down') return refuse(response, 503, 'SlowDown');
    if (mood === 'denied') return refuse(response, 403, 'AccessDenied');
    if (mood === 'elsewhere') return refuse(response, 301, 'PermanentRedirect');
    if (mood === 'html')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Hello</p>');
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (request.headers.authorization === undefined && !isSignedNow(searchParams))
      return refuse(response, 403, 'AccessDenied');
    const [, into, ...parts] = pathname.split('/').map(decodeURIComponent);
    if (into !== bucket) return refuse(response, 404, 'NoSuchBucket');
    const key = parts.join('/');
    if (request.method === 'PUT') return put(request, response, key);
    if (request.method === 'DELETE') return remove(request, response, key);
    serve(request, response, key);
  }

  async function put(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      if (mood === 'cuts_upload') return void request.socket.resetAndDestroy();
      chunks.push(chunk as Buffer);
    }
    const bytes = Buffer.concat(chunks);
    if (mood.startsWith('flips_') && bytes.length > 0) bytes[0] = (bytes[0] ?? 0) ^ 1;
    const checksum = sumOf(bytes);
    const announced = request.headers['x-amz-checksum-sha256'];
    if (mood !== 'flips_unnoticed' && announced !== undefined && announced !== checksum)
      return refuse(response, 400, 'BadDigest');
    if (mood !== 'overwrites' && request.headers['if-none-match'] === '*' && objects.has(key))
      return refuse(response, 412, 'PreconditionFailed');
    objects.set(key, bytes);
    if (mood === 'cuts_answer') return void request.socket.resetAndDestroy();
    response.writeHead(200, checksumsOf(bytes)).end();
  }

  const checksumsOf = (bytes: Uint8Array): Record<string, string> =>
    mood === 'flips_unnoticed'
      ? {}
      : { 'x-amz-checksum-sha256': sumOf(bytes), 'x-amz-checksum-type': 'FULL_OBJECT' };

  function remove(request: IncomingMessage, response: ServerResponse, key: string): void {
    const wanted = request.headers['if-match'];
    if (mood === 'no_conditional_deletes' && wanted !== undefined)
      return refuse(response, 501, 'NotImplemented');
    meanwhile();
    const bytes = objects.get(key);
    if (wanted !== undefined && !bytes) return refuse(response, 404, 'NoSuchKey');
    if (wanted !== undefined && bytes && wanted !== tagOf(bytes))
      return refuse(response, 412, 'PreconditionFailed');
    objects.delete(key);
    response.writeHead(204).end();
  }

  function serve(request: IncomingMessage, response: ServerResponse, key: string): void {
    const bytes = objects.get(key);
    if (!bytes) return refuse(response, 404, 'NoSuchKey', request.method === 'HEAD');
    const [, start, given] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const end = given || bytes.length - 1;
    const whole = mood === 'gives_back_others' ? Buffer.alloc(bytes.length, '?') : bytes;
    const part = start === undefined ? whole : whole.subarray(Number(start), Number(end) + 1);
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
    const disposition = query.get('response-content-disposition');
    response.writeHead(start === undefined ? 200 : 206, {
      'content-length': part.length,
      etag: tagOf(bytes),
      'content-type': query.get('response-content-type') ?? 'application/octet-stream',
      ...(start === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${bytes.length}` }),
      ...(disposition === null ? {} : { 'content-disposition': disposition }),
      ...(request.headers['x-amz-checksum-mode'] === 'ENABLED' ? checksumsOf(bytes) : {}),
    });
    if (request.method === 'HEAD') return void response.end();
    if (mood !== 'cuts_answer') return void response.end(part);
    response.write(part.subarray(0, Math.floor(part.length / 2)), () => response.socket?.resetAndDestroy());
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accessKeyId: 'AKIAEXAMPLE',
    secretAccessKey: 'secret',
    bucket,
    objects,
    mood: (next) => {
      mood = next;
    },
    beforeDelete: (happens) => {
      meanwhile = happens;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** The time in a signed address is that of signing, as 20260131T120000Z. */
function isSignedNow(query: URLSearchParams): boolean {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get('X-Amz-Date') ?? '') ?? [];
  const signedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const endsAt = signedAt + Number(query.get('X-Amz-Expires')) * 1000;
  return query.has('X-Amz-Signature') && Date.now() < endsAt;
}

const sumOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64');

const tagOf = (bytes: Uint8Array) => `"${createHash('md5').update(bytes).digest('hex')}"`;

function refuse(response: ServerResponse, status: number, code: string, bodiless = false): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>No.</Message><RequestId>R1</RequestId></Error>`;
  response
    .writeHead(status, { 'content-type': 'application/xml', 'x-amz-request-id': 'R1' })
    .end(bodiless ? undefined : body);
}
