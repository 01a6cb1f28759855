import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Pool } from 'pg';
import { Stripe } from 'stripe';
import type { CatalogBook } from './objects/catalog.ts';
import type { EventBody, IntentBody, SessionBody } from './objects/shapes.ts';
import { createStripeSandbox } from './stripeSandbox.ts';
import type { StripeSandbox, StripeSandboxOptions } from './stripeSandbox.ts';
import { openAdminPool } from '../../../test/setup/adminPool.ts';

export const testKey = 'sk_test_bench';
export const testSecret = 'whsec_bench';

export interface ReceivedWebhook {
  rawBody: string;
  headers: IncomingHttpHeaders;
  event: EventBody;
}

export interface Purchased {
  session: SessionBody;
  payment_intent: IntentBody | null;
  events: string[];
}

export interface TestBench {
  readonly sandbox: StripeSandbox;
  /** The official SDK, pointed at the stand-in, without retries of its own. */
  stripe: Stripe;
  pool: Pool;
  /** Where the webhooks go. */
  url: string;
  received: ReceivedWebhook[];
  /** The status the endpoint answers from now on. */
  answerWith(status: number): void;
  /** Resolves with the webhooks that match, once so many have arrived since the bench was made or cleared. */
  webhooks(count: number, match?: (event: EventBody) => boolean): Promise<ReceivedWebhook[]>;
  clear(): void;
  control<T>(method: string, path: string, body?: unknown): Promise<T>;
  buy(wishes?: object): Promise<Purchased>;
  /** Stops the stand-in and starts another one on the same port and database. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A stand-in with an endpoint for its webhooks and an SDK client, for tests. */
export async function createTestBench(
  databaseUrl: string,
  changes: Partial<StripeSandboxOptions> = {},
): Promise<TestBench> {
  const pool = openAdminPool(databaseUrl);
  // Dropping the database cuts idle connections; that is no failure of a test.
  pool.on('error', () => {});
  const endpoint = await startEndpoint();
  const options: StripeSandboxOptions = {
    pool,
    catalog: testCatalog,
    secretKey: testKey,
    webhook: { url: endpoint.url, secrets: [testSecret], retryDelaysMs: [5, 10, 20] },
    ...changes,
  };
  let sandbox = createStripeSandbox(options);
  await sandbox.start();
  const port = Number(new URL(sandbox.baseUrl).port);

  async function control<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${sandbox.baseUrl}/sandbox${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer as T;
  }

  return {
    get sandbox() {
      return sandbox;
    },
    stripe: new Stripe(testKey, {
      host: '127.0.0.1',
      port,
      protocol: 'http',
      maxNetworkRetries: 0,
      telemetry: false,
    }),
    pool,
    ...endpoint,
    control,
    buy: (wishes) =>
      control('POST', '/purchases', {
        products: ['tides'],
        email: 'ada@example.com',
        name: 'Ada',
        ...wishes,
      }),
    async restart() {
      await sandbox.stop();
      sandbox = createStripeSandbox({ ...options, port });
      await sandbox.start();
    },
    async close() {
      await sandbox.stop();
      endpoint.close();
      await pool.end();
    },
  };
}

/** The SDK's error of a call that must fail. */
export async function errorOf(work: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Stripe.errors.StripeError) return error;
  throw new Error('The call did not fail.');
}

async function startEndpoint() {
  const received: ReceivedWebhook[] = [];
  const waiting = new Set<() => void>();
  let status = 200;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const rawBody = Buffer.concat(chunks).toString();
      received.push({ rawBody, headers: request.headers, event: JSON.parse(rawBody) as EventBody });
      response.writeHead(status).end();
      for (const check of waiting) check();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/stripe`,
    received,
    answerWith(wanted: number) {
      status = wanted;
    },
    webhooks(count: number, match: (event: EventBody) => boolean = () => true) {
      return new Promise<ReceivedWebhook[]>((resolve) => {
        const check = () => {
          const matching = received.filter(({ event }) => match(event));
          if (matching.length < count) return;
          waiting.delete(check);
          resolve(matching);
        };
        waiting.add(check);
        check();
      });
    },
    clear() {
      received.length = 0;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Three books; the second costs yen as well, the third has another tax rate. */
export const testCatalog: CatalogBook[] = [
  testBook('tides', 'Tides & <Winds>', { eur: 1200, pln: 4900 }, 5),
  testBook('maps', 'Maps of Nowhere', { eur: 990, pln: 3900, jpy: 1500 }, 5),
  testBook('code', 'Quiet Code', { eur: 2101, pln: 8900 }, 23),
];

function testBook(
  slug: string,
  title: string,
  prices: Record<string, number>,
  taxPercent: number,
): CatalogBook {
  return {
    slug,
    title,
    description: `About ${slug}`,
    currency: 'eur',
    unitAmount: prices['eur'] ?? 0,
    prices,
    taxPercent,
    productId: `prod_${slug}`,
    priceIds: Object.fromEntries(
      Object.keys(prices).map((currency) => [currency, `price_${slug}_${currency}`]),
    ),
  };
}
