import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import type { TelemetryEvent } from '../../ports/telemetry.ts';
import { attemptIds } from './attemptIds.ts';
import { openTracing } from './openTracing.ts';

const incoming = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function open() {
  const exporter = new InMemorySpanExporter();
  const tracing = openTracing({
    exporter,
    resource: { 'service.name': 'shop', 'deployment.environment': 'test' },
    emit: () => undefined,
    processor: (to) => new SimpleSpanProcessor(to),
  });
  const tell = (...events: TelemetryEvent[]) => events.forEach((event) => tracing.observe(event));
  const named = (name: string): ReadableSpan => {
    const [span, ...more] = exporter.getFinishedSpans().filter((one) => one.name === name);
    expect([span?.name, more.length]).toEqual([name, 0]);
    return span as ReadableSpan;
  };
  return { tracing, tell, named, names: () => exporter.getFinishedSpans().map(({ name }) => name) };
}

const claimed = (fields: Partial<Extract<TelemetryEvent, { name: 'job.claimed' }>> = {}): TelemetryEvent => ({
  name: 'job.claimed',
  jobId: 'j1',
  kind: 'fulfil',
  first: true,
  waitSeconds: 0.1,
  leaseToken: '1',
  traceContext: incoming,
  ...fields,
});
const called = (outcome: 'answered' | 'transient' = 'answered'): TelemetryEvent => ({
  name: 'provider.called',
  jobId: 'j1',
  step: 'email',
  provider: 'smtp',
  call: 'make',
  outcome,
  durationMs: 20,
});
const attempted = (outcome: 'done' | 'retry' = 'done', durationMs = 30): TelemetryEvent => ({
  name: 'step.attempted',
  jobId: 'j1',
  step: 'email',
  outcome,
  attempt: 1,
  durationMs,
  ...(outcome === 'retry' ? { reason: 'smtp_timeout' } : {}),
});
const released: TelemetryEvent = { name: 'job.released', jobId: 'j1' };
const completed: TelemetryEvent = {
  name: 'job.completed',
  jobId: 'j1',
  kind: 'fulfil',
  latencySeconds: 1,
  slaMet: true,
};

const idOf = (span: ReadableSpan) => span.spanContext().spanId;
const traceOf = (span: ReadableSpan) => span.spanContext().traceId;

describe('a webhook that brings work', () => {
  it('is one trace with what was done for it at first', () => {
    const { tracing, tell, named } = open();
    const received = tracing.receive('POST /webhooks/stripe', incoming);
    received.end({ outcome: 'accepted', failed: false, brought: true });
    tell(claimed({ traceContext: received.traceparent ?? null }), called(), attempted(), completed, released);
    const [server, send, process, step, call] = [
      named('POST /webhooks/stripe'),
      named('send fulfillment'),
      named('process fulfillment'),
      named('step email'),
      named('make smtp'),
    ];
    expect(server.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect([server, send, process, step, call].map(traceOf)).toEqual(
      Array(5).fill('0af7651916cd43dd8448eb211c80319c'),
    );
    expect([send, process, step, call].map((span) => span.parentSpanContext?.spanId)).toEqual(
      [server, send, process, step].map(idOf),
    );
    expect([server, send, process, step, call].map(({ kind }) => kind)).toEqual([
      SpanKind.SERVER,
      SpanKind.PRODUCER,
      SpanKind.CONSUMER,
      SpanKind.INTERNAL,
      SpanKind.CLIENT,
    ]);
    expect(process.attributes).toEqual({
      'messaging.system': 'fulfillment',
      'messaging.destination.name': 'fulfillment',
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
      'messaging.message.id': 'j1',
      'fulfillment.kind': 'fulfil',
      'fulfillment.lease_token': '1',
      'fulfillment.outcome': 'completed',
      'fulfillment.sla_met': true,
    });
    expect(process.links).toEqual([]);
    expect(process.resource.attributes).toMatchObject({
      'service.name': 'shop',
      'deployment.environment': 'test',
    });
    const ms = ([seconds, nanos]: [number, number]) => seconds * 1000 + nanos / 1e6;
    expect(ms(step.duration)).toBeCloseTo(30, 0);
    expect(ms(call.duration)).toBeCloseTo(20, 0);
  });

  it('sends nothing where it brings nothing', () => {
    const { tracing, names } = open();
    tracing
      .receive('POST /webhooks/stripe', undefined)
      .end({ outcome: 'duplicate', failed: false, brought: false });
    expect(names()).toEqual(['POST /webhooks/stripe']);
  });

  it('that cannot be taken is a failure', () => {
    const { tracing, named } = open();
    tracing
      .receive('POST /webhooks/stripe', undefined)
      .end({ outcome: 'unavailable', failed: true, brought: false });
    expect(named('POST /webhooks/stripe').status.code).toBe(SpanStatusCode.ERROR);
  });
});

describe('a later attempt', () => {
  it('is a trace of its own, linked to what brought the job and to the attempt before', () => {
    const { tell, named } = open();
    tell(claimed({ first: false, leaseToken: '3' }), released);
    const process = named('process fulfillment');
    const [mine, before] = [attemptIds('j1', '3'), attemptIds('j1', '2')];
    expect(process.parentSpanContext).toBeUndefined();
    expect([traceOf(process), idOf(process)]).toEqual([mine.traceId, mine.spanId]);
    expect(
      process.links.map(({ context, attributes }) => [context.traceId, context.spanId, attributes]),
    ).toEqual([
      ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331', { 'link.kind': 'creation' }],
      [before.traceId, before.spanId, { 'link.kind': 'previous_attempt' }],
    ]);
  });

  it('finds the first attempt in the trace of what brought the job', () => {
    const { tell, named } = open();
    tell(claimed(), released);
    const first = named('process fulfillment');
    const again = open();
    again.tell(claimed({ first: false, leaseToken: '2' }), released);
    const link = again.named('process fulfillment').links[1]?.context;
    expect([link?.traceId, link?.spanId]).toEqual([traceOf(first), idOf(first)]);
  });

  it('of a job that nothing brought is linked to the attempt before alone', () => {
    const { tell, named } = open();
    tell(claimed({ first: false, leaseToken: '2', traceContext: null }), released);
    expect(named('process fulfillment').links.map(({ attributes }) => attributes)).toEqual([
      { 'link.kind': 'previous_attempt' },
    ]);
  });
});

describe('the spans of a job', () => {
  it('show what failed and why, in codes', () => {
    const { tell, named } = open();
    tell(claimed(), called('transient'), attempted('retry'), released);
    expect(named('make smtp')).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'transient' },
    });
    expect(named('step email')).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'smtp_timeout' },
      attributes: { 'error.type': 'smtp_timeout', 'fulfillment.outcome': 'retry' },
    });
  });

  it('hold a call whose step was never told to the end', () => {
    const { tell, named } = open();
    tell(claimed(), called(), released);
    expect(named('make smtp').parentSpanContext?.spanId).toBe(idOf(named('process fulfillment')));
  });

  it('are told where the process ends in the middle', async () => {
    const exporter = new InMemorySpanExporter();
    const ended: string[] = [];
    const tracing = openTracing({
      exporter: {
        export: (spans, done) => {
          ended.push(...spans.map(({ name }) => name));
          exporter.export(spans, done);
        },
        shutdown: () => exporter.shutdown(),
      },
      resource: {},
      emit: () => undefined,
    });
    tracing.observe(claimed());
    await tracing.stop();
    expect(ended).toEqual(['process fulfillment']);
  });

  it('say where the lines of the log and the exemplars belong', () => {
    const { tracing, tell } = open();
    tell(claimed());
    expect(tracing.placeOf(attempted())).toEqual({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: attemptIds('j1', '1').spanId,
    });
    tell(released);
    expect(tracing.placeOf(attempted())).toBeUndefined();
    expect(
      tracing.placeOf({
        name: 'job.accepted',
        jobId: 'j9',
        eventId: 'e',
        door: 'webhook',
        traceparent: incoming,
      }),
    ).toEqual({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' });
  });

  it.each([
    '',
    'nonsense',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    `${incoming}-more`,
    '\n',
  ])('have no parent where what is kept with the job is no trace: %j', (traceContext) => {
    const { tell, named } = open();
    tell(claimed({ traceContext }), released);
    expect(named('process fulfillment').parentSpanContext).toBeUndefined();
  });
});

describe('a collector that is away', () => {
  it('is told once a minute, with how much was lost, and costs nothing else', async () => {
    const told: TelemetryEvent[] = [];
    const tracing = openTracing({
      exporter: {
        export: (_spans, done) => done({ code: 1, error: new TypeError('no collector at secret-host') }),
        shutdown: async () => undefined,
      },
      resource: {},
      emit: (event) => void told.push(event),
      processor: (to) => new SimpleSpanProcessor(to),
    });
    for (let n = 0; n < 5; n += 1)
      tracing
        .receive('POST /webhooks/stripe', undefined)
        .end({ outcome: 'ignored', failed: false, brought: false });
    await tracing.stop();
    expect(told).toEqual([{ name: 'traces.not_exported', lost: 1, error: 'TypeError' }]);
  });
});
