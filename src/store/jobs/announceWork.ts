import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { errorName } from '../../domain/errorTrace.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { workChannel } from './workChannel.ts';

export interface WorkAnnouncerOptions {
  pool: pg.Pool;
  telemetry: Telemetry;
  /** How long announcements are gathered into one, in milliseconds. */
  everyMs?: number;
}

export interface WorkAnnouncer {
  /** There is work for somebody elsewhere. To be called after COMMIT; nobody waits for it. */
  announce(): void;
  /** Resolves when nothing is left to announce. */
  drained(): Promise<void>;
}

/**
 * NOTIFY, outside of the transaction that accepts: there it would make all of them take turns at COMMIT. One that gets
 * lost costs a poll's time, so it is never repeated.
 */
export function createWorkAnnouncer({ pool, telemetry, everyMs = 10 }: WorkAnnouncerOptions): WorkAnnouncer {
  let wanted = false;
  let sending: Promise<void> | undefined;

  async function send(): Promise<void> {
    while (wanted) {
      wanted = false;
      await pool
        .query('select pg_notify($1, $2)', [workChannel, ''])
        .catch((error: unknown) =>
          telemetry.emit({ name: 'database.unavailable', during: 'announce', error: errorName(error) }),
        );
      await wait(everyMs);
    }
    sending = undefined;
  }

  return {
    announce() {
      wanted = true;
      sending ??= send();
    },
    drained: async () => sending,
  };
}
