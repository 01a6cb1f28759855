import type { FastifyReply } from 'fastify';

/** Server-sent events to one listener (HTML standard, 9.2). */
export interface EventStream {
  /** One event with JSON data. */
  send(event: string, data: unknown): void;
  /** A comment: it keeps proxies from taking silence for the end, and finds out who has gone. */
  beat(): void;
  /** The listener's browser comes again by itself, unless an event has told it not to. */
  end(): void;
  /** Called once, when either side has ended it. */
  onEnd(ended: () => void): void;
}

/** Nobody reads any more who has left so much unread. */
const unreadMaxBytes = 64 * 1024;

/** Takes the answer out of Fastify's hands. Headers that were set on the reply go out with it. */
export function openEventStream(reply: FastifyReply, { retryMs }: { retryMs: number }): EventStream {
  reply.hijack();
  const { raw } = reply;
  const headers = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined);
  raw.writeHead(200, {
    ...(Object.fromEntries(headers) as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // nginx holds answers back until they fill a buffer, unless told not to.
    'x-accel-buffering': 'no',
  });

  function write(text: string): void {
    if (raw.writableEnded || raw.destroyed) return;
    if (raw.writableLength > unreadMaxBytes) raw.destroy();
    else raw.write(text);
  }

  raw.on('error', () => raw.destroy());
  write(`retry: ${retryMs}\n\n`);
  return {
    send: (event, data) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    beat: () => write(': still here\n\n'),
    end: () => void (raw.writableEnded || raw.end()),
    onEnd: (ended) => void (raw.destroyed ? ended() : raw.once('close', ended)),
  };
}
