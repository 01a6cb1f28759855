import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { permissionsOf } from '../../domain/permissions.ts';
import { adminPrefix } from './adminRoute.ts';
import { staffOf } from './gate.ts';

export const meUrl = `${adminPrefix}/me`;
export const meSummary = 'Tell who you are here, and what you may do';

export const meSchema = z.strictObject({
  subject: z.string().describe('As the identity provider and the audit call you.'),
  name: z.string().nullable(),
  channel: z.enum(['api', 'console', 'cli']),
  roles: z.array(z.string()).describe('Those that hold now, without what is withheld.'),
  permissions: z.array(z.string()),
});

/** `GET /v1/admin/me`. */
export function addMe(server: FastifyInstance): void {
  server.get(meUrl, { config: { permission: 'signed_in' } }, async (request, reply) => {
    const { subject, name = null, channel, roles } = staffOf(request);
    const me: z.infer<typeof meSchema> = {
      subject,
      name,
      channel,
      roles: [...roles],
      permissions: permissionsOf(roles),
    };
    return reply.header('cache-control', 'no-store').send(me);
  });
}
