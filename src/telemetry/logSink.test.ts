import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import { createLogSink, type LogLevel } from './logSink.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'log-test-'));
});
afterEach(() => rm(directory, { recursive: true }));

const levels: Record<LogLevel, number> = { debug: 20, info: 30, warn: 40, error: 50 };

async function written(
  level: LogLevel,
  ...events: TelemetryEvent[]
): Promise<Array<Record<string, unknown>>> {
  const file = join(directory, 'made', 'by', 'itself.log');
  const sink = createLogSink({ level, file });
  for (const event of [...events, theEnd]) sink(event);
  let lines: string[] = [];
  // Lines are written in the background; whoever reads them waits for the last one.
  await vi.waitFor(async () => {
    lines = (await readFile(file, 'utf8')).split('\n').filter(Boolean);
    expect(lines.at(-1)).toContain('the end');
  });
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>);
}

const theEnd: TelemetryEvent = { name: 'unexpected.error', during: 'the end', error: 'none' };

const webhook = (outcome: 'accepted' | 'refused' | 'conflict'): TelemetryEvent => ({
  name: 'webhook.answered',
  outcome,
  type: null,
  eventId: null,
  durationMs: 1,
});
const circuit = (change: 'opened' | 'closed'): TelemetryEvent => ({
  name: 'provider.circuit',
  provider: 'smtp',
  change,
  failures: 5,
  successes: 0,
  openings: 1,
});
const step = (outcome: 'done' | 'retry' | 'blocked' | 'failed'): TelemetryEvent => ({
  name: 'step.attempted',
  jobId: 'j',
  step: 'email',
  outcome,
  attempt: 1,
  durationMs: 1,
});

describe('the log', () => {
  it('costs nobody anything when it cannot be written', async () => {
    // A directory cannot be opened as a log; an error that nobody listens to would end the process.
    createLogSink({ level: 'info', file: directory })(theEnd);
    expect(await written('info')).toEqual([]);
  });

  it('has one line of JSON per event, with its name, its fields and the time', async () => {
    const [line, ...rest] = await written('info', { name: 'job.blocked', jobId: 'j1', reason: 'no_email' });
    expect(rest).toEqual([]);
    expect(line).toMatchObject({
      event: 'job.blocked',
      jobId: 'j1',
      reason: 'no_email',
      service: 'fulfillment-orchestrator',
    });
    expect(line?.['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(line).not.toHaveProperty('name');
  });

  it.each<[TelemetryEvent, LogLevel]>([
    [webhook('accepted'), 'debug'],
    [webhook('refused'), 'warn'],
    [webhook('conflict'), 'warn'],
    [step('done'), 'debug'],
    [step('retry'), 'info'],
    [step('blocked'), 'warn'],
    [step('failed'), 'warn'],
    [{ name: 'job.completed', jobId: 'j', kind: 'fulfil', latencySeconds: 1, slaMet: true }, 'info'],
    [
      {
        name: 'job.failed',
        jobId: 'j',
        kind: 'fulfil',
        step: 's',
        reason: 'r',
        latencySeconds: 1,
        slaMet: false,
      },
      'error',
    ],
    [{ name: 'database.unavailable', during: 'claim', error: 'x' }, 'error'],
    [circuit('opened'), 'warn'],
    [circuit('closed'), 'info'],
    [{ name: 'mail.ambiguous', jobId: 'j', logicalKey: 'k', provider: 'p' }, 'warn'],
  ])('is as loud as the event is grave: %o at %s', async (event, level) => {
    expect(await written('debug', event)).toMatchObject([{ level: levels[level] }]);
  });

  it('leaves out what is below its level', async () => {
    const lines = await written('warn', step('done'), step('retry'), step('blocked'));
    expect(lines.map(({ outcome }) => outcome)).toEqual(['blocked']);
  });

  it('cannot be made to show a second line or move the cursor', async () => {
    const lines = await written('info', {
      name: 'job.blocked',
      jobId: 'j',
      reason: '\n{"level":30}\u001b[2J',
    });
    expect(lines).toHaveLength(1);
    const raw = await readFile(join(directory, 'made', 'by', 'itself.log'), 'utf8');
    expect(raw).not.toContain('\u001b');
  });
});
