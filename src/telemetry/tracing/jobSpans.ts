import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import type { TelemetryEvent } from '../../ports/telemetry.ts';
import { attemptIds, type ChosenIds, contextOf } from './attemptIds.ts';

type Event<Name extends TelemetryEvent['name']> = Extract<TelemetryEvent, { name: Name }>;
type Call = { event: Event<'provider.called'>; endedMs: number };

interface OpenJob {
  span: Span;
  context: Context;
  /** Calls that belong to a step whose end has not been told yet. */
  calls: Call[];
}

/** More than a worker has in hand; what is beyond is not traced. */
const openMax = 10_000;

export const messaging: Attributes = {
  'messaging.system': 'fulfillment',
  'messaging.destination.name': 'fulfillment',
};

/**
 * Makes spans of what a worker tells: one for each time that it has a job in hand, within it one for each attempt of a
 * step, and within that one for each call of a provider. The first attempt is a child of whatever brought the job, so that
 * the usual purchase is one trace; later ones are roots of their own with links, so that a retry hours later neither
 * stretches a trace nor inherits its sampling.
 */
export function createJobSpans(tracer: Tracer, ids: ChosenIds) {
  const open = new Map<string, OpenJob>();

  function begin(event: Event<'job.claimed'>): void {
    if (open.size >= openMax) return;
    const { jobId, kind, first, leaseToken: token, traceContext } = event;
    const creation = contextOf(traceContext);
    const attributes: Attributes = {
      ...messaging,
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
      'messaging.message.id': jobId,
      'fulfillment.kind': kind,
      'fulfillment.lease_token': token,
    };
    const parent = first && creation ? trace.setSpanContext(ROOT_CONTEXT, creation) : ROOT_CONTEXT;
    const links = first ? [] : linksOf(event);
    const span = ids.with(attemptIds(jobId, token), () =>
      tracer.startSpan('process fulfillment', { kind: SpanKind.CONSUMER, attributes, links }, parent),
    );
    // Of a trace that is not kept nothing more is made.
    if (!span.isRecording()) return;
    open.set(jobId, { span, context: trace.setSpan(ROOT_CONTEXT, span), calls: [] });
  }

  function step(job: OpenJob, event: Event<'step.attempted'>): void {
    // A step is told once it is recorded, a while after its end; its calls are told when they come back.
    const mine = callsOf(job.calls, event.step);
    const endedMs = mine.at(-1)?.endedMs ?? Date.now();
    const startedMs = endedMs - event.durationMs;
    const span = tracer.startSpan(
      `step ${event.step}`,
      {
        kind: SpanKind.INTERNAL,
        startTime: startedMs,
        attributes: {
          'fulfillment.step': event.step,
          'fulfillment.attempt': event.attempt,
          'fulfillment.outcome': event.outcome,
          ...(event.reason === undefined ? {} : { 'fulfillment.reason': event.reason }),
        },
      },
      job.context,
    );
    if (['retry', 'blocked', 'failed'].includes(event.outcome))
      markFailed(span, event.reason ?? event.outcome);
    const context = trace.setSpan(ROOT_CONTEXT, span);
    for (const call of mine) callSpan(call, context);
    job.calls = job.calls.filter((call) => !mine.includes(call));
    span.end(endedMs);
  }

  function callSpan({ event, endedMs }: Call, context: Context): void {
    const { provider, call, outcome, durationMs } = event;
    const span = tracer.startSpan(
      `${call} ${provider}`,
      {
        kind: SpanKind.CLIENT,
        startTime: endedMs - durationMs,
        attributes: { 'peer.service': provider, 'fulfillment.call': call, 'fulfillment.step': event.step },
      },
      context,
    );
    if (outcome !== 'answered') markFailed(span, outcome);
    span.end(endedMs);
  }

  function end(jobId: string, job: OpenJob): void {
    for (const call of job.calls) callSpan(call, job.context);
    job.span.end();
    open.delete(jobId);
  }

  function during(job: OpenJob, event: TelemetryEvent): void {
    switch (event.name) {
      case 'step.attempted':
        return step(job, event);
      case 'provider.called':
        job.calls.push({ event, endedMs: Date.now() });
        return undefined;
      case 'job.completed':
        job.span.setAttributes({ 'fulfillment.outcome': 'completed', 'fulfillment.sla_met': event.slaMet });
        return undefined;
      case 'job.failed':
        job.span.setAttributes({ 'fulfillment.outcome': 'failed', 'fulfillment.step': event.step });
        return markFailed(job.span, event.reason);
      case 'job.blocked':
      case 'job.held':
        job.span.setAttributes({
          'fulfillment.outcome': event.name.slice(4),
          'fulfillment.reason': event.reason,
        });
        return undefined;
      case 'lease.lost':
        return markFailed(job.span, 'lease_lost');
      case 'job.released':
        return end(event.jobId, job);
      default:
        return undefined;
    }
  }

  return {
    observe(event: TelemetryEvent): void {
      if (event.name === 'job.claimed') return begin(event);
      const job = 'jobId' in event && event.jobId !== null ? open.get(event.jobId) : undefined;
      if (job) during(job, event);
    },
    spanOf: (jobId: string): Span | undefined => open.get(jobId)?.span,
    /** Ends what is open: the process goes. */
    endAll(): void {
      for (const [jobId, job] of open) end(jobId, job);
    },
  };
}

/** Those of one attempt: what was found ends it, and so does what was made or read. */
function callsOf(calls: readonly Call[], step: string): Call[] {
  const ofStep = calls.filter(({ event }) => event.step === step);
  const [first, second] = ofStep;
  if (first === undefined) return [];
  return first.event.call === 'find' && second?.event.call === 'make' ? [first, second] : [first];
}

/** To what brought the job, and to the attempt before. */
function linksOf({ jobId, leaseToken: token, traceContext }: Event<'job.claimed'>): Link[] {
  const creation = contextOf(traceContext);
  const before = BigInt(token) - 1n;
  const previous = attemptIds(jobId, String(before));
  // The first attempt is in the trace of what brought the job.
  const traceId = before === 1n && creation ? creation.traceId : previous.traceId;
  return [
    ...(creation ? [{ context: creation, attributes: { 'link.kind': 'creation' } }] : []),
    {
      context: { traceId, spanId: previous.spanId, traceFlags: creation?.traceFlags ?? 0, isRemote: true },
      attributes: { 'link.kind': 'previous_attempt' },
    },
  ];
}

function markFailed(span: Span, reason: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: reason });
  span.setAttribute('error.type', reason);
}
