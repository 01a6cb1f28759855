import { errorName } from '../domain/errorTrace.ts';
import type { Plan } from '../domain/plan.ts';
import { createHealthServer } from '../http/healthServer.ts';
import { boundSentence } from '../intake/catchUp/bound.ts';
import { calledProviders } from '../ports/providerPauses.ts';
import type { Step } from '../ports/step.ts';
import type { Telemetry, TelemetryEvent } from '../ports/telemetry.ts';
import { createRemindClaims } from '../shelf/remindClaims.ts';
import { createLinkTokens } from '../shelf/linkTokens.ts';
import { claimReminderPlan } from '../steps/claimMails.ts';
import { fulfilPlan } from '../steps/plans.ts';
import { createSlaWatch } from '../guardrails/slaWatch.ts';
import { isUnavailable } from '../store/connection.ts';
import { createClaimDesk } from '../store/claims/claimDesk.ts';
import { ensureEventPartitions } from '../store/jobs/ensureEventPartitions.ts';
import { createBreachBook } from '../store/guardrails/breachBook.ts';
import { readTruth } from '../store/jobs/readTruth.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import type { Config } from './config.ts';
import { configuredProviders } from './configuredProviders.ts';
import type { DrillHooks } from './drillHooks.ts';
import { shopPlans, stepNames } from './shopPlans.ts';
import { wireSentinel } from './wireSentinel.ts';
import { openLog } from './openLog.ts';
import { refuseOtherMode } from './refuseOtherMode.ts';
import { mailNotes } from './mailNotes.ts';
import { wireAdmin } from './wireAdmin.ts';
import { systemClock } from './systemClock.ts';
import { wireCatchUp } from './wireCatchUp.ts';
import { wireCopies } from './wireCopies.ts';
import { wireHttp } from './wireHttp.ts';
import { wireMailEvidence } from './wireMailEvidence.ts';
import { createDeliverySources, expectedReports } from './wireMailers.ts';
import { createFileStore } from './wireProviders.ts';
import { createCreditNoteRenderer, createReceiptRenderer } from './wireReceipts.ts';
import { openPools, type Pools, poolUse } from './wireStores.ts';
import { version } from './version.ts';
import { wireOutgoing } from './wireOutgoing.ts';
import { wireTracing } from './wireTracing.ts';
import { wireWakeUp } from './wireWakeUp.ts';
import { wireWorker } from './wireWorker.ts';

export interface RunningService {
  /** Where it listens, when the HTTP part was asked for. */
  address?: string;
  /** What people should know at the start. */
  notes?: string[];
  /** Stops taking work, finishes or hands back what is under way, and closes everything. */
  stop(): Promise<void>;
}

/** Steps of your own in the shop's own plan; see `extendPlan`. */
export interface ServiceExtension {
  steps: Step[];
  /** Given to new purchases. Open jobs of the plain plan are finished as they began. */
  plan: Plan;
}

export interface ServiceParts {
  http: boolean;
  worker: boolean;
  /** The watch over all of it. Beside what it watches it dies with it: run one of its own, too. */
  sentinel?: boolean;
  extension?: ServiceExtension;
  /** Where the log goes; standard output without it. */
  logFile?: string;
  /** Listens to what the service tells about itself, beside log and metrics. */
  onEvent?: (event: TelemetryEvent) => void;
  /** For fault drills alone. */
  drill?: DrillHooks;
}

const shutdownGraceMs = 10_000;
const partitionCheckMs = 6 * 3_600_000;

/** Starts what was asked for in this process: webhook and buyers' side, worker, or both. */
export async function startService(config: Config, parts: ServiceParts): Promise<RunningService> {
  const log = openLog(config, parts.logFile, (event) => tracing.placeOf(event));
  // Truth is read with the pools, and the pools tell their troubles to the metrics: tied together after both exist.
  const metrics = createMetrics({
    steps: stepNames([...shopPlans, ...(parts.extension ? [parts.extension.plan] : [])]),
    providers: calledProviders(configuredProviders(config)),
    sources: createDeliverySources(config).map(({ name }) => name),
    version,
    runtime: true,
    readTruth: () => readTruth(pools.reader),
    pools: () => poolUse(pools),
    jobsInHand: () => wired?.worker.inHand() ?? 0,
  });
  const tracing = await wireTracing(config, (event) => telemetry.emit(event));
  const telemetry = {
    emit(event: TelemetryEvent) {
      tracing.observe(event);
      log(event);
      metrics.observe(event, tracing.placeOf(event));
      parts.onEvent?.(event);
    },
  };
  const pools = openPools(config, telemetry);
  const files = createFileStore(config);
  const tokens = createLinkTokens({ keys: config.linkKeys });
  const receipts = createReceiptRenderer(config);
  const creditNotes = createCreditNoteRenderer(config);
  const { copies, close: closeCopies } = wireCopies(config, { pool: pools.shelf, files, clock: systemClock });
  const common = { pools, telemetry, files, copies, tokens, receipts, creditNotes, drill: parts.drill ?? {} };
  const wired = parts.worker ? wireWorker(config, { ...common, extension: parts.extension }) : undefined;
  const wakeUp = wireWakeUp(config, { pools, telemetry, worker: wired?.worker });
  const admin = parts.http ? wireAdmin(config, { pools, telemetry, worker: wired?.worker }) : undefined;
  if (parts.http && !admin) telemetry.emit({ name: 'staff.no_way_in' });
  const http = parts.http
    ? wireHttp(config, {
        ...common,
        tracing,
        plan: parts.extension?.plan ?? fulfilPlan,
        metrics: (accept) => metrics.render(accept),
        onWork: wakeUp.onWork,
        admin: admin?.admin,
      })
    : undefined;

  const health = parts.http ? undefined : healthOfWorker(config, { metrics, pool: pools.worker });

  const catchUp =
    wired &&
    wireCatchUp(config, {
      pools,
      telemetry,
      plan: parts.extension?.plan ?? fulfilPlan,
      onWork: wakeUp.onWork,
    });

  const mailEvidence =
    wired &&
    wireMailEvidence({
      pools,
      telemetry,
      onWork: wakeUp.onWork,
      workerName: config.worker.name,
      mailDays: config.retention.mailDays,
      sources: createDeliverySources(config),
      reports: expectedReports(config),
      providers: config.mail.providers,
      slaSeconds: config.slaSeconds,
      unprovenAfterMs: config.mail.evidenceAfterMs,
    });

  const remindClaims =
    wired && config.claimUrl !== null
      ? createRemindClaims({
          desk: createClaimDesk(pools.worker, { reminderPlan: claimReminderPlan }),
          clock: systemClock,
          telemetry,
          onWork: wakeUp.onWork,
        })
      : undefined;

  const slaWatch =
    wired && createSlaWatch({ book: createBreachBook(pools.worker), clock: systemClock, telemetry });

  const sentinel = parts.sentinel ? wireSentinel(config, telemetry) : undefined;

  const keepPartitions = () =>
    ensureEventPartitions(pools.worker).catch((error: unknown) =>
      telemetry.emit({
        name: 'database.unavailable',
        during: 'partitions',
        error: error instanceof Error ? error.name : 'unknown',
      }),
    );
  const partitionTimer = wired && setInterval(() => void keepPartitions(), partitionCheckMs);
  const outgoing = wired && wireOutgoing(config, { pool: pools.worker, telemetry });
  async function stop(): Promise<void> {
    clearInterval(partitionTimer);
    outgoing?.stop();
    // Side by side: a reader of a large file must not keep the worker from handing its jobs back in time.
    const cut = setTimeout(() => http?.server.closeAllConnections(), shutdownGraceMs);
    await Promise.all([
      http?.close(),
      health?.close(),
      wired?.worker.stop(shutdownGraceMs),
      catchUp?.stop(),
      mailEvidence?.stop(),
      remindClaims?.stop(),
      slaWatch?.stop(),
      sentinel?.stop(),
    ]);
    clearTimeout(cut);
    await admin?.stop();
    wired?.close();
    await wakeUp.stop();
    await closeCopies();
    await pools.end();
    await tracing.stop();
  }

  try {
    await insistOnMode(pools, config, telemetry);
    // A port that is taken must be found out before the worker holds a lease.
    const address = await http?.listen({ host: config.http.host, port: config.http.port });
    const shownAt = await health?.listen({ host: config.http.host, port: config.http.metricsPort ?? 0 });
    admin?.start();
    if (wired) {
      await keepPartitions();
      await outgoing?.start();
      wired.worker.start();
      wakeUp.start();
      catchUp?.start();
      mailEvidence?.start();
      remindClaims?.start();
      slaWatch?.start();
    }
    sentinel?.start();
    const notes = wired
      ? [boundSentence(config.catchUp.intervalMs), ...(await mailNotes(config, wired.mailHeldBy, telemetry))]
      : [];
    if (shownAt !== undefined) notes.push(`/metrics is at ${shownAt}.`);
    return { ...(address === undefined ? {} : { address }), notes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A database that is away keeps nothing from starting: then the mode of its payments is not known yet. */
async function insistOnMode(pools: Pools, { stripe }: Config, telemetry: Telemetry): Promise<void> {
  try {
    await refuseOtherMode(pools.worker, stripe.livemode);
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    telemetry.emit({ name: 'database.unavailable', during: 'start', error: errorName(error) });
  }
}

/** What a process shows of itself that serves no buyers: nobody else knows what it has done. */
function healthOfWorker(
  config: Config,
  { metrics, pool }: { metrics: Metrics; pool: Pools['worker'] },
): ReturnType<typeof createHealthServer> | undefined {
  if (config.http.metricsPort === null) return undefined;
  return createHealthServer({
    metrics: (accept) => metrics.render(accept),
    clock: systemClock,
    readinessChecks: [
      { name: 'database_worker', timeoutMs: 2_000, check: async () => void (await pool.query('select 1')) },
    ],
  });
}
