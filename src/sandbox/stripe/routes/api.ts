import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PoolClient } from 'pg';
import { errorEnvelope, knownError, StripeApiError } from '../wire/errors.ts';
import { apiVersion } from '../objects/events.ts';
import type { EventOrigin } from '../objects/events.ts';
import { applyFault } from '../wire/faults.ts';
import { parseForm } from '../wire/form.ts';
import type { FormObject } from '../wire/form.ts';
import { runOnce } from '../wire/idempotency.ts';
import { stripeJson } from '../wire/json.ts';
import { inVersion } from '../wire/versions.ts';
import type { RouteContext } from './context.ts';

/** What every route under /v1 has in common: counting, faults, key, version, form bodies and error envelopes. */
export function addApiFrame(server: FastifyInstance, context: RouteContext): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  server.addHook('onRequest', async (request, reply) => {
    context.callLog.called(routeOf(request));
    const fault = context.faults.take(pathOf(request));
    reply.header('Request-Id', request.id);
    if (fault) return applyFault(fault, request, reply);
    assertKey(request, context.secretKey);
    reply.header('Stripe-Version', versionOf(request, context));
    return undefined;
  });
  server.addHook('onResponse', async (request, reply) => {
    context.callLog.answered(routeOf(request), reply.statusCode);
  });

  server.setNotFoundHandler((request, reply) => {
    const message = `Unrecognized request URL (${request.method}: ${pathOf(request)}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`;
    return sendError(reply, new StripeApiError(404, message));
  });
  server.setErrorHandler((error, request, reply) => {
    const known = knownError(error);
    if (known) return sendError(reply, known);
    request.log.error({ err: error }, 'the Stripe stand-in failed');
    return sendError(reply, new StripeApiError(500, 'An unknown error occurred', { type: 'api_error' }));
  });
}

/** Sends an object as Stripe prints it, in the version the caller has asked for. */
export function sendObject(reply: FastifyReply, object: object): FastifyReply {
  const version = String(reply.getHeader('Stripe-Version') ?? apiVersion);
  return reply.type('application/json').send(stripeJson(inVersion(object, version)));
}

/** The query string in bracket notation. @throws StripeApiError (400) when it is broken. */
export function queryOf(request: FastifyRequest): FormObject {
  return parseForm(request.raw.url?.split('?').slice(1).join('?') ?? '');
}

/**
 * Runs the work of a POST in a transaction, once for its idempotency key, and sends what it makes.
 * The work gets the form and the origin its events name.
 */
export async function sendOnce(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (db: PoolClient, form: FormObject, origin: EventOrigin) => Promise<object>,
): Promise<FastifyReply> {
  const body = typeof request.body === 'string' ? request.body : '';
  const form = parseForm(body);
  const key = headerOf(request, 'idempotency-key');
  const answer = await runOnce(
    context.pool,
    { key, method: request.method, path: pathOf(request), body, requestId: request.id },
    async (db) => {
      const made = await work(db, form, { id: request.id, idempotency_key: key ?? null });
      return inVersion(made, versionOf(request, context)) as object;
    },
  );
  context.wake();
  return reply.headers(answer.headers).type('application/json').send(answer.body);
}

function sendError(reply: FastifyReply, error: StripeApiError): FastifyReply {
  return reply
    .code(error.status)
    .headers(error.details.headers ?? {})
    .type('application/json')
    .send(stripeJson(errorEnvelope(error)));
}

function assertKey(request: FastifyRequest, secretKey: string): void {
  const given = /^Bearer (.+)$/i.exec(headerOf(request, 'authorization') ?? '')?.[1];
  if (given === secretKey) return;
  const message =
    given === undefined
      ? "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/."
      : `Invalid API Key provided: ${given.slice(0, 8)}****${given.slice(-4)}`;
  throw new StripeApiError(401, message, { headers: { 'WWW-Authenticate': 'Bearer realm="Stripe"' } });
}

function versionOf(request: FastifyRequest, { account }: RouteContext): string {
  const version = headerOf(request, 'stripe-version') ?? account.apiVersion;
  if (/^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/.test(version)) return version;
  throw new StripeApiError(400, `Invalid Stripe API version: ${version}`);
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? '';
}

function routeOf(request: FastifyRequest): string {
  return `${request.method} ${request.routeOptions.url ?? pathOf(request)}`;
}
