import pino from 'pino';
import type { TelemetryEvent } from '../../src/ports/telemetry.ts';
import { createLogSink } from '../../src/telemetry/logSink.ts';

/**
 * What a line of the log costs: as it is written, beside pino alone, which writes whatever it is given. From the
 * project's root: `node --import tsx bench/logs/run.ts`. Lines go to /dev/null; the ways take turns.
 */

const lines = 200_000;
const rounds = 5;

const jobId = '019ab3c4-5d6e-7f80-91a2-b3c4d5e6f708';
/** As a busy worker tells them: three steps and an end per order. */
const usual: TelemetryEvent[] = [
  { name: 'job.accepted', jobId, eventId: 'evt_3QabCDefGHijKLmnOPqr', door: 'webhook' },
  { name: 'step.attempted', jobId, step: 'receipt', outcome: 'done', attempt: 1, durationMs: 12.25 },
  {
    name: 'step.attempted',
    jobId,
    step: 'email',
    outcome: 'retry',
    attempt: 1,
    durationMs: 250.5,
    reason: 'smtp_unreachable',
  },
  { name: 'job.completed', jobId, kind: 'fulfil', latencySeconds: 1.234, slaMet: true },
];
const trace = Array.from(
  { length: 12 },
  (_, at) => `    at step${at} (/srv/dist/engine/execute.js:${at}:14)`,
).join('\n');
const faults: TelemetryEvent[] = [
  { name: 'unexpected.error', during: 'GET /v1/shelf', error: 'TypeError', stack: trace },
];

const plain = pino(
  {
    level: 'debug',
    base: { service: 'bench' },
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: 'event',
  },
  pino.destination('/dev/null'),
);
const ways: Record<string, (event: TelemetryEvent) => void> = {
  'pino alone': ({ name, ...fields }) => plain.info(fields, name),
  ours: createLogSink({ level: 'debug', file: '/dev/null' }),
};

for (const [kind, events] of Object.entries({ 'lines of orders': usual, 'errors with a trace': faults })) {
  const best = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1)
    for (const [way, write] of Object.entries(ways)) {
      const startedMs = performance.now();
      for (let at = 0; at < lines; at += 1) {
        const event = events[at % events.length];
        if (event) write(event);
      }
      const perSecond = (lines / (performance.now() - startedMs)) * 1_000;
      best.set(way, Math.max(best.get(way) ?? 0, perSecond));
    }
  for (const [way, perSecond] of best)
    process.stdout.write(
      `${kind}, ${way}: ${Math.round(perSecond).toLocaleString('en')} lines/s, ${(1e6 / perSecond).toFixed(1)} µs a line\n`,
    );
}
