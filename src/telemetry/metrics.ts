import { collectDefaultMetrics, type OpenMetricsContentType, Registry } from 'prom-client';
import type { DatabaseTruth } from '../ports/databaseTruth.ts';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import { createEventCounter } from './metrics/countEvents.ts';
import { createInstruments, type KnownValues, type TracePlace } from './metrics/instruments.ts';
import { createTruthDisplay } from './metrics/showTruth.ts';

export interface PoolUse {
  pool: string;
  total: number;
  idle: number;
  waiting: number;
}

export interface MetricsOptions extends KnownValues {
  readTruth(): Promise<DatabaseTruth>;
  /** What this process has open and in its hands at the moment of a scrape. */
  pools?: () => PoolUse[];
  jobsInHand?: () => number;
  /** Also the runtime's own: memory, processor, event loop. */
  runtime?: boolean;
}

export interface Metrics {
  observe(event: TelemetryEvent, place?: TracePlace): void;
  /** @param accept the request's header: OpenMetrics with exemplars for whoever asks for it, else the plain text format */
  render(accept?: string): Promise<{ contentType: string; body: string }>;
}

/** The event loop is looked at so often; every look wakes the process. */
const eventLoopPrecisionMs = 100;

/** All metrics of the product, by the names of the registry. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry<OpenMetricsContentType | typeof Registry.PROMETHEUS_CONTENT_TYPE>();
  // Exemplars are kept only by what is made for the format that can show them.
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const instruments = createInstruments(registry as Registry, options);
  const show = createTruthDisplay(instruments);
  if (options.runtime)
    collectDefaultMetrics({
      register: registry as Registry,
      eventLoopMonitoringPrecision: eventLoopPrecisionMs,
    });
  instruments.show('fulfillment_build_info', { version: options.version }, 1);

  // However many ask at the same time, the database is asked once.
  let reading: Promise<void> | undefined;
  const read = (): Promise<void> => {
    reading ??= readOnce().finally(() => (reading = undefined));
    return reading;
  };

  async function readOnce(): Promise<void> {
    const startedMs = performance.now();
    try {
      show(await options.readTruth());
      instruments.show('fulfillment_collector_last_success_timestamp_seconds', {}, Date.now() / 1000);
    } catch {
      // What was last known stays, and its time grows old.
      instruments.count('fulfillment_collector_failures_total', {});
    }
    instruments.show('fulfillment_collector_duration_seconds', {}, (performance.now() - startedMs) / 1000);
  }

  function look(): void {
    for (const { pool, total, idle, waiting } of options.pools?.() ?? []) {
      instruments.show('fulfillment_pool_connections', { pool, state: 'idle' }, idle);
      instruments.show('fulfillment_pool_connections', { pool, state: 'busy' }, total - idle);
      instruments.show('fulfillment_pool_connections', { pool, state: 'waiting' }, waiting);
    }
    instruments.show('fulfillment_jobs_in_hand', {}, options.jobsInHand?.() ?? 0);
  }

  // The registry has one format at a time: answers are written one after the other.
  let written: Promise<unknown> = Promise.resolve();
  function write(contentType: typeof registry.contentType): Promise<{ contentType: string; body: string }> {
    const writing = written.then(async () => {
      registry.setContentType(contentType);
      return { contentType, body: await registry.metrics() };
    });
    written = writing.catch(() => undefined);
    return writing;
  }

  return {
    observe: createEventCounter(instruments),
    async render(accept = '') {
      await read();
      look();
      const open = accept.includes('application/openmetrics-text');
      return write(open ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE);
    },
  };
}
