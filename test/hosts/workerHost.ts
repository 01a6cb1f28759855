import { createEngine } from '../../src/main/createEngine.ts';
import type { TelemetryEvent } from '../../src/ports/telemetry.ts';
import { openCarrier } from './carrier.ts';
import { parcelBuild, type Pace } from './parcels.ts';

/** A worker in a process of its own, on parcels. It loads the engine alone: the whole library brings the shop too. */
export interface HostOrders {
  name: string;
  databaseUrl: string;
  /** Where the carrier's table is reached, on connections of its own. */
  carrierUrl: string;
  leaseMs: number;
  /** Which versions of the plan this build knows. */
  versions: number[];
  pace: Pace;
  pollMs: number;
  jobsMax: number;
  /** How long it waits at SIGTERM for what it works on. */
  graceMs: number;
}

/** What it tells the test. */
export type HostMessage =
  | { kind: 'ready' }
  | { kind: 'up' }
  | { kind: 'stopping' }
  | { kind: 'told'; event: TelemetryEvent; atMs: number };

const tell = (message: HostMessage) => void (process.connected && process.send?.(message));
/** Told by the thousand, and the test reads them in the database. */
const untold = new Set<TelemetryEvent['name']>(['step.attempted', 'job.completed']);

process.once('message', (orders) => work(orders as HostOrders));
// The test is gone, or its process was killed.
const abandoned = () => process.exit(1);
process.once('disconnect', abandoned);
tell({ kind: 'ready' });

function work({ versions, carrierUrl, graceMs, pace, ...orders }: HostOrders): void {
  const carrier = openCarrier(carrierUrl);
  const engine = createEngine({
    ...orders,
    ...parcelBuild({ host: orders.name, pace, carrier }, versions),
    onEvent: (event) => {
      if (!untold.has(event.name)) tell({ kind: 'told', event, atMs: Date.now() });
    },
  });
  process.once('SIGTERM', () => void stop());
  engine.start();
  tell({ kind: 'up' });

  /** Ends by itself when nothing is left open. */
  async function stop(): Promise<void> {
    tell({ kind: 'stopping' });
    await engine.stop(graceMs);
    await carrier.close();
    process.off('disconnect', abandoned);
    process.disconnect();
  }
}
