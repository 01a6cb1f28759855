import { z } from 'zod';
import { roles } from '../../domain/permissions.ts';
import type { StaffControl } from '../../ports/staffControl.ts';
import type { ReadOperation } from '../frame/operation.ts';

const input = z.strictObject({
  limit: z.int().min(1).max(200).default(50).describe('How many people a page has.'),
  after: z.string().min(1).max(200).optional().describe('The subject that the page before ended with.'),
});

const session = z.strictObject({
  id: z.string(),
  roles: z.array(z.string()),
  methods: z.array(z.string()).describe('How they signed in (RFC 8176).'),
  signedInAt: z.string(),
  usedAt: z.string(),
  expiresAt: z.string(),
});
const member = z.strictObject({
  subject: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  version: z.int().describe('What staff:restrict wants to know.'),
  withheldRoles: z.array(z.enum(roles)),
  disabled: z.strictObject({ at: z.string(), by: z.string(), reason: z.string() }).nullable(),
  firstSeenAt: z.string(),
  lastSeenAt: z.string(),
  sessions: z.array(session).describe('Those in the browser that are open now.'),
});
const output = z.strictObject({
  staff: z.array(member),
  next: z.string().nullable().describe('What to give as `after` for the next page; null at the end.'),
});

/** Everybody of the staff who was ever here, those seen last first. */
export function createListStaff(
  control: Pick<StaffControl, 'list'>,
  { idleMs }: { idleMs: number },
): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'staff:list',
    permission: 'staff:read',
    summary: 'List who of the staff has been here, what is withheld from them, and their open sessions',
    path: '/staff',
    input,
    output,
    async read({ limit, after }) {
      const found = await control.list({
        limit: limit + 1,
        idleMs,
        ...(after === undefined ? {} : { after }),
      });
      const page = found.slice(0, limit);
      return {
        staff: page.map((one) => ({
          ...one,
          withheldRoles: [...one.withheldRoles],
          disabled: one.disabled && { ...one.disabled, at: one.disabled.at.toISOString() },
          firstSeenAt: one.firstSeenAt.toISOString(),
          lastSeenAt: one.lastSeenAt.toISOString(),
          sessions: one.sessions.map((open) => ({
            ...open,
            roles: [...open.roles],
            methods: [...open.methods],
            signedInAt: open.signedInAt.toISOString(),
            usedAt: open.usedAt.toISOString(),
            expiresAt: open.expiresAt.toISOString(),
          })),
        })),
        next: found.length > limit ? (page.at(-1)?.subject ?? null) : null,
      };
    },
  };
}
