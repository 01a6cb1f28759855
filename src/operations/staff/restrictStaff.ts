import { z } from 'zod';
import { type Role, roles } from '../../domain/permissions.ts';
import type { StaffControl } from '../../ports/staffControl.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { subjectOfStaff, unknownMember } from './staffInput.ts';

const input = z.strictObject({
  subject: subjectOfStaff,
  version: z.int().positive().describe('The version that was looked at, as staff:list tells it.'),
  withheldRoles: z
    .array(z.enum(roles))
    .max(roles.length)
    .optional()
    .describe(
      'All roles that their token may claim in vain from now on; [] gives all back. Left out: as before.',
    ),
  disabled: z
    .boolean()
    .optional()
    .describe('true shuts them out and ends their sessions; false lets them in again. Left out: as before.'),
});

const output = z.strictObject({
  subject: z.string(),
  version: z.int().describe('The version after this.'),
  withheldRoles: z.array(z.enum(roles)),
  disabled: z.boolean(),
  sessionsEnded: z.int(),
});

type Control = Pick<StaffControl, 'lock' | 'restrict' | 'endSessions'>;
type Locked = NonNullable<Awaited<ReturnType<Control['lock']>>>;

/** Takes roles away from somebody or shuts them out, and takes it back. It works from their next request on. */
export function createRestrictStaff(
  control: Control,
): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'change',
    name: 'staff:restrict',
    permission: 'staff:restrict',
    summary: 'Withhold roles from somebody of the staff, shut them out, or take that back; never oneself',
    path: '/staff/:subject/restrict',
    reason: 'required',
    input,
    output,
    target: ({ subject }) => ({ kind: 'staff', id: subject }),
    async change(tx, wish, by) {
      if (wish.subject === by.caller.subject) throw oneself();
      const member = await control.lock(tx, wish.subject);
      if (!member) throw unknownMember();
      insistOnVersion(member, wish.version);
      const withheldRoles = inOrder(wish.withheldRoles ?? member.withheldRoles);
      const disabled = wish.disabled ?? member.disabled !== null;
      const before = { withheldRoles: inOrder(member.withheldRoles), disabled: member.disabled !== null };
      if (disabled === before.disabled && String(withheldRoles) === String(before.withheldRoles))
        throw nothingToChange();
      const { subject } = wish;
      const reason = (by.reason ?? '').slice(0, disabledReasonMax);
      const version = await control.restrict(tx, {
        subject,
        withheldRoles,
        disabled: disabled ? { by: by.caller.subject, reason } : null,
      });
      const sessionsEnded = disabled
        ? await control.endSessions(tx, { subject, endedBy: by.caller.subject })
        : 0;
      return {
        output: { subject, version, withheldRoles, disabled, sessionsEnded },
        before: { ...before, version: member.version },
        after: { withheldRoles, disabled, version },
        details: { sessionsEnded },
      };
    },
  };
}

/** The whole reason stands in the audit; beside the name there is room for its beginning. */
const disabledReasonMax = 500;

const inOrder = (given: readonly Role[]): Role[] => roles.filter((role) => given.includes(role));

const oneself = () =>
  new Refusal({
    kind: 'not_allowed',
    code: 'oneself',
    field: 'subject',
    detail: 'Nobody restricts themselves, nor takes that back.',
    remedy: 'Ask another administrator.',
  });

const nothingToChange = () =>
  new Refusal({
    kind: 'wrong_state',
    code: 'nothing_to_change',
    detail: 'They stand like that already.',
  });

function insistOnVersion(member: Locked, version: number): void {
  if (member.version === version) return;
  throw new Refusal({
    kind: 'changed',
    code: 'staff_changed',
    field: 'version',
    detail: `Their standing has moved from version ${version} to ${member.version} since it was looked at.`,
    remedy: 'Look at it again, and decide on what it is now.',
    changes: member.disabled
      ? [{ at: member.disabled.at.toISOString(), what: `disabled by ${member.disabled.by}` }]
      : [],
  });
}
