import { errorName } from '../../domain/errorTrace.ts';
import {
  beatEveryMs,
  extendAfterMs,
  extensionsPerLease,
  lookEveryMs,
  retryAfterMs,
  selfFenceShare,
} from '../../domain/lease.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ExtendedLeases } from '../../ports/jobStore.ts';
import type { LeaseSlot, LeaseTable, TabledLease } from './leaseTable.ts';

/** What the thread tells its worker by message; what cannot wait for one stands in the table. */
export type LeaseReport =
  | { kind: 'lost'; leases: LeaseSlot[] }
  | { kind: 'trouble'; during: 'extend' | 'beat'; error: string }
  /** The worker gave no sign of life for so long that its leases are left to end. */
  | { kind: 'hung'; silentMs: number };

export interface ExtendingOptions {
  table: LeaseTable;
  clock: Pick<Clock, 'elapsedMs' | 'sleep'>;
  leaseMs: number;
  /** After how long without a sign of life the worker is taken for hung. */
  hungAfterMs: number;
  extend(leases: TabledLease[]): Promise<ExtendedLeases<TabledLease>>;
  beat(): Promise<void>;
  tell(report: LeaseReport): void;
}

/** Extends all leases of the table that have run for a while, in one statement, until it is told to stop. */
export async function keepExtending(options: ExtendingOptions, signal: AbortSignal): Promise<void> {
  const { table, clock, leaseMs, hungAfterMs, tell } = options;
  const everyMs = leaseMs / extensionsPerLease;
  let beatAtMs = clock.elapsedMs();
  let hung = false;
  let toldAtMs = -Infinity;

  /** An outage is told once for each time the leases should have been extended, not for each try. */
  const trouble = (during: 'extend' | 'beat') => (error: unknown) => {
    if (clock.elapsedMs() - toldAtMs < everyMs) return;
    toldAtMs = clock.elapsedMs();
    tell({ kind: 'trouble', during, error: errorName(error) });
  };

  function isHung(): boolean {
    const silentMs = clock.elapsedMs() - table.ownerSeenMs();
    const before = hung;
    hung = silentMs > hungAfterMs;
    if (hung && !before) tell({ kind: 'hung', silentMs });
    return hung;
  }

  /** Returns whether all that is held was extended. */
  async function extendAll(): Promise<boolean> {
    const askedMs = clock.elapsedMs();
    // Most jobs are done long before their lease needs it.
    const held = table.held(askedMs).filter(({ ageMs }) => ageMs >= extendAfterMs(leaseMs));
    if (held.length === 0) return true;
    const { extended, busy } = await options.extend(held);
    for (const lease of extended) table.extended(lease, askedMs + leaseMs * selfFenceShare, askedMs);
    const lost = held.filter((lease) => !extended.has(lease) && !busy.has(lease));
    if (lost.length > 0) {
      const leases = lost.map(({ slot, generation }) => ({ slot, generation }));
      tell({ kind: 'lost', leases });
    }
    return busy.size === 0;
  }

  while (!signal.aborted) {
    table.signOfLife(clock.elapsedMs());
    let pauseMs = retryAfterMs(leaseMs);
    try {
      // Whoever hangs would keep its jobs for ever: they are left to others.
      if (!isHung() && (await extendAll())) pauseMs = lookEveryMs(leaseMs);
    } catch (error) {
      trouble('extend')(error);
    }
    if (!hung && clock.elapsedMs() >= beatAtMs) {
      beatAtMs = clock.elapsedMs() + beatEveryMs;
      // Nobody waits for it: it must not stand in the way of the leases.
      options.beat().catch(trouble('beat'));
    }
    await clock.sleep(pauseMs, signal);
  }
}
