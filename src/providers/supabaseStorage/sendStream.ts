import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { OutboundError } from '../outbound.ts';

const answerMaxBytes = 64 * 1024;

export interface StreamRequest {
  method: string;
  headers: Record<string, string>;
  body: Readable;
  sizeBytes: number;
  signal: AbortSignal;
}

/**
 * Sends a stream of known length, as slowly as the other side takes it. The runtime's `fetch` takes a stream in faster than
 * it gets rid of it, and so holds a whole book in memory.
 */
export async function sendStream(url: URL, request: StreamRequest): Promise<Response> {
  const { method, body, sizeBytes, signal } = request;
  const headers = { ...request.headers, 'content-length': String(sizeBytes) };
  const send = (url.protocol === 'https:' ? https : http).request(url, { method, headers, signal });
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    send.once('response', resolve).once('error', reject);
  });
  // A refusal may come, and the connection end, before all is sent: then the refusal is what counts.
  const sent = pipeline(body, send).catch((error: unknown) => error);
  const answer = await Promise.race([answered, sent.then((thrown) => failedWith(thrown, answered))]);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    length += (chunk as Buffer).length;
    if (length > answerMaxBytes) throw new OutboundError('too_large');
    chunks.push(chunk as Buffer);
  }
  return new Response(Buffer.concat(chunks), {
    status: answer.statusCode ?? 500,
    headers: Object.entries(answer.headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as [string, string]] : [],
    ),
  });
}

async function failedWith<Answer>(thrown: unknown, answered: Promise<Answer>): Promise<Answer> {
  if (thrown !== undefined) answered.catch(() => undefined);
  if (thrown instanceof Error && (thrown as NodeJS.ErrnoException).code !== 'EPIPE') throw thrown;
  return answered;
}
