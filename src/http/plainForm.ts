import type { FastifyInstance } from 'fastify';

/** Lets a page's form be posted to the routes of this plugin. Our forms have a button and nothing to say. */
export function takePlainForms(server: FastifyInstance): void {
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, _body, done) => done(null, null),
  );
}
