import type { InboxWebsiteOptions } from './inboxWebsiteOptions.ts';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { addInboxApi } from './inboxApi.ts';
import { addInboxPages } from './inboxPages.ts';

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
