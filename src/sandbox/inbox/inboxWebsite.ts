import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { addInboxApi } from './inboxApi.ts';
import { addInboxPages } from './inboxPages.ts';
import type { MailStore } from './mailStore.ts';
import type { SmtpFault } from './smtpFaults.ts';

export type InboxWebsiteOptions = {
  store: MailStore;
  faults: { current(): SmtpFault; set(fault: SmtpFault): Promise<void> };
};

/** The web inbox for people, and the JSON API for tests and the smoke test. */
export function buildInboxWebsite(options: InboxWebsiteOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    forceCloseConnections: true,
    // A misspelt field is an error, not nothing.
    ajv: { customOptions: { removeAdditional: false } },
  });
  addInboxPages(app, options.store);
  addInboxApi(app, options);
  return app;
}
