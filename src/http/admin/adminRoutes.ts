import type { FastifyInstance, FastifyPluginAsync, FastifyReply, HTTPMethods } from 'fastify';
import { may } from '../../domain/permissions.ts';
import type { AnyOperation, Caller } from '../../operations/frame/operation.ts';
import type { Answer } from '../../operations/frame/operation.ts';
import type { Operations } from '../../operations/frame/operations.ts';
import { refuseOtherMethods } from '../otherMethods.ts';
import { traceIdOf } from '../traceContext.ts';
import { adminPrefix, type AdminRoute, routesOf } from './adminRoute.ts';
import { staffOf, type AdminLimits } from './gate.ts';
import { addMe, meUrl } from './me.ts';
import { openApiOf } from './openApi.ts';
import { createAskedReader, type AskedByHttp } from './readAsked.ts';
import { asProblem } from './refusalProblem.ts';
import type { Identify, StaffCaller } from './staffCaller.ts';

export interface AdminRouteOptions {
  operations: Pick<Operations, 'list' | 'ask'>;
  identify: Identify;
  limits?: Partial<AdminLimits>;
  /** Others that belong below `/v1/admin`, such as signing in. */
  furtherRoutes?: readonly FastifyPluginAsync[];
}

export const openApiUrl = `${adminPrefix}/openapi.json`;

/** The admin API: the routes of each operation, and what staff have to know of it. */
export function adminRoutes({ operations, furtherRoutes = [] }: AdminRouteOptions): FastifyPluginAsync {
  return async (server) => {
    // Forms and plain text are what a page of another site could send without asking.
    server.removeContentTypeParser('text/plain');
    for (const operation of operations.list) addOperation(server, operation, operations);
    addMe(server);
    addDocument(server, operations.list);
    refuseTheRest(server, operations.list);
    for (const routes of furtherRoutes) await server.register(routes);
  };
}

function addOperation(
  server: FastifyInstance,
  operation: AnyOperation,
  { ask }: Pick<Operations, 'ask'>,
): void {
  for (const route of routesOf(operation)) addRoute(server, { operation, route, ask });
}

interface RouteParts extends Pick<Operations, 'ask'> {
  operation: AnyOperation;
  route: AdminRoute;
}

function addRoute(server: FastifyInstance, { operation, route, ask }: RouteParts): void {
  const { method, url } = route;
  const readAsked = createAskedReader(operation, route);
  const { name, permission } = operation;
  server.route({
    method,
    url,
    config: { permission, operation: name, looks: method === 'GET' || route.again },
    handler: async (request, reply) => {
      const staff = staffOf(request);
      const traceId = traceIdOf(request.headers['traceparent']);
      const caller = callerOf(staff, traceId);
      const asked = whatIsAsked(() => readAsked(request), may(staff.roles, permission));
      const answer = await ask(name, { caller, ...asked }).catch((error: unknown) => {
        throw asProblem(error);
      });
      return sendAnswer(reply, answer);
    },
  });
}

const callerOf = ({ subject, roles, channel }: StaffCaller, traceId: string | undefined): Caller => ({
  subject,
  roles,
  channel,
  ...(traceId === undefined ? {} : { traceId }),
});

/** Whoever may not is told so first, and in the audit, whatever is wrong with the rest of their request. */
function whatIsAsked(read: () => AskedByHttp, allowed: boolean): AskedByHttp {
  if (allowed) return read();
  try {
    return read();
  } catch {
    return { input: {} };
  }
}

function sendAnswer(reply: FastifyReply, { output, auditSeq, repeated }: Answer): FastifyReply {
  if (auditSeq !== null) reply.header('x-audit-seq', String(auditSeq));
  return reply
    .code(200)
    .header('x-repeated', String(repeated))
    .header('cache-control', 'no-store')
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify(output));
}

function addDocument(server: FastifyInstance, list: readonly AnyOperation[]): void {
  let text: string | undefined;
  server.get(openApiUrl, { config: { permission: 'signed_in' } }, async (_request, reply) => {
    text ??= JSON.stringify(openApiOf(list));
    return reply
      .header('cache-control', 'no-store')
      .header('content-type', 'application/json; charset=utf-8')
      .send(text);
  });
}

/** Answers 405 where there is a route of another method. */
function refuseTheRest(server: FastifyInstance, list: readonly AnyOperation[]): void {
  const methods = new Map<string, HTTPMethods[]>([
    [meUrl, ['GET', 'HEAD']],
    [openApiUrl, ['GET', 'HEAD']],
  ]);
  for (const { method, url } of list.flatMap(routesOf)) {
    const added: HTTPMethods[] = method === 'GET' ? ['GET', 'HEAD'] : [method];
    methods.set(url, [...(methods.get(url) ?? []), ...added]);
  }
  for (const [url, allowed] of methods) refuseOtherMethods(server, url, allowed, { permission: 'public' });
}
