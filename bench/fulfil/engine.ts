import pg from 'pg';
import { createWorker, type Worker } from '../../src/engine/worker.ts';
import { fulfilPlan, migrate, migrationsDirectory, type TelemetryEvent } from '../../src/index.ts';
import { systemClock } from '../../src/main/systemClock.ts';
import { systemRandom } from '../../src/main/systemRandom.ts';
import { version } from '../../src/main/version.ts';
import { createCatalogImportStore } from '../../src/store/catalog/importCatalog.ts';
import { createPool } from '../../src/store/connection.ts';
import { createIntakeStore } from '../../src/store/events/acceptEvent.ts';
import { createJobStore } from '../../src/store/jobs/jobStore.ts';
import { keepLeasesOnThread } from '../../src/store/leases/keepLeasesOnThread.ts';
import { createProviderControlStore } from '../../src/store/providers/providerControl.ts';
import { eachWithin } from '../engines/batches.ts';
import type { CreateEngine, WorkerRun } from '../engines/engine.ts';
import { createPool as createAdminPool, readCount } from '../engines/pool.ts';
import { importPlainBooks } from '../../test/builders/importPlainBooks.ts';
import { acceptPurchase } from './acceptPurchase.ts';
import { createInstantFiles, theBook } from './standIns.ts';
import { createShopSteps } from './steps.ts';
import { openTelling } from './telling.ts';

const roles = { intake: 'fulfillment_intake', worker: 'fulfillment_worker' } as const;

/** A web server's worth of webhooks at one time. */
const inFlight = 16;

/** What the service takes when nothing else is said (src/main/variables, src/main/wireWorker.ts). */
const connectionsMax = 10;
const workerDefaults = {
  leaseMs: 15_000,
  pollMs: 1_000,
  providerPlaces: { stripe: 16, smtp: 5, storage: 8, plausible: 8 },
};

/**
 * The shop's own plan in the shape of the other engines, so that the harness can drive it. Each duty runs under its own
 * login role. `named`: Postgres plans each statement once per connection; `unnamed`: as behind a transaction pooler;
 * `told`: the same, with metrics, a log into nothing and traces of one order in a hundred, as a process of the service has
 * them.
 */
export const createEngine: CreateEngine = ({ variant, databaseUrl, processName }) => {
  const admin = createAdminPool(databaseUrl, 2);
  const opened: pg.Pool[] = [admin];
  let accepting: ReturnType<typeof createIntakeStore> | undefined;
  let worker: Worker | undefined;

  function poolAs(role: string): pg.Pool {
    const pool = createPool({
      connectionString: urlAs(databaseUrl, role),
      applicationName: role,
      connectionsMax,
      namedStatements: variant === 'named',
    });
    opened.push(pool);
    return pool;
  }

  const intake = () => (accepting ??= createIntakeStore(poolAs(roles.intake)));

  return {
    async setup() {
      await migrate({ client: databaseUrl, directory: migrationsDirectory });
      const password = pg.escapeLiteral(decodeURIComponent(new URL(databaseUrl).password));
      for (const role of Object.values(roles)) await admin.query(`alter role ${role} password ${password}`);
      await importPlainBooks([theBook], {
        store: createInstantFiles(),
        catalog: createCatalogImportStore(poolAs(roles.worker)),
        signal: AbortSignal.timeout(10_000),
      });
    },
    async ready() {
      intake();
    },
    enqueue: (orders) => eachWithin(orders, inFlight, ({ orderId }) => acceptPurchase(intake(), orderId)),
    enqueueOne: ({ orderId }) => acceptPurchase(intake(), orderId),
    async startWorker(run) {
      const tell = variant === 'told' ? await openTelling() : undefined;
      worker = createShopWorker(poolAs(roles.worker), {
        tell,
        name: processName,
        connectionString: urlAs(databaseUrl, roles.worker),
        run,
      });
      worker.start();
    },
    countPending: () => readCount(admin, 'select count(*) as n from fulfillment.fulfillment_dispatch'),
    async stop() {
      await worker?.stop(2_000);
      await Promise.all(opened.map((pool) => pool.end()));
    },
  };
};

interface WorkerParts {
  /** Where what the worker tells goes beside the count. */
  tell: ((event: TelemetryEvent) => void) | undefined;
  name: string;
  connectionString: string;
  run: WorkerRun;
}

function createShopWorker(pool: pg.Pool, { tell, name, connectionString, run }: WorkerParts): Worker {
  const telemetry = {
    emit(event: TelemetryEvent) {
      tell?.(event);
      listen(event, run);
    },
  };
  return createWorker({
    ...workerDefaults,
    jobsMax: run.concurrency,
    store: createJobStore(pool),
    steps: createShopSteps(pool, telemetry),
    plans: [fulfilPlan],
    clock: systemClock,
    random: systemRandom,
    telemetry,
    name,
    version,
    leases: keepLeasesOnThread({ connectionString, leaseMs: workerDefaults.leaseMs, telemetry }),
    providerControl: createProviderControlStore(pool),
  });
}

const expected = new Set<TelemetryEvent['name']>([
  'worker.started',
  'worker.stopped',
  'step.attempted',
  'job.claimed',
  'job.released',
  'provider.called',
]);
const over = new Set<TelemetryEvent['name']>(['job.completed', 'job.failed', 'job.cancelled']);

/** Counts what is over, however it ended: the proof afterwards tells whether it ended well. */
function listen(event: TelemetryEvent, run: WorkerRun): void {
  if (over.has(event.name)) run.onOrderDone(0, 0);
  if (event.name !== 'job.completed' && !expected.has(event.name))
    process.stderr.write(`fulfil: ${JSON.stringify(event)}\n`);
}

/** The roles' passwords are the superuser's, as `setup` has given them. */
function urlAs(databaseUrl: string, role: string): string {
  const url = new URL(databaseUrl);
  url.username = role;
  return url.href;
}
