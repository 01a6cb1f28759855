import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { planKey, type Plan } from '../domain/plan.ts';
import { createWorker } from '../engine/worker.ts';
import type { JsonObject, Step } from '../ports/step.ts';
import type { ProviderLimit } from '../ports/providerControl.ts';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import { createPool } from '../store/connection.ts';
import { enqueueJobs } from '../store/jobs/enqueue.ts';
import { createWorkAnnouncer } from '../store/jobs/announceWork.ts';
import { createJobStore } from '../store/jobs/jobStore.ts';
import { type Listener, listenForWork } from '../store/jobs/listenForWork.ts';
import { keepLeasesOnThread } from '../store/leases/keepLeasesOnThread.ts';
import { createProviderControlStore } from '../store/providers/providerControl.ts';
import { systemClock } from './systemClock.ts';
import { systemRandom } from './systemRandom.ts';
import { version } from './version.ts';

export interface EngineOptions {
  /** A migrated database (`migrate`), under a role that may do what `fulfillment_worker` may. */
  databaseUrl: string;
  plans: Plan[];
  steps: Step[];
  /** A connection of session mode to LISTEN on, where `databaseUrl` goes through a transaction pooler. */
  directUrl?: string;
  /** Calls under way per provider in this process; 16 for those without a figure. */
  providerPlaces?: Record<string, number>;
  /** Limits per provider across all workers. */
  providerLimits?: Record<string, ProviderLimit>;
  /** Lets Postgres plan each statement once per connection; not behind a transaction pooler. */
  namedStatements?: boolean;
  /** Unique per process; made up from host and process without it. */
  name?: string;
  connectionsMax?: number;
  leaseMs?: number;
  /** Jobs in the hands of this process at one time. */
  jobsMax?: number;
  /** How long an idle worker sleeps at most between two looks. */
  pollMs?: number;
  /** Told of everything that happens. Must not throw. */
  onEvent?: (event: TelemetryEvent) => void;
}

export interface JobRequest {
  /** The plan as `name@version`. */
  plan: string;
  /** What the job is about; one job per plan name and subject. */
  subjectKey: string;
  /** What its steps read as `job.order`. */
  order?: JsonObject;
  /** Within how many seconds it should be done. Default 300. */
  slaSeconds?: number;
  delayMs?: number;
}

export interface Engine {
  /** Begins to claim and run jobs. An engine that only enqueues need not be started. */
  start(): void;
  /** Adds jobs in one statement per plan; returns how many were new. */
  enqueue(jobs: JobRequest[]): Promise<number>;
  /** Stops claiming, lets running steps finish for `graceMs`, gives the rest back, closes all connections. */
  stop(graceMs?: number): Promise<void>;
}

/** The durable engine for plans and steps of your own, in your own program. */
export function createEngine(options: EngineOptions): Engine {
  const telemetry = { emit: options.onEvent ?? (() => undefined) };
  const pool = createPool({
    connectionString: options.databaseUrl,
    applicationName: 'fulfillment-engine',
    connectionsMax: options.connectionsMax ?? 6,
    namedStatements: options.namedStatements ?? false,
  });
  const plans = new Map(options.plans.map((plan) => [planKey(plan), plan]));
  const { leaseMs = 15_000, jobsMax, pollMs, providerLimits, providerPlaces } = options;
  const worker = createWorker({
    store: createJobStore(pool),
    steps: options.steps,
    plans: options.plans,
    clock: systemClock,
    random: systemRandom,
    telemetry,
    version,
    name: options.name ?? `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`,
    leaseMs,
    leases: keepLeasesOnThread({ connectionString: options.databaseUrl, leaseMs, telemetry }),
    providerControl: createProviderControlStore(pool),
    ...(providerLimits === undefined ? {} : { providerLimits }),
    ...(providerPlaces === undefined ? {} : { providerPlaces }),
    ...(jobsMax === undefined ? {} : { jobsMax }),
    ...(pollMs === undefined ? {} : { pollMs }),
  });
  const announcer = createWorkAnnouncer({ pool, telemetry });
  let listening: Listener | undefined;

  function planOf(key: string): Plan {
    const plan = plans.get(key);
    if (plan) return plan;
    throw new Error(`There is no plan ${key} here. Known plans: ${[...plans.keys()].join(', ')}.`);
  }

  return {
    start() {
      worker.start();
      listening = listenForWork({
        connectionString: options.directUrl ?? options.databaseUrl,
        pool,
        clock: systemClock,
        random: systemRandom,
        telemetry,
        onWork: () => worker.wake(),
      });
    },
    async enqueue(jobs) {
      const added = await enqueueJobs(
        pool,
        jobs.map(({ plan, subjectKey, order = {}, slaSeconds = 300, delayMs }) => ({
          plan: planOf(plan),
          subjectKey,
          order,
          slaSeconds,
          ...(delayMs === undefined ? {} : { delayMs }),
        })),
      );
      if (added > 0 && listening) worker.wake();
      else if (added > 0) announcer.announce();
      return added;
    },
    async stop(graceMs = 10_000) {
      const heard = listening;
      // At once: until it is told, the worker claims.
      await Promise.all([heard && worker.stop(graceMs), heard?.stop(), announcer.drained()]);
      await pool.end();
    },
  };
}
