import { hostname } from 'node:os';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import { noTracing, type Tracing } from '../ports/tracing.ts';
import type { Config } from './config.ts';
import { version } from './version.ts';

/** Traces, where a collector is named. Otherwise nothing of OpenTelemetry is even loaded. */
export async function wireTracing(
  config: Pick<Config, 'traces' | 'environment'>,
  emit: (event: TelemetryEvent) => void,
): Promise<Tracing> {
  const { traces } = config;
  if (traces === null) return noTracing;
  // The library reads its standard variables itself; those of a file have to be put where it looks.
  for (const [name, text] of Object.entries(traces.variables)) process.env[name] ??= text;
  const [{ openTracing }, { OTLPTraceExporter }] = await Promise.all([
    import('../telemetry/tracing/openTracing.ts'),
    traces.protocol === 'http/json'
      ? import('@opentelemetry/exporter-trace-otlp-http')
      : import('@opentelemetry/exporter-trace-otlp-proto'),
  ]);
  const url = `${traces.endpoint.replace(/\/+$/, '')}/v1/traces`;
  return openTracing({
    exporter: new OTLPTraceExporter({ url, headers: pairsOf(traces.headers) }),
    resource: {
      ...pairsOf(traces.resourceAttributes),
      'service.name': traces.serviceName,
      'service.version': version,
      'service.instance.id': `${hostname()}:${process.pid}`,
      'deployment.environment': config.environment,
      'deployment.environment.name': config.environment,
    },
    emit,
  });
}

/** `a=b,c=d`, percent-encoded, as W3C Baggage writes it. */
function pairsOf(text: string | null): Record<string, string> {
  const pairs = (text ?? '').split(',').map((part) => part.split('='));
  return Object.fromEntries(
    pairs.flatMap(([name = '', ...value]) =>
      name.trim() === '' ? [] : [[name.trim(), decoded(value.join('=').trim())]],
    ),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
