import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/*
 * Books on their way, by the runtime's older client. Its `fetch` takes a stream in faster than it gets rid of it, so that
 * it holds a whole book in memory; and it copies every chunk of an answer, which doubles the garbage of a download.
 */

const answerMaxBytes = 64 * 1024;

export interface StreamRequest {
  method: string;
  headers: Record<string, string>;
  body: Readable;
  sizeBytes: number;
  signal: AbortSignal;
}

/** Sends a stream of known length, as slowly as the other side takes it. */
export async function sendStream(url: URL, request: StreamRequest): Promise<Response> {
  const { method, body, sizeBytes, signal } = request;
  const headers = { ...request.headers, 'content-length': String(sizeBytes) };
  const send = clientOf(url).request(url, { method, headers, signal });
  const answered = answerTo(send);
  // A refusal may come, and the connection end, before all is sent: then the refusal is what counts.
  const sent = pipeline(body, send).catch((error: unknown) => error);
  return responseOf(await Promise.race([answered, sent.then((thrown) => failedWith(thrown, answered))]));
}

/** Asks for something whose bytes are read as they come; ending the signal closes the connection. */
export function receiveStream(
  url: URL,
  { headers, signal }: Pick<StreamRequest, 'headers' | 'signal'>,
): Promise<http.IncomingMessage> {
  return answerTo(clientOf(url).get(url, { headers, signal }));
}

/** A short answer, read; what is longer than any of the store's is cut. */
export async function responseOf(answer: http.IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > answerMaxBytes) break;
  }
  return new Response(Buffer.concat(chunks), {
    status: answer.statusCode ?? 500,
    headers: Object.entries(answer.headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as [string, string]] : [],
    ),
  });
}

const clientOf = (url: URL) => (url.protocol === 'https:' ? https : http);

const answerTo = (request: http.ClientRequest) =>
  new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });

async function failedWith<Answer>(thrown: unknown, answered: Promise<Answer>): Promise<Answer> {
  if (thrown !== undefined) answered.catch(() => undefined);
  if (thrown instanceof Error && (thrown as NodeJS.ErrnoException).code !== 'EPIPE') throw thrown;
  return answered;
}
