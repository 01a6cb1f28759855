import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Fault } from '../../../src/domain/fault.ts';
import { wireTracing } from '../../../src/main/wireTracing.ts';
import { createWorker } from '../../../src/engine/worker.ts';
import { planKey } from '../../../src/domain/plan.ts';
import { createJobStore } from '../../../src/store/jobs/jobStore.ts';
import { systemClock } from '../../../src/main/systemClock.ts';
import { systemRandom } from '../../../src/main/systemRandom.ts';
import { type EngineStack, startEngineStack } from '../../builders/engineStack.ts';
import { outsideStep, planOf, readStep } from '../../builders/steps.ts';

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  links?: Array<{ traceId: string; spanId: string }>;
}

let stack: EngineStack;
const spans: OtlpSpan[] = [];
const headers: Array<string | undefined> = [];
const collector = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    headers.push(request.headers['api-key'] as string | undefined);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as {
      resourceSpans: Array<{ scopeSpans: Array<{ spans: OtlpSpan[] }> }>;
    };
    for (const { scopeSpans } of body.resourceSpans)
      for (const scope of scopeSpans) spans.push(...scope.spans);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
});

beforeAll(async () => {
  stack = await startEngineStack();
  await new Promise<void>((ready) => collector.listen(0, '127.0.0.1', ready));
});
afterAll(async () => {
  await stack.stop();
  await new Promise((closed) => collector.close(closed));
});

const creation = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

it('a job that is retried is told to a collector over OTLP: the first attempt in the trace that brought it, the next linked', async () => {
  const traces = {
    endpoint: `http://127.0.0.1:${(collector.address() as AddressInfo).port}/`,
    headers: 'api-key=se%20cret',
    protocol: 'http/json' as const,
    serviceName: 'fulfillment-orchestrator',
    resourceAttributes: null,
    variables: {},
  };
  const tracing = await wireTracing({ traces, environment: 'test' }, () => undefined);
  let tries = 0;
  const steps = [
    readStep('ask', async () => {
      tries += 1;
      if (tries === 1) throw new Fault({ kind: 'transient', reason: 'lost', message: 'Lost.' });
      return { kind: 'done' };
    }),
    outsideStep('send'),
  ];
  // What needs the first waits for it: nothing keeps the job in hand until its retry is due.
  const plan = planOf(steps, { send: { needs: ['ask'] } });
  const id = await stack.addJob(plan);
  await stack.rows('update fulfillment.fulfillment_jobs set trace_context = $2 where id = $1', [
    id,
    creation,
  ]);
  const worker = createWorker({
    store: createJobStore(stack.poolAs('fulfillment_worker', 4)),
    steps,
    plans: [plan],
    clock: systemClock,
    random: systemRandom,
    telemetry: { emit: tracing.observe },
    name: `traced ${planKey(plan)}`,
    version: '1',
    pollMs: 20,
  });
  worker.start();
  await stack.untilOver(id);
  await worker.stop(1_000);
  await tracing.stop();
  await vi.waitFor(() =>
    expect(spans.filter(({ name }) => name === 'process fulfillment').length).toBeGreaterThan(1),
  );

  const attempts = spans.filter(({ name }) => name === 'process fulfillment');
  const [first, second] = attempts;
  expect([first?.traceId, first?.parentSpanId]).toEqual([
    '0af7651916cd43dd8448eb211c80319c',
    'b7ad6b7169203331',
  ]);
  expect(second?.parentSpanId ?? '').toBe('');
  expect(second?.traceId).not.toBe(first?.traceId);
  expect(second?.links?.map(({ traceId, spanId }) => [traceId, spanId])).toEqual([
    ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'],
    [first?.traceId, first?.spanId],
  ]);
  const names = (parent: OtlpSpan | undefined) =>
    spans.filter(({ parentSpanId }) => parentSpanId === parent?.spanId).map(({ name }) => name);
  expect(names(first)).toEqual(['step ask']);
  expect(attempts.slice(1).flatMap(names)).toEqual(['step ask', 'step send']);
  expect(names(spans.find(({ name }) => name === 'step send'))).toEqual(['make outside']);
  expect(names(spans.find(({ name }) => name === 'step ask'))).toEqual(['read reading']);
  expect(new Set(headers)).toEqual(new Set(['se cret']));
});

it('nothing of OpenTelemetry is loaded where no collector is named', async () => {
  const script = `
    const { wireTracing } = await import(${JSON.stringify(fileURLToPath(new URL('../../../src/main/wireTracing.ts', import.meta.url)))});
    await wireTracing({ traces: null }, () => {});
    const { createRequire } = await import('node:module');
    const cached = Object.keys(createRequire(import.meta.url).cache ?? {}).filter((name) => name.includes('@opentelemetry'));
    console.log(JSON.stringify(cached));`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script],
    {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    },
  );
  expect(JSON.parse(stdout.trim())).toEqual([]);
});
