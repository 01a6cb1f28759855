import { createWorker } from '../../src/engine/worker.ts';
import { systemClock } from '../../src/main/systemClock.ts';
import { systemRandom } from '../../src/main/systemRandom.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { createPool } from '../../src/store/connection.ts';
import { createJobStore } from '../../src/store/jobs/jobStore.ts';
import { keepLeasesOnThread } from '../../src/store/leases/keepLeasesOnThread.ts';
import { createRecordingTelemetry } from '../fakes/recordingTelemetry.ts';
import { readStep } from './steps.ts';

/**
 * A worker in a process of its own whose only step computes for `computeMs` without ever letting the event loop turn.
 * It says `ready` once orders are welcome, `computing`, and what it told of itself once it is told to stop.
 */
export interface ComputingWorkerOrders {
  databaseUrl: string;
  plan: Plan;
  leaseMs: number;
  hungAfterMs: number;
  computeMs: number;
}

process.once('message', (orders) => work(orders as ComputingWorkerOrders));
// Whoever started it is gone.
process.once('disconnect', () => process.exit());
process.send?.('ready');

function work({ databaseUrl, plan, leaseMs, hungAfterMs, computeMs }: ComputingWorkerOrders): void {
  const telemetry = createRecordingTelemetry();
  const pool = createPool({ connectionString: databaseUrl, applicationName: 'computing', connectionsMax: 2 });
  const step = readStep(
    plan.steps[0]?.name ?? '',
    async () => {
      process.send?.('computing');
      await new Promise((resolve) => setTimeout(resolve, 20));
      const endMs = performance.now() + computeMs;
      while (performance.now() < endMs);
      return { kind: 'done', output: { by: 'computing' } };
    },
    { timeoutMs: 60_000 },
  );
  const worker = createWorker({
    store: createJobStore(pool),
    steps: [step],
    plans: [plan],
    clock: systemClock,
    random: systemRandom,
    telemetry,
    name: 'computing',
    version: '0',
    leaseMs,
    pollMs: 20,
    leases: keepLeasesOnThread({ connectionString: databaseUrl, leaseMs, hungAfterMs, telemetry }),
  });
  worker.start();
  process.once('message', () => void stop());

  async function stop(): Promise<void> {
    // With time to learn what has become of its job.
    await worker.stop(2_000);
    await pool.end();
    process.send?.({ told: telemetry.events.map((event) => event.name) });
    process.disconnect();
  }
}
