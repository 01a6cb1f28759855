import type pg from 'pg';
import { z } from 'zod';
import { roles } from '../../domain/permissions.ts';
import type { StaffPeople, StaffStanding } from '../../ports/staff.ts';
import { passingFault } from '../operations/passingFault.ts';

export const standingShape = z.object({ withheldRoles: z.array(z.enum(roles)), disabled: z.boolean() });

// Written at most once a minute for each person, unless something about them is new: every request asks.
const statement = `
with known as (
  select withheld_roles, disabled_at, name, email, last_seen_at from fulfillment.ops_users where subject = $1
), noted as (
  insert into fulfillment.ops_users as u (subject, name, email, first_seen_at, last_seen_at)
  select $1, $2::text, $3::text, $4::timestamptz, $4
   where not exists (
     select from known k
      where k.last_seen_at > $4::timestamptz - interval '1 minute' and coalesce($2::text, k.name) is not distinct from k.name
        and coalesce($3::text, k.email) is not distinct from k.email)
  on conflict (subject) do update
    set name = coalesce(excluded.name, u.name), email = coalesce(excluded.email, u.email),
        last_seen_at = greatest(u.last_seen_at, excluded.last_seen_at)
  returning withheld_roles, disabled_at
)
select n.withheld_roles as "withheldRoles", n.disabled_at is not null as disabled from noted n
union all
select k.withheld_roles, k.disabled_at is not null from known k where not exists (select from noted)`;

/** The rows of staff, over a pool of `fulfillment_operations`. */
export function createStaffPeople(pool: pg.Pool): StaffPeople {
  return {
    async seen({ subject, name, email }, now): Promise<StaffStanding> {
      const { rows } = await pool.query(statement, [subject, name, email, now]).catch(orPassing);
      return standingShape.parse(rows[0]);
    },
  };
}

/** Nobody is let in, and nobody blamed, while the database is out of reach. */
export function orPassing(error: unknown): never {
  throw passingFault(error);
}
