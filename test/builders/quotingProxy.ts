import { createServer, type IncomingMessage, request as ask, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface QuotingProxy {
  url: string;
  /** From now on every request is answered with this status and quoted whole; null: passed on again. */
  quote(status: number | null): void;
  /** The requests that were quoted, whole. */
  readonly quoted: readonly string[];
  stop(): Promise<void>;
}

/**
 * Stands before a vendor, and can be made to fail in the worst manner: its errors repeat everything they were told,
 * headers with keys included, in status line, headers and body.
 *
 * @param target where requests are passed on to; null: they are always quoted
 */
export async function startQuotingProxy(target: string | null): Promise<QuotingProxy> {
  let status: number | null = target === null ? 500 : null;
  const quoted: string[] = [];
  const server = createServer((incoming, outgoing) => {
    if (status === null && target !== null) return passOn(target, incoming, outgoing);
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const told = `${incoming.method} ${incoming.url} ${JSON.stringify(incoming.headers)} ${Buffer.concat(chunks).toString()}`;
      quoted.push(told);
      // Of a shape and with codes that vendors have: what cannot be understood is not looked at further.
      const error = {
        type: 'api_error',
        code: told.slice(0, 200),
        name: 'validation_error',
        message: told,
        param: told,
      };
      outgoing.writeHead(status ?? 500, 'Bad', { 'content-type': 'application/json', 'request-id': 'req_x' });
      outgoing.end(JSON.stringify({ error, ...error, statusCode: status, errors: [told] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    quote: (next) => void (status = next),
    quoted,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function passOn(target: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method, headers, url = '/' } = incoming;
  const passed = ask(new URL(url, target), { method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  // Where the vendor is not up yet, its absence is what is answered.
  passed.on('error', () => outgoing.destroy());
  incoming.pipe(passed);
}
