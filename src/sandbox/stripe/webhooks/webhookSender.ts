import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface WebhookAnswer {
  status: number | null;
  error: string | null;
  /** From the moment the request had a connection. */
  answerMs: number;
}

export interface WebhookSender {
  /** Posts the bytes and waits for the whole answer. Never throws: a failed connection is an answer with an error. */
  post(url: string, rawBody: string, signature: string): Promise<WebhookAnswer>;
  close(): void;
}

interface Delivery {
  rawBody: string;
  signature: string;
  onConnected: () => void;
}

/** Sends webhooks over kept-alive connections, with the headers Stripe sends. */
export function createWebhookSender(options: { connections: number; timeoutMs: number }): WebhookSender {
  const agentOptions = { keepAlive: true, maxSockets: options.connections };
  const agents = { 'http:': new HttpAgent(agentOptions), 'https:': new HttpsAgent(agentOptions) };

  async function send(address: string, delivery: Delivery): Promise<number> {
    const { rawBody, signature, onConnected } = delivery;
    const url = new URL(address);
    const secure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const request = (secure ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        agent: agents[secure ? 'https:' : 'http:'],
        timeout: options.timeoutMs,
        headers: {
          Accept: '*/*; q=0.5, application/xml',
          'Cache-Control': 'no-cache',
          'Content-Length': Buffer.byteLength(rawBody),
          'Content-Type': 'application/json; charset=utf-8',
          'Stripe-Signature': signature,
          'User-Agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        },
      });
      request.on('timeout', () =>
        request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
      );
      request.on('error', reject);
      request.on('socket', onConnected);
      request.on('response', (response) => {
        response.on('error', reject);
        response.on('end', () => resolve(response.statusCode ?? 0));
        response.resume();
      });
      request.end(rawBody);
    });
  }

  return {
    async post(url, rawBody, signature) {
      let startedMs = performance.now();
      const onConnected = () => {
        startedMs = performance.now();
      };
      const answer = await send(url, { rawBody, signature, onConnected }).then(
        (status) => ({ status, error: null }),
        (error: unknown) => ({ status: null, error: errorCode(error) }),
      );
      return { ...answer, answerMs: performance.now() - startedMs };
    },
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

function errorCode(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : 'unknown';
}
