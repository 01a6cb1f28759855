import type pg from 'pg';
import { effectiveRoles, type Role } from '../../domain/permissions.ts';
import { ask } from '../shelf/ask.ts';

/**
 * The roles somebody still has of those they had when they asked: without what our row of them withholds now. Over a
 * pool of `fulfillment_operations`.
 */
export function createRolesHeld(pool: pg.Pool) {
  return async (person: { subject: string; roles: readonly string[] }): Promise<Role[]> => {
    const [row] = await ask<{ withheldRoles: string[]; disabled: boolean }>(
      pool,
      `select u.withheld_roles as "withheldRoles", u.disabled_at is not null as disabled
         from fulfillment.ops_users u where u.subject = $1`,
      [person.subject],
    );
    return effectiveRoles(person.roles, row);
  };
}
