import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the next request meets. */
export type SupabaseMood =
  'well' | 'html' | 'busy' | 'slow_down' | 'cuts_answer' | 'cuts_upload' | 'flips_a_bit' | 'new_codes';

interface Stored {
  bytes: Buffer;
  contentType: string;
}

export interface SupabaseStandIn {
  projectUrl: string;
  secretKey: string;
  bucket: string;
  objects: Map<string, Stored>;
  mood(next: SupabaseMood): void;
  setPublic(isPublic: boolean): void;
  stop(): Promise<void>;
}

const bucket = 'books';
const sizeLimitBytes = 50_000_000;

/**
 * Supabase Storage as its documentation has it (supabase.com/docs/reference/self-hosting-storage and
 * supabase.com/docs/guides/storage/debugging/error-codes). Its traps are kept: every refusal is a 400 whose body names
 * another status, `error` and `code` are spoken by different versions, an upload under a taken key is a `Duplicate`, and
 * a signed URL is a path of its own.
 */
export async function startSupabaseStandIn(): Promise<SupabaseStandIn> {
  const objects = new Map<string, Stored>();
  const secretKey = `sb_secret_${randomUUID()}`;
  const signingKey = randomUUID();
  let mood: SupabaseMood = 'well';
  let isPublic = false;

  const refuse = (response: ServerResponse, [status, error, code, message]: Refusal) => {
    const body =
      mood === 'new_codes'
        ? { statusCode: String(status), code, error: code, message }
        : { statusCode: String(status), error, message };
    json(response, mood === 'new_codes' ? status : 400, body);
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (mood === 'html')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Hello</p>');
    if (mood === 'busy') return void response.writeHead(503).end('upstream connect error');
    if (mood === 'slow_down')
      return void response.writeHead(429, { 'retry-after': '7' }).end('{"message":"Too many requests"}');
    const [, , , kind = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
    const signed = kind === 'object' && rest[0] === 'sign' && request.method === 'GET';
    if (!signed && request.headers.authorization !== `Bearer ${secretKey}`)
      return refuse(response, [403, 'Unauthorized', 'InvalidJWT', 'invalid signature']);
    if (kind === 'bucket') {
      if (rest[0] !== bucket) return refuse(response, noBucket);
      return json(response, 200, { id: bucket, name: bucket, public: isPublic });
    }
    if (request.method === 'DELETE') return removeThem(request, response);
    if (request.method === 'POST' && rest[0] === 'sign') return sign(rest, response, await expiryOf(request));
    if (request.method === 'POST') return upload(request, response, rest);
    if (rest[0] === 'info') return info(rest, response);
    return serve(request, response, { rest, url });
  }

  async function upload(request: IncomingMessage, response: ServerResponse, rest: string[]) {
    const [into, ...parts] = rest;
    if (into !== bucket) return refuse(response, noBucket);
    const key = parts.join('/');
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    for await (const chunk of request) {
      if (mood === 'cuts_upload') return void request.socket.resetAndDestroy();
      sizeBytes += (chunk as Buffer).length;
      if (sizeBytes > sizeLimitBytes) return refuse(response, tooLarge);
      chunks.push(chunk as Buffer);
    }
    if (objects.has(key) && request.headers['x-upsert'] !== 'true') return refuse(response, duplicate);
    const contentType = request.headers['content-type'] ?? 'application/octet-stream';
    const bytes = Buffer.concat(chunks);
    if (mood === 'flips_a_bit') bytes[0] = (bytes[0] ?? 0) ^ 1;
    objects.set(key, { bytes, contentType });
    if (mood === 'cuts_answer') return void request.socket.resetAndDestroy();
    json(response, 200, { Id: randomUUID(), Key: `${bucket}/${key}` });
  }

  function info([, into, ...parts]: string[], response: ServerResponse): void {
    const stored = into === bucket ? objects.get(parts.join('/')) : undefined;
    if (!stored) return refuse(response, absent);
    const { bytes, contentType } = stored;
    const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
    json(response, 200, {
      id: randomUUID(),
      name: parts.join('/'),
      size: bytes.length,
      content_type: contentType,
      etag,
    });
  }

  async function removeThem(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prefixes } = JSON.parse(Buffer.concat(await request.toArray()).toString()) as {
      prefixes: string[];
    };
    json(
      response,
      200,
      prefixes.filter((key) => objects.delete(key)).map((name) => ({ name })),
    );
  }

  const tokenOf = (key: string, expires: number) =>
    `${expires}.${createHmac('sha256', signingKey).update(`${key}\n${expires}`).digest('base64url')}`;

  async function sign(
    [, into, ...parts]: string[],
    response: ServerResponse,
    expiresIn: number,
  ): Promise<void> {
    const key = parts.join('/');
    if (into !== bucket || !objects.has(key)) return refuse(response, absent);
    const token = tokenOf(key, Math.floor(Date.now() / 1000) + expiresIn);
    json(response, 200, { signedURL: `/object/sign/${bucket}/${key}?token=${token}` });
  }

  function serve(
    request: IncomingMessage,
    response: ServerResponse,
    { rest, url }: { rest: string[]; url: URL },
  ) {
    const [how, into, ...parts] = rest;
    const key = parts.join('/');
    if (how === 'sign' && !isSigned(key, url.searchParams.get('token') ?? ''))
      return refuse(response, [400, 'InvalidJWT', 'InvalidJWT', 'jwt expired']);
    const stored = into === bucket ? objects.get(key) : undefined;
    if (!stored) return refuse(response, absent);
    const { bytes, contentType } = stored;
    const [, start, given] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const end = given || bytes.length - 1;
    const part = start === undefined ? bytes : bytes.subarray(Number(start), Number(end) + 1);
    const name = url.searchParams.get('download');
    response.writeHead(start === undefined ? 200 : 206, {
      'content-type': contentType,
      'content-length': part.length,
      ...(start === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${bytes.length}` }),
      ...(name ? { 'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}` } : {}),
    });
    if (mood !== 'cuts_answer') return void response.end(part);
    response.write(part.subarray(0, Math.floor(part.length / 2)), () => response.socket?.resetAndDestroy());
  }

  function isSigned(key: string, token: string): boolean {
    const expires = Number(token.split('.')[0]);
    const [given, right] = [Buffer.from(token), Buffer.from(tokenOf(key, expires))];
    return given.length === right.length && timingSafeEqual(given, right) && expires * 1000 > Date.now();
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    projectUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secretKey,
    bucket,
    objects,
    mood: (next) => {
      mood = next;
    },
    setPublic: (next) => {
      isPublic = next;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Status in the body, `error` of older versions, `code` of newer ones, message. */
type Refusal = readonly [status: number, error: string, code: string, message: string];

const noBucket: Refusal = [404, 'Bucket not found', 'NoSuchBucket', 'Bucket not found'];
const absent: Refusal = [404, 'not_found', 'NoSuchKey', 'Object not found'];
const duplicate: Refusal = [409, 'Duplicate', 'KeyAlreadyExists', 'The resource already exists'];
const tooLarge: Refusal = [
  413,
  'Payload too large',
  'EntityTooLarge',
  'The object exceeded the maximum allowed size',
];

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function expiryOf(request: IncomingMessage): Promise<number> {
  const { expiresIn } = JSON.parse(Buffer.concat(await request.toArray()).toString()) as {
    expiresIn: number;
  };
  return expiresIn;
}
