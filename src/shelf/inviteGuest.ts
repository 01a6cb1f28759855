import { parseEmailAddress } from '../domain/emailAddress.ts';
import { toFault } from '../domain/fault.ts';
import type { AccountInvitations } from '../ports/accountInvitations.ts';
import type { Clock } from '../ports/clock.ts';
import type { Telemetry } from '../ports/telemetry.ts';

/** Between one try and the next. A reminder does not wait longer for a convenience. */
const pausesMs = [1_000, 3_000];
const pauseMaxMs = 10_000;

/**
 * Where a guest opens an account for the address of the purchase; null when there is no such page for them, also when the
 * provider cannot be asked: the reminder goes out all the same, with the page that needs no invitation.
 */
export function createInviteGuest(options: {
  invitations: AccountInvitations;
  clock: Pick<Clock, 'sleep'>;
  telemetry: Telemetry;
}): (email: string, signal: AbortSignal) => Promise<string | null> {
  const { invitations, clock, telemetry } = options;

  return async (email, signal) => {
    const address = parseEmailAddress(email);
    if (!address) return null;
    for (let tries = 0; ; tries += 1) {
      try {
        return await invitations.invite(address.canonical, signal);
      } catch (thrown) {
        const { kind, reason, retryAfterMs } = toFault(thrown);
        const pauseMs = Math.max(pausesMs[tries] ?? 0, retryAfterMs ?? 0);
        if (kind === 'permanent' || tries >= pausesMs.length || pauseMs > pauseMaxMs || signal.aborted) {
          telemetry.emit({ name: 'account.not_invited', reason });
          return null;
        }
        await clock.sleep(pauseMs, signal);
      }
    }
  };
}
