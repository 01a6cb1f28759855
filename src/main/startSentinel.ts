import { Fault } from '../domain/fault.ts';
import { guardrails } from '../domain/guardrails.ts';
import { createHealthServer } from '../http/healthServer.ts';
import { calledProviders } from '../ports/providerPauses.ts';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import { createPool } from '../store/connection.ts';
import { readTruth } from '../store/jobs/readTruth.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import type { Config } from './config.ts';
import { configuredProviders } from './configuredProviders.ts';
import { openLog } from './openLog.ts';
import { shopPlans, stepNames } from './shopPlans.ts';
import type { RunningService } from './startService.ts';
import { systemClock } from './systemClock.ts';
import { version } from './version.ts';
import { type SentinelTimes, wireSentinel } from './wireSentinel.ts';

export interface SentinelParts {
  logFile?: string;
  onEvent?: (event: TelemetryEvent) => void;
  times?: SentinelTimes;
}

/** Starts the watch alone, in a process of its own: what it watches may go, and it stays. */
export async function startSentinel(config: Config, parts: SentinelParts = {}): Promise<RunningService> {
  const log = openLog(config, parts.logFile);
  const reader = createPool({
    connectionString: config.database.readerUrl,
    applicationName: 'fulfillment-sentinel-metrics',
    connectionsMax: 1,
  });
  const metrics = createMetrics({
    steps: stepNames(shopPlans),
    providers: calledProviders(configuredProviders(config)),
    sources: [],
    version,
    runtime: true,
    readTruth: () => readTruth(reader),
  });
  const telemetry = {
    emit(event: TelemetryEvent) {
      log(event);
      metrics.observe(event);
      parts.onEvent?.(event);
    },
  };
  const sentinel = wireSentinel(config, telemetry, parts.times);
  const { host, metricsPort: port } = config.http;
  const server =
    port === null
      ? undefined
      : createHealthServer({
          metrics: (accept) => metrics.render(accept),
          clock: systemClock,
          readinessChecks: [
            {
              name: 'rules',
              timeoutMs: 1_000,
              check: async () => {
                if (sentinel.lookedMsAgo() <= guardrails.sentinelSilentMs) return;
                throw new Fault({
                  kind: 'transient',
                  reason: 'not_looked_at',
                  message: 'The rules were not looked at for a minute.',
                });
              },
            },
          ],
        });

  async function stop(): Promise<void> {
    await server?.close();
    await sentinel.stop();
    await reader.end();
  }
  try {
    const address = await server?.listen({ host, port: port ?? 0 });
    sentinel.start();
    return { ...(address === undefined ? {} : { address }), notes: [waysOf(config)], stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whom it tells, in a sentence. */
function waysOf({ alerts }: Config): string {
  const ways = [...(alerts.pagerDuty ? ['PagerDuty'] : []), ...(alerts.slack ? ['Slack'] : [])];
  const dead = alerts.deadManUrl === null ? 'Nobody outside is told that it lives (DEAD_MAN_URL).' : '';
  if (ways.length === 0)
    return `It tells nobody: set PAGERDUTY_ROUTING_KEY or SLACK_*. Alerts are shown by fulfillment alerts list. ${dead}`.trim();
  return `Alerts go to ${ways.join(' and ')}. ${dead}`.trim();
}
