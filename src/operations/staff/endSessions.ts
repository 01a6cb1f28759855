import { z } from 'zod';
import type { StaffControl } from '../../ports/staffControl.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { subjectOfStaff, unknownMember } from './staffInput.ts';

const input = z.strictObject({
  subject: subjectOfStaff,
  sessionId: z.uuid().optional().describe('One session; all of them when it is left out.'),
});
const output = z.strictObject({
  subject: z.string(),
  sessionsEnded: z.int().describe('How many were open.'),
});

/**
 * Ends somebody's sessions in the browser, at once. Access tokens of the command line live on until they expire; to shut
 * those out too, disable the person.
 */
export function createEndSessions(
  control: Pick<StaffControl, 'lock' | 'endSessions'>,
): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'change',
    name: 'staff:end_sessions',
    permission: 'staff:restrict',
    summary: 'End the browser sessions of somebody of the staff; they may sign in again',
    path: '/staff/:subject/end-sessions',
    reason: 'optional',
    input,
    output,
    target: ({ subject }) => ({ kind: 'staff', id: subject }),
    async change(tx, { subject, sessionId }, by) {
      if (!(await control.lock(tx, subject))) throw unknownMember();
      const sessionsEnded = await control.endSessions(tx, {
        subject,
        endedBy: by.caller.subject,
        ...(sessionId === undefined ? {} : { sessionId }),
      });
      return {
        output: { subject, sessionsEnded },
        before: {},
        after: {},
        details: { sessionsEnded, ...(sessionId === undefined ? {} : { sessionId }) },
      };
    },
  };
}
