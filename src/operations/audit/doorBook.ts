import type { DoorBook } from '../../ports/staff.ts';
import type { RefusalThrottle } from './throttleRefusals.ts';

/** What is asked for at the door, as the audit calls it. */
export const enterAction = 'staff:enter';

/** Those who were turned away stand in the audit beside refused attempts, and are throttled like these. */
export const createDoorBook = (refusals: Pick<RefusalThrottle, 'refused'>): DoorBook => ({
  async turnedAway({ subject, roles, channel, door, code }) {
    await refusals.refused({
      actor: subject,
      roles,
      channel,
      action: enterAction,
      target: null,
      reason: null,
      requestId: null,
      bulkRunId: null,
      traceId: null,
      before: null,
      after: null,
      details: { code, door },
    });
  },
});
