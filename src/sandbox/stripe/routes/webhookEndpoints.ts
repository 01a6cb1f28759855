import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { badParameter, resourceMissing } from '../wire/errors.ts';
import { parseListQuery } from '../wire/list.ts';
import { formBoolean, formList, formMetadata, parseParams } from '../wire/params.ts';
import { endpointBody } from '../webhooks/endpoints.ts';
import type { Endpoints, RegisteredEndpoint } from '../webhooks/endpoints.ts';
import { queryOf, sendObject, sendOnce } from './api.ts';
import type { RouteContext } from './context.ts';

const fields = {
  description: z.string().max(5000).optional(),
  enabled_events: formList(z.string().min(1)).optional(),
  expand: formList(z.string()).optional(),
  metadata: formMetadata.optional(),
};
const createParams = z.strictObject({
  ...fields,
  api_version: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/)
    .optional(),
  connect: formBoolean.optional(),
  enabled_events: formList(z.string().min(1)),
  url: z.url(),
});
const updateParams = z.strictObject({ ...fields, disabled: formBoolean.optional(), url: z.url().optional() });

type WithId = { Params: { id: string } };

/** Webhook endpoints: create, retrieve, list, update, delete. */
export function addWebhookEndpoints(server: FastifyInstance, context: RouteContext): void {
  const { endpoints } = context;

  server.post('/webhook_endpoints', (request, reply) =>
    sendOnce(context, request, reply, (_db, form) => {
      const params = parseParams(createParams, form);
      const added = endpoints.add({
        apiVersion: params.api_version ?? null,
        description: params.description,
        enabledEvents: params.enabled_events,
        metadata: params.metadata,
        url: params.url,
      });
      return Promise.resolve({ ...endpointBody(added), secret: added.secrets[0] });
    }),
  );

  server.post<WithId>('/webhook_endpoints/:id', (request, reply) =>
    sendOnce(context, request, reply, (_db, form) => {
      const params = parseParams(updateParams, form);
      const { id } = existing(endpoints, request.params.id);
      endpoints.change(id, {
        description: params.description,
        disabled: params.disabled,
        enabledEvents: params.enabled_events,
        metadata: params.metadata,
        url: params.url,
      });
      return Promise.resolve(endpointBody(existing(endpoints, id)));
    }),
  );

  server.delete<WithId>('/webhook_endpoints/:id', (request, reply) => {
    const { id } = existing(endpoints, request.params.id);
    endpoints.remove(id);
    return sendObject(reply, { id, object: 'webhook_endpoint', deleted: true });
  });

  server.get<WithId>('/webhook_endpoints/:id', (request, reply) =>
    sendObject(reply, endpointBody(existing(endpoints, request.params.id))),
  );

  server.get('/webhook_endpoints', (request, reply) => {
    const { limit = 10, starting_after: after, ending_before: before } = parseListQuery(queryOf(request), {});
    const all = endpoints.list();
    const end = before === undefined ? undefined : placeOf(all, before, 'ending_before');
    const start = after === undefined ? 0 : placeOf(all, after, 'starting_after') + 1;
    const from = end === undefined ? start : Math.max(0, end - limit);
    const data = all.slice(from, end ?? from + limit);
    return sendObject(reply, {
      object: 'list',
      data: data.map(endpointBody),
      has_more: end === undefined ? from + limit < all.length : from > 0,
      url: '/v1/webhook_endpoints',
    });
  });
}

function existing(endpoints: Endpoints, id: string): RegisteredEndpoint {
  const endpoint = endpoints.find(id);
  if (endpoint) return endpoint;
  throw resourceMissing({ what: 'webhook endpoint', id, param: 'id' });
}

function placeOf(all: readonly RegisteredEndpoint[], id: string, param: string): number {
  const place = all.findIndex((endpoint) => endpoint.id === id);
  if (place >= 0) return place;
  throw badParameter(`No such webhook endpoint: '${id}'`, param, 'resource_missing');
}
