import type { AddressInfo } from 'node:net';
import fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { createCallLog } from './wire/callLog.ts';
import { catalogObjects } from './objects/catalog.ts';
import type { CatalogBook } from './objects/catalog.ts';
import { createCheckout } from './checkout.ts';
import { createWebhookDelivery } from './webhooks/delivery.ts';
import { createEndpoints } from './webhooks/endpoints.ts';
import type { WebhookEndpoint } from './webhooks/endpoints.ts';
import { createFaults } from './wire/faults.ts';
import { newId } from './objects/ids.ts';
import { addDashboard } from './dashboard/dashboardRoutes.ts';
import { createDisputes } from './disputes.ts';
import { createIntents } from './intents.ts';
import { apiVersion } from './objects/events.ts';
import { createRecorder } from './recorder.ts';
import { createRefunds } from './refunds.ts';
import { writeObjects } from './objectStore.ts';
import { addHostedCheckout } from './pages/hostedCheckout.ts';
import { addApiFrame } from './routes/api.ts';
import { addCheckoutSessions } from './routes/checkoutSessions.ts';
import type { AccountSettings, RouteContext } from './routes/context.ts';
import { addControl } from './routes/control.ts';
import { addDisputes } from './routes/disputes.ts';
import { addEvents } from './routes/events.ts';
import { addOffers } from './routes/offers.ts';
import { addPayments } from './routes/payments.ts';
import { addRefunds } from './routes/refunds.ts';
import { addShopData } from './routes/shopData.ts';
import { addWebhookEndpoints } from './routes/webhookEndpoints.ts';
import { createTables } from './schema.ts';
import { createSettlements } from './settlements.ts';

export interface StripeSandboxOptions {
  /** A database of the sandbox; the stand-in makes its own schema `stripe_sandbox` in it. */
  pool: Pool;
  catalog: readonly CatalogBook[];
  /** The key callers must send, `sk_test_…`. */
  secretKey: string;
  webhook: {
    url: string;
    /** All active signing secrets, `whsec_…`: every delivery is signed with each. */
    secrets: string[];
    /** `['*']` unless told. */
    enabledEvents?: string[];
    retryDelaysMs?: readonly number[];
    concurrency?: number;
  };
  /** 127.0.0.1 unless told. */
  host?: string;
  /** 0, a free port, unless told. */
  port?: number;
  /** How long a delayed payment of the hosted page takes to settle; 5 s unless told. */
  delayedSettlementMs?: number;
  logger?: FastifyBaseLogger;
  /** Milliseconds since 1970, for tests. */
  nowMs?: () => number;
}

export interface StripeSandbox {
  server: FastifyInstance;
  /** Makes the tables, writes the catalogue, listens, and goes on with pending webhooks and settlements. */
  start(): Promise<void>;
  /** Stops listening and sending. The pool stays open: it is the caller's. */
  stop(): Promise<void>;
  /** `http://host:port`, once started. */
  readonly baseUrl: string;
  /** Changes where webhooks go or how they are signed, from the next try on. */
  changeWebhook(change: Partial<WebhookEndpoint>): void;
}

/** A Stripe for this machine: its API, its hosted checkout page and its webhooks, with all state in Postgres. */
export function createStripeSandbox(options: StripeSandboxOptions): StripeSandbox {
  const { pool, logger } = options;
  const nowMs = options.nowMs ?? Date.now;
  const nowSeconds = () => Math.floor(nowMs() / 1000);
  const endpoints = createEndpoints({
    given: {
      url: options.webhook.url,
      secrets: options.webhook.secrets,
      enabledEvents: options.webhook.enabledEvents ?? ['*'],
    },
    nowSeconds,
  });
  const account: AccountSettings = { apiVersion };
  const faults = createFaults(nowMs);
  const record = createRecorder({ targets: endpoints.targets, usualPlan: () => faults.read().webhooks });
  const server = newServer(logger);
  const onError = (err: unknown) =>
    server.log.error({ err }, 'background work of the Stripe stand-in failed');
  const baseUrl = () => urlOf(server);

  const delivery = createWebhookDelivery({
    ...options.webhook,
    pool,
    endpoint: endpoints.find,
    accountVersion: () => account.apiVersion,
    nowMs,
    onError,
  });
  const checkout = createCheckout({ record, baseUrl, nowSeconds });
  const settlements = createSettlements({ pool, checkout, onSettled: () => delivery.wake(), onError });
  addRoutes(server, {
    pool,
    catalog: options.catalog,
    secretKey: options.secretKey,
    checkout,
    intents: createIntents({ record, nowSeconds }),
    refunds: createRefunds({ record, nowSeconds }),
    disputes: createDisputes({ record, nowSeconds }),
    record,
    faults,
    callLog: createCallLog(),
    endpoints,
    account,
    nowSeconds,
    pauseWebhooks: (paused) => delivery.pause(paused),
    wake() {
      delivery.wake();
      settlements.wake();
    },
    delayedSettlementMs: options.delayedSettlementMs ?? 5_000,
  });

  return {
    server,
    async start() {
      await createTables(pool);
      await writeObjects(pool, catalogObjects(options.catalog));
      await server.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 });
      delivery.start();
      settlements.start();
    },
    async stop() {
      await server.close();
      await settlements.stop();
      await delivery.stop();
    },
    get baseUrl() {
      return baseUrl();
    },
    changeWebhook: endpoints.changeGiven,
  };
}

function newServer(logger: FastifyBaseLogger | undefined): FastifyInstance {
  return fastify({
    ...(logger ? { loggerInstance: logger } : { logger: false }),
    // A hanging request, ordered as a fault, must not keep the server from stopping.
    forceCloseConnections: true,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId('req'),
    routerOptions: { maxParamLength: 500 },
  });
}

function addRoutes(server: FastifyInstance, context: RouteContext): void {
  void server.register(
    (api, _options, done) => {
      addApiFrame(api, context);
      addCheckoutSessions(api, context);
      addPayments(api, context);
      addRefunds(api, context);
      addDisputes(api, context);
      addEvents(api, context);
      addShopData(api, context);
      addOffers(api, context);
      addWebhookEndpoints(api, context);
      done();
    },
    { prefix: '/v1' },
  );
  void server.register(
    (control, _options, done) => {
      addControl(control, context);
      done();
    },
    { prefix: '/sandbox' },
  );
  void server.register((pages, _options, done) => {
    addHostedCheckout(pages, context);
    addDashboard(pages, context);
    done();
  });
}

function urlOf(server: FastifyInstance): string {
  const address = server.server.address() as AddressInfo | null;
  if (!address) throw new Error('The Stripe stand-in has no address before it is started.');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
