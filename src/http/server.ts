import { randomUUID } from 'node:crypto';
import fastify, { type FastifyInstance } from 'fastify';
import type { Telemetry } from '../ports/telemetry.ts';
import { adminRoutes, type AdminRouteOptions } from './admin/adminRoutes.ts';
import { guardAdminRoutes } from './admin/gate.ts';
import { alertmanagerRoutes, type AlertmanagerRouteOptions } from './alertmanager.ts';
import { Unauthorized } from './bearer.ts';
import { buyersDocumentRoute } from './buyersApi/documentRoute.ts';
import { checkoutRoutes, type CheckoutRouteOptions } from './checkout.ts';
import { downloadRoutes, type DownloadRouteOptions } from './download.ts';
import { problemOf, reportError } from './errors.ts';
import { fileRoutes, type OpenSignedFile } from './files.ts';
import { healthRoutes, type HealthOptions } from './health.ts';
import { mailReportRoutes, type ReceiveReport } from './mailReports.ts';
import type { ShopFace } from './pages/linkPage.ts';
import { paperRoutes, type PaperRouteOptions } from './papers.ts';
import { reminderRoutes, type ReminderRouteOptions } from './reminders.ts';
import { sendProblem } from './problem.ts';
import type { FreshMails } from '../shelf/freshMail.ts';
import { addSecurityHeaders, everyAnswerHeaders } from './securityHeaders.ts';
import { shelfRoutes, type ShelfRouteOptions } from './shelf.ts';
import { webhookRoutes, type ReceiveWebhook } from './webhook.ts';

export interface HttpServerOptions extends HealthOptions, ShelfRouteOptions {
  receiveWebhook: ReceiveWebhook;
  /** Takes in delivery reports of mail providers; without it there is nothing below `/webhooks/mail`. */
  receiveReport?: ReceiveReport | undefined;
  /** What the page after the checkout may ask. */
  checkout: CheckoutRouteOptions['checkout'];
  followLink: DownloadRouteOptions['followLink'];
  freshMails: FreshMails;
  reminderLinks: ReminderRouteOptions['reminderLinks'];
  receiptPages: PaperRouteOptions['receiptPages'];
  creditNotePages: PaperRouteOptions['creditNotePages'];
  /** What Alertmanager tells of its alerts; without it there is nothing at `/internal/alertmanager`. */
  alertmanager?: AlertmanagerRouteOptions;
  /** Only with the local disk store; other stores sign URLs of their own. */
  openSignedFile?: OpenSignedFile;
  /** What staff may do; without it there is nothing below `/v1/admin`. */
  admin?: AdminRouteOptions;
  telemetry: Telemetry;
  shop: ShopFace;
  /** Where the world reaches this service, for example `https://books.example`. */
  publicBaseUrl: string;
  /**
   * Which proxies may name the client's address: addresses, networks, or the names `loopback`, `linklocal` and
   * `uniquelocal`. None by default; `true` believes everybody. A count of hops is not offered: Fastify ignores it.
   */
  trustProxy?: boolean | string[];
  /** How long a request may take to arrive, headers and body; default 15 s. */
  requestTimeoutMs?: number;
}

/** The whole HTTP face: webhook, delivery reports, health, checkout, shelf, claims, downloads, files, receipts, credit notes, staff. It listens when told to. */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const { requestTimeoutMs = 15_000, publicBaseUrl, telemetry } = options;
  const server = fastify({
    logger: false,
    trustProxy: options.trustProxy ?? false,
    requestTimeout: requestTimeoutMs,
    // Node looks for late requests only every 30 s unless told otherwise.
    http: {
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
    },
    bodyLimit: 64 * 1024,
    routerOptions: { maxParamLength: 2_048 },
    genReqId: () => randomUUID(),
    // No hook runs before a URL is understood, so the headers are set here once more.
    frameworkErrors: (error, request, reply) => {
      reply.headers({ ...everyAnswerHeaders(publicBaseUrl), 'x-request-id': request.id });
      sendProblem(reply, problemOf(error));
    },
  });

  addSecurityHeaders(server, publicBaseUrl);
  closeConnectionsThatFallIdle(server);
  answerErrors(server, telemetry);
  const { admin, clock, openSignedFile, receiveReport, shop } = options;
  guardAdminRoutes(server, admin && { ...admin, clock });
  void server.register(webhookRoutes(options.receiveWebhook));
  if (receiveReport !== undefined) void server.register(mailReportRoutes(receiveReport));
  if (options.alertmanager !== undefined) void server.register(alertmanagerRoutes(options.alertmanager));
  void server.register(healthRoutes(options));
  void server.register(buyersDocumentRoute);
  void server.register(checkoutRoutes(options));
  void server.register(shelfRoutes(options));
  void server.register(downloadRoutes(options));
  void server.register(paperRoutes(options));
  void server.register(reminderRoutes(options));
  if (openSignedFile !== undefined) void server.register(fileRoutes({ openSignedFile, publicBaseUrl, shop }));
  if (admin !== undefined) void server.register(adminRoutes(admin));
  return server;
}

const idleCheckMs = 100;

/**
 * A connection whose answer is still on its way when the server begins to close falls idle afterwards, and would be
 * kept for its whole keep-alive time. Whoever stops the process cannot wait for that.
 */
function closeConnectionsThatFallIdle(server: FastifyInstance): void {
  server.addHook('preClose', (done) => {
    const timer = setInterval(() => server.server.closeIdleConnections(), idleCheckMs);
    server.server.once('close', () => clearInterval(timer));
    done();
  });
}

function answerErrors(server: FastifyInstance, telemetry: Telemetry): void {
  server.setErrorHandler(async (error, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500)
      reportError(telemetry, error, `${request.method} ${request.routeOptions.url ?? ''}`);
    if (error instanceof Unauthorized) reply.header('www-authenticate', error.challenge);
    return sendProblem(reply, problem);
  });

  server.setNotFoundHandler(async (_request, reply) =>
    sendProblem(reply, { status: 404, code: 'not_found', detail: 'There is nothing at this address.' }),
  );
}
