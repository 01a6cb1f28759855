import type { FastifyRequest } from 'fastify';
import type { AuditChannel } from '../../domain/auditChain.ts';
import type { Role } from '../../domain/permissions.ts';

/** A member of staff, as the door they came by has established it. */
export interface StaffCaller {
  /** The identity provider's subject. */
  subject: string;
  name?: string;
  /** Those that hold now: the token's or the session's, without what our own row of them withholds. */
  roles: readonly Role[];
  channel: Exclude<AuditChannel, 'system'>;
}

/**
 * Who sends this request.
 *
 * Throws `Unauthorized` (401) when nobody does, another `HttpProblem` when they may not come in by this door, and a
 * transient `Fault` when it cannot be found out now. Whoever comes by a cookie and wants to change something has proved
 * here that no other site sent them.
 */
export type Identify = (request: FastifyRequest) => Promise<StaffCaller>;
