import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with one request. */
export type HttpBehaviour =
  | { mode: 'answer'; status?: number; headers?: Record<string, string>; json?: unknown; text?: string }
  /** Takes the request and never answers. */
  | { mode: 'hang' }
  /** Cuts the connection once the request is in. */
  | { mode: 'reset' }
  /** Answers with bytes that are not HTTP. */
  | { mode: 'garbage' }
  /** Sends the head and the first byte of the body, then nothing. */
  | { mode: 'stall' }
  | { mode: 'redirect'; to: string }
  /** A body of that many spaces. */
  | { mode: 'huge'; sizeBytes: number };

export interface SeenRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface FaultHttp {
  url: string;
  requests: SeenRequest[];
  /** Behaviours of the next requests, in order; afterwards `otherwise` again. */
  script(...behaviours: HttpBehaviour[]): void;
  otherwise(behave: (request: SeenRequest) => HttpBehaviour): void;
  /** Forgets requests, script and fallback. */
  reset(): void;
  stop(): Promise<void>;
}

/** An HTTP server on loopback that misbehaves on demand. Answers 404 until told otherwise. */
export async function startFaultHttp(): Promise<FaultHttp> {
  const requests: SeenRequest[] = [];
  const scripted: HttpBehaviour[] = [];
  const notFound = (): HttpBehaviour => ({ mode: 'answer', status: 404 });
  let fallback: (request: SeenRequest) => HttpBehaviour = notFound;

  const server = createServer((request, response) => {
    void answer(request, response);
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = await readRequest(request);
    requests.push(seen);
    behave(scripted.shift() ?? fallback(seen), response);
  }

  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    script: (...behaviours) => void scripted.push(...behaviours),
    otherwise: (next) => {
      fallback = next;
    },
    reset: () => {
      requests.length = 0;
      scripted.length = 0;
      fallback = notFound;
    },
    stop: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function readRequest(request: IncomingMessage): Promise<SeenRequest> {
  const body = Buffer.concat(await request.toArray()).toString();
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const { method = 'GET', headers } = request;
  return { method, path: url.pathname, query: url.searchParams, headers, body };
}

function behave(behaviour: HttpBehaviour, response: ServerResponse): void {
  switch (behaviour.mode) {
    case 'answer': {
      const text = behaviour.text ?? JSON.stringify(behaviour.json === undefined ? {} : behaviour.json);
      response.writeHead(behaviour.status ?? 200, {
        'content-type': 'application/json',
        ...behaviour.headers,
      });
      response.end(text);
      return;
    }
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'garbage':
      response.socket?.end('this is not http\r\n\r\n');
      return;
    case 'stall':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{');
      return;
    case 'redirect':
      response.writeHead(302, { location: behaviour.to }).end();
      return;
    case 'huge':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(Buffer.alloc(behaviour.sizeBytes, ' '));
  }
}
