import { isRole } from '../../src/domain/permissions.ts';
import { Unauthorized } from '../../src/http/bearer.ts';
import type { AdminRouteOptions } from '../../src/http/admin/adminRoutes.ts';
import type { Identify } from '../../src/http/admin/staffCaller.ts';
import type { HttpServerOptions } from '../../src/http/server.ts';
import type { AnyOperation, Asked } from '../../src/operations/frame/operation.ts';
import type { Answer } from '../../src/operations/frame/operation.ts';
import { buildHttpServer } from './httpServer.ts';

/** Knows people by tokens of the form `<subject>/<role>,<role>`; the channel is what the command line says of itself. */
export const identifyByName: Identify = async ({ headers }) => {
  const [, subject, roles = ''] = /^Bearer ([^/]+)\/(.*)$/.exec(headers.authorization ?? '') ?? [];
  if (subject === undefined)
    throw new Unauthorized('This needs a signed-in member of staff.', 'Bearer realm="staff"');
  const channel = headers['x-fulfillment-channel'] === 'cli' ? 'cli' : 'api';
  return { subject, name: 'Anna', roles: roles.split(',').filter(isRole), channel };
};

export const as = (roles: string, subject = 'auth0|anna') => ({
  authorization: `Bearer ${subject}/${roles}`,
});

interface AdminServerOptions extends Partial<Omit<AdminRouteOptions, 'operations'>> {
  list: readonly AnyOperation[];
  ask?: (name: string, asked: Asked) => Promise<Answer>;
  server?: Partial<HttpServerOptions>;
}

/** The whole server with an admin API of these operations. What is asked is noted, and answered by `ask`. */
export function buildAdminServer(options: AdminServerOptions) {
  const { list, ask, server, ...admin } = options;
  const asked: Array<{ name: string } & Asked> = [];
  const clock = { nowMs: 0 };
  const built = buildHttpServer({
    clock: {
      now: () => new Date('2026-11-22T10:00:00Z'),
      elapsedMs: () => clock.nowMs,
      sleep: async () => undefined,
    },
    ...server,
    admin: {
      identify: identifyByName,
      ...admin,
      operations: {
        list,
        async ask(name, given) {
          asked.push({ name, ...given });
          return ask ? ask(name, given) : { output: { done: true }, auditSeq: 7, repeated: false };
        },
      },
    },
  });
  return { ...built, asked, clock };
}
