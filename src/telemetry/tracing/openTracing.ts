import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { TelemetryEvent } from '../../ports/telemetry.ts';
import type { Tracing } from '../../ports/tracing.ts';
import { ChosenIds, contextOf, traceparentOf } from './attemptIds.ts';
import { createJobSpans, messaging } from './jobSpans.ts';

export interface TracingOptions {
  exporter: SpanExporter;
  /** `service.name`, `deployment.environment` and their like. */
  resource: Readonly<Record<string, string>>;
  /** Told when spans could not be sent, once a minute at most. */
  emit(event: TelemetryEvent): void;
  /** Only for tests: each span by itself instead of in batches. */
  processor?: (exporter: SpanExporter) => SpanProcessor;
}

const flushMaxMs = 3_000;
const tellEveryMs = 60_000;

/**
 * Traces over OpenTelemetry. Sampling and batching follow the standard variables (OTEL_TRACES_SAMPLER, OTEL_BSP_*), which
 * the library reads.
 */
export function openTracing(options: TracingOptions): Tracing {
  const { exporter, resource, processor = (to) => new BatchSpanProcessor(to) } = options;
  const ids = new ChosenIds();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes(resource),
    idGenerator: ids,
    spanProcessors: [processor(tellingFailures(exporter, options.emit))],
  });
  const tracer = provider.getTracer('fulfillment-orchestrator');
  const jobs = createJobSpans(tracer, ids);

  return {
    receive(name, incoming) {
      const parent = contextOf(incoming);
      const base = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
      const [method = '', route = ''] = name.split(' ');
      const attributes = { 'http.request.method': method, 'http.route': route };
      const server = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, base);
      const send = tracer.startSpan(
        'send fulfillment',
        { kind: SpanKind.PRODUCER, attributes: { ...messaging, 'messaging.operation.type': 'send' } },
        trace.setSpan(ROOT_CONTEXT, server),
      );
      return {
        traceparent: traceparentOf(send.spanContext()),
        end({ outcome, failed, brought }) {
          // One that has brought nothing has sent nothing: a span that never ends is never told.
          if (brought) send.end();
          server.setAttribute('fulfillment.outcome', outcome);
          if (failed) server.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
          server.end();
        },
      };
    },
    observe: jobs.observe,
    placeOf(event) {
      const jobId = 'jobId' in event ? event.jobId : null;
      const span = jobId === null ? undefined : jobs.spanOf(jobId);
      const context = span?.isRecording()
        ? span.spanContext()
        : 'traceparent' in event
          ? sampled(event.traceparent)
          : undefined;
      return context && { traceId: context.traceId, spanId: context.spanId };
    },
    async stop() {
      jobs.endAll();
      const late = new Promise<void>((resolve) => setTimeout(resolve, flushMaxMs).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
    },
  };
}

function sampled(traceparent: string | undefined) {
  const context = contextOf(traceparent);
  return context?.traceFlags === 1 ? context : undefined;
}

/** A collector that is away costs traces and nothing else. */
function tellingFailures(exporter: SpanExporter, emit: TracingOptions['emit']): SpanExporter {
  let toldAtMs = -Infinity;
  let lost = 0;
  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, (result) => {
        if (result.error !== undefined) {
          lost += spans.length;
          if (performance.now() - toldAtMs >= tellEveryMs) {
            toldAtMs = performance.now();
            emit({ name: 'traces.not_exported', lost, error: result.error.name });
            lost = 0;
          }
        }
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush ? { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() } : {}),
  };
}
