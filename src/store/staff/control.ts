import type pg from 'pg';
import { z } from 'zod';
import { roles } from '../../domain/permissions.ts';
import type { StaffControl } from '../../ports/staffControl.ts';
import { queryIn } from '../transaction.ts';

const standing = {
  subject: z.string(),
  version: z.number(),
  withheldRoles: z.array(z.enum(roles)),
  disabled: z.object({ at: z.coerce.date(), by: z.string(), reason: z.string() }).nullable(),
};
const lockedRow = z.object(standing);
const memberRow = z.object({
  ...standing,
  name: z.string().nullable(),
  email: z.string().nullable(),
  firstSeenAt: z.date(),
  lastSeenAt: z.date(),
  sessions: z.array(
    z.object({
      id: z.string(),
      roles: z.array(z.string()),
      methods: z.array(z.string()),
      signedInAt: z.coerce.date(),
      usedAt: z.coerce.date(),
      expiresAt: z.coerce.date(),
    }),
  ),
});

const columns = `
  u.subject, u.version, u.withheld_roles as "withheldRoles",
  case when u.disabled_at is not null then jsonb_build_object(
    'at', u.disabled_at, 'by', u.disabled_by, 'reason', u.disabled_reason) end as disabled`;

const list = `
select ${columns}, u.name, u.email, u.first_seen_at as "firstSeenAt", u.last_seen_at as "lastSeenAt",
       coalesce((
         select jsonb_agg(jsonb_build_object('id', s.id, 'roles', s.roles, 'methods', s.methods,
                  'signedInAt', s.signed_in_at, 'usedAt', s.used_at, 'expiresAt', s.expires_at) order by s.id)
           from fulfillment.ops_sessions s
          where s.subject = u.subject and s.ended_at is null and s.expires_at > clock_timestamp()
            and s.used_at > clock_timestamp() - make_interval(secs => $3::double precision)), '[]') as sessions
  from fulfillment.ops_users u
 where $2::text is null or (u.last_seen_at, u.subject) < (
   select a.last_seen_at, a.subject from fulfillment.ops_users a where a.subject = $2)
 order by u.last_seen_at desc, u.subject desc
 limit $1`;

/** What administrators see and decide of staff, over a pool of `fulfillment_operations`. */
export function createStaffControl(pool: pg.Pool): StaffControl {
  return {
    async list({ limit, after, idleMs }) {
      const { rows } = await pool.query(list, [limit, after ?? null, idleMs / 1000]);
      return rows.map((row) => memberRow.parse(row));
    },

    async lock(tx, subject) {
      const [row] = await queryIn(
        tx,
        `select ${columns} from fulfillment.ops_users u where u.subject = $1 for no key update`,
        [subject],
      );
      return row && lockedRow.parse(row);
    },

    async restrict(tx, { subject, withheldRoles, disabled }) {
      const [row] = await queryIn<{ version: number }>(
        tx,
        `update fulfillment.ops_users
            set withheld_roles = $2, version = version + 1,
                disabled_at = case when $3::text is null then null else coalesce(disabled_at, clock_timestamp()) end,
                disabled_by = case when $3::text is null then null else coalesce(disabled_by, $3) end,
                disabled_reason = case when $3::text is null then null else coalesce(disabled_reason, $4) end
          where subject = $1
        returning version`,
        [subject, withheldRoles, disabled?.by ?? null, disabled?.reason ?? null],
      );
      if (!row) throw new Error('Nobody of that subject is known.');
      return row.version;
    },

    async endSessions(tx, { subject, sessionId, endedBy }) {
      const ended = await queryIn(
        tx,
        `update fulfillment.ops_sessions set ended_at = clock_timestamp(), ended_by = $3
          where subject = $1 and ($2::uuid is null or id = $2) and ended_at is null
            and expires_at > clock_timestamp()
        returning id`,
        [subject, sessionId ?? null, endedBy],
      );
      return ended.length;
    },
  };
}
