import type { Worker } from '../engine/worker.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { createWorkAnnouncer } from '../store/jobs/announceWork.ts';
import { listenForWork } from '../store/jobs/listenForWork.ts';
import type { Config } from './config.ts';
import { systemClock } from './systemClock.ts';
import { systemRandom } from './systemRandom.ts';
import type { Pools } from './wireStores.ts';

/** How workers hear of new work sooner than by their next poll. */
export interface WakeUp {
  /** Work was accepted in this process. */
  onWork(): void;
  /** Begins to hear of what is accepted elsewhere. */
  start(): void;
  stop(): Promise<void>;
}

interface Parts {
  pools: Pools;
  telemetry: Telemetry;
  worker: Worker | undefined;
}

/** A process with a worker of its own wakes that one and listens for the others; one without tells those elsewhere. */
export function wireWakeUp(config: Config, { pools, telemetry, worker }: Parts): WakeUp {
  if (!worker) {
    const announcer = createWorkAnnouncer({ pool: pools.intake, telemetry });
    return { onWork: announcer.announce, start: () => undefined, stop: announcer.drained };
  }
  let listening: ReturnType<typeof listenForWork> | undefined;
  return {
    onWork: () => worker.wake(),
    start() {
      listening = listenForWork({
        connectionString: config.database.directUrl,
        pool: pools.worker,
        clock: systemClock,
        random: systemRandom,
        telemetry,
        onWork: () => worker.wake(),
      });
    },
    stop: async () => listening?.stop(),
  };
}
