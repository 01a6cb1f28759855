import { shopPlans, stepNames } from '../../src/main/shopPlans.ts';
import type { TelemetryEvent } from '../../src/index.ts';
import { createLogSink } from '../../src/telemetry/logSink.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

const sampled = '0.01';

/** Metrics, log and traces as startService puts them together; spans go to a collector that takes them at once. */
export async function openTelling(): Promise<(event: TelemetryEvent) => void> {
  process.env['OTEL_TRACES_SAMPLER'] = 'parentbased_traceidratio';
  process.env['OTEL_TRACES_SAMPLER_ARG'] = sampled;
  const { openTracing } = await import('../../src/telemetry/tracing/openTracing.ts');
  const exporter = {
    export: (_spans: unknown, done: (result: { code: 0 }) => void) => done({ code: 0 }),
    shutdown: async () => undefined,
  };
  const tracing = openTracing({ exporter, resource: {}, emit: () => undefined });
  const metrics = createMetrics({
    steps: stepNames(shopPlans),
    providers: ['stripe', 'smtp', 'storage', 'plausible'],
    sources: [],
    version: 'bench',
    readTruth: () => Promise.reject(new Error('nobody scrapes')),
  });
  const log = createLogSink({ level: 'info', file: '/dev/null', placeOf: (event) => tracing.placeOf(event) });
  return (event) => {
    tracing.observe(event);
    log(event);
    metrics.observe(event, tracing.placeOf(event));
  };
}
