import type pg from 'pg';
import { z } from 'zod';
import type { StaffSessions } from '../../ports/staff.ts';
import { orPassing, standingShape } from './people.ts';

const opened = z.object({ id: z.string() });
const used = z.object({
  id: z.string(),
  subject: z.string(),
  name: z.string().nullable(),
  roles: z.array(z.string()),
  methods: z.array(z.string()),
  expiresAt: z.date(),
  ...standingShape.shape,
});

// The retention of sessions, kept by those who come in.
const open = `
with dropped as (
  delete from fulfillment.ops_sessions
   where token_sha256 in (
     select s.token_sha256 from fulfillment.ops_sessions s
      where s.expires_at < $6::timestamptz - interval '30 days' order by s.expires_at limit 100)
)
insert into fulfillment.ops_sessions
  (token_sha256, subject, roles, methods, signed_in_at, created_at, used_at, expires_at)
values ($1, $2, $3, $4, $5, $6::timestamptz, $6, $7)
returning id`;

// Written once a minute, not at every request: an idle session ends up to a minute early, never late.
const use = `
with found as (
  select s.token_sha256, s.id, s.subject, s.roles, s.methods, s.expires_at, s.used_at,
         u.name, u.withheld_roles, u.disabled_at
    from fulfillment.ops_sessions s join fulfillment.ops_users u on u.subject = s.subject
   where s.token_sha256 = $1 and s.ended_at is null and s.expires_at > $2::timestamptz
     and s.used_at > $2::timestamptz - make_interval(secs => $3::double precision)
), noted as (
  update fulfillment.ops_sessions s set used_at = $2::timestamptz
    from found f
   where s.token_sha256 = f.token_sha256 and s.ended_at is null and f.used_at < $2::timestamptz - interval '1 minute'
)
select id, subject, name, roles, methods, expires_at as "expiresAt",
       withheld_roles as "withheldRoles", disabled_at is not null as disabled
  from found`;

/** Sessions of staff in the browser, over a pool of `fulfillment_operations`. */
export function createStaffSessions(pool: pg.Pool): StaffSessions {
  return {
    async open({ tokenSha256, subject, roles, methods, signedInAt, now, expiresAt }) {
      const values = [Buffer.from(tokenSha256), subject, roles, methods, signedInAt, now, expiresAt];
      const { rows } = await pool.query(open, values).catch(orPassing);
      return opened.parse(rows[0]);
    },

    async use(tokenSha256, now, idleMs) {
      const values = [Buffer.from(tokenSha256), now, idleMs / 1000];
      const { rows } = await pool.query(use, values).catch(orPassing);
      if (rows.length === 0) return undefined;
      const { withheldRoles, disabled, ...session } = used.parse(rows[0]);
      return { ...session, standing: { withheldRoles, disabled } };
    },

    async end(tokenSha256, now, endedBy) {
      await pool
        .query(
          `update fulfillment.ops_sessions set ended_at = $2, ended_by = $3
            where token_sha256 = $1 and ended_at is null`,
          [Buffer.from(tokenSha256), now, endedBy],
        )
        .catch(orPassing);
    },
  };
}
