import type { AddressInfo } from 'node:net';
import fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { ShopLinks } from './shopLinks.ts';
import { Stripe } from 'stripe';
import { createOpenIdClient } from './shelf/openIdClient.ts';
import type { OpenIdOptions } from './shelf/openIdClient.ts';
import { createSessions } from './shelf/sessions.ts';
import { createShelfApi } from './shelf/shelfApi.ts';
import { shelfRoutes } from './shelf/shelfRoutes.ts';
import { addShopRoutes } from './shopRoutes.ts';

export interface ShopOptions {
  /** Where the Stripe API is, for example `http://127.0.0.1:12111`. */
  stripeBaseUrl: string;
  secretKey: string;
  /** The shop's public address, for Stripe to lead buyers back to; where the shop listens unless told. */
  baseUrl?: string;
  links: ShopLinks;
  /** Where buyers sign in; the client's redirect address is the shop's own with `/shelf/callback`. */
  identity: OpenIdOptions;
  /** The fulfilment API, which knows what a buyer owns. */
  apiBaseUrl: string;
  /** 127.0.0.1 unless told. */
  host?: string;
  /** 0, a free port, unless told. */
  port?: number;
  logger?: FastifyBaseLogger;
}

export interface Shop {
  server: FastifyInstance;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The shop's address, once started. */
  readonly baseUrl: string;
}

/** A little bookshop that sells through Stripe as any shop does: it knows the official SDK and nothing of the sandbox. */
export function createShop(options: ShopOptions): Shop {
  const { logger, links } = options;
  const server: FastifyInstance = fastify({
    ...(logger ? { loggerInstance: logger } : { logger: false }),
    forceCloseConnections: true,
    logController: new LogController({ disableRequestLogging: true }),
  });
  const baseUrl = () => options.baseUrl?.replace(/\/$/, '') ?? addressOf(server);
  addShopRoutes(server, {
    stripe: stripeClient(options),
    links,
    dashboardUrl: new URL('/dashboard', options.stripeBaseUrl).href,
    apiBaseUrl: options.apiBaseUrl,
    baseUrl,
  });
  const nowMs = () => Date.now();
  server.register(
    shelfRoutes({
      openId: createOpenIdClient(options.identity),
      api: createShelfApi(options.apiBaseUrl),
      sessions: createSessions({ secure: () => baseUrl().startsWith('https:'), nowMs }),
      baseUrl,
      nowMs,
    }),
  );

  return {
    server,
    async start() {
      await server.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 });
    },
    stop: () => server.close(),
    get baseUrl() {
      return baseUrl();
    },
  };
}

function stripeClient({ stripeBaseUrl, secretKey }: ShopOptions): Stripe {
  const { hostname, port, protocol } = new URL(stripeBaseUrl);
  const secure = protocol === 'https:';
  return new Stripe(secretKey, {
    host: hostname,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    protocol: secure ? 'https' : 'http',
    maxNetworkRetries: 1,
    timeout: 10_000,
    telemetry: false,
  });
}

function addressOf(server: FastifyInstance): string {
  const address = server.server.address() as AddressInfo | null;
  if (!address) throw new Error('The shop has no address before it is started.');
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
