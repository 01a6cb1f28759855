import type { FastifyInstance } from 'fastify';
import { createHttpServer, type HttpServerOptions } from '../../src/http/server.ts';
import type { TelemetryEvent } from '../../src/ports/telemetry.ts';
import { insistOnDocumentedAnswers } from './documentedAnswers.ts';

export interface TestServer {
  server: FastifyInstance;
  /** What the server has told, in order. */
  told: TelemetryEvent[];
}

/** A server whose duties all do nothing, except for those that are given. It does not listen. */
export function buildHttpServer(duties: Partial<HttpServerOptions> = {}): TestServer {
  const told: TelemetryEvent[] = [];
  const server = createHttpServer({
    receiveWebhook: async () => ({ status: 200, body: { received: true } }),
    checkout: {
      desk: { confirm: async () => undefined, correctAddress: async () => undefined },
      writeToken: (paymentId) => paymentId,
      readToken: () => undefined,
      look: async () => undefined,
      listen: () => undefined,
      isOver: () => true,
    },
    readinessChecks: [],
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    identity: { verifyAccessToken: async () => ({ valid: false, reason: 'no token is valid here' }) },
    listShelf: async () => ({ items: [] }),
    claimShelf: async () => ({ kind: 'nothing_to_claim', ebooks: 0 }),
    askClaimCode: async () => ({ outcome: 'asked' }),
    confirmClaimCode: async () => ({ kind: 'code_not_valid', ebooks: 0 }),
    mintDownload: async () => ({ kind: 'not_found' }),
    followLink: async () => ({ kind: 'unknown' }),
    freshMails: {
      byLink: async () => ({ kind: 'unknown' }),
      byOwner: async () => ({ outcome: 'not_found' }),
    },
    reminderLinks: { knows: () => false, stop: async () => false },
    receiptPages: { html: async () => undefined, pdf: async () => undefined },
    creditNotePages: { html: async () => undefined, pdf: async () => undefined },
    openSignedFile: async () => undefined,
    clock: {
      now: () => new Date('2026-11-22T10:00:00Z'),
      elapsedMs: () => 0,
      // Time stands still, so a time limit never runs out by itself.
      sleep: (_ms, signal) =>
        new Promise((resolve) => {
          signal?.addEventListener('abort', () => resolve(), { once: true });
        }),
    },
    telemetry: { emit: (event) => told.push(event) },
    shop: { name: 'Harbour Books' },
    publicBaseUrl: 'https://books.example',
    ...duties,
  });
  insistOnDocumentedAnswers(server);
  return { server, told };
}
