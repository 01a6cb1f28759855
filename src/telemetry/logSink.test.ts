import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import { catalogue, type EventName } from './catalogue.ts';
import { createLogSink, type LogLevel, type LogSinkOptions, shownFields } from './logSink.ts';

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
  return writtenBy({ level }, ...events);
}

async function writtenBy(
  options: Omit<LogSinkOptions, 'file'>,
  ...events: TelemetryEvent[]
): Promise<Array<Record<string, unknown>>> {
  const file = join(directory, 'made', 'by', 'itself.log');
  const sink = createLogSink({ ...options, file });
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

  it('says where in a trace it was, of events that belong to one', async () => {
    const placeOf = (event: TelemetryEvent) =>
      event.name === 'job.blocked' ? { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) } : undefined;
    const [inside, outside] = await writtenBy(
      { level: 'info', placeOf },
      { name: 'job.blocked', jobId: 'j', reason: 'no_email' },
      { name: 'job.held', jobId: 'j', reason: 'brake' },
    );
    expect(inside).toMatchObject({ trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) });
    expect(outside).not.toHaveProperty('trace_id');
  });

  it('is for people on a terminal', async () => {
    const program = `
      import { createLogSink } from ${JSON.stringify(new URL('logSink.ts', import.meta.url).href)};
      createLogSink({ level: 'info', pretty: { colours: false } })
        ({ name: 'job.blocked', jobId: 'j', reason: 'no_email' });`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...['--import', 'tsx', '--input-type', 'module', '--eval', program],
    ]);
    expect(stdout).toMatch(
      /^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: job\.blocked \{"jobId":"j","reason":"no_email"\}\n$/,
    );
  });

  it('is JSON in a file, whoever starts it', async () => {
    const lines = await writtenBy(
      { level: 'info', pretty: { colours: true } },
      { name: 'job.blocked', jobId: 'j', reason: 'no_email' },
    );
    expect(lines).toHaveLength(1);
  });
});

/** An event that holds more than the types admit, as a mistake in JavaScript or a cast would have it. */
const stray = (event: object) => event as TelemetryEvent;

const buyer = { name: 'Żaneta Ćwikłowska', email: 'zaneta@cwiklowska.example', card: '4242 4242 4242 4242' };

describe('what does not belong into the log', () => {
  it('is not written when it comes under another name', async () => {
    const lines = await written(
      'info',
      stray({ name: 'job.blocked', jobId: 'j', reason: 'no_email', buyer, email: buyer.email, error: buyer }),
    );
    expect(lines).toMatchObject([{ jobId: 'j', reason: 'no_email' }]);
    expect(JSON.stringify(lines)).not.toMatch(/wik|zaneta|4242/i);
  });

  it.each([
    ['an object', buyer],
    ['a list', [buyer.email]],
    ['a name', buyer.name],
    ['a sentence', `The mailbox ${buyer.email} is full.`],
    ['more than a code can be', 'x'.repeat(201)],
    ['a number', 4_242_424_242_424_242],
    ['something that would tell itself', { toJSON: () => buyer.email }],
  ])('is left out in the place of a code: %s', async (_what, reason) => {
    expect(await written('info', stray({ name: 'job.blocked', jobId: 'j', reason }))).toMatchObject([
      { jobId: 'j', reason: '[left out]' },
    ]);
  });

  it('is left out in the place of a number, a flag or a list', async () => {
    const lines = await written(
      'info',
      stray({ name: 'job.completed', jobId: buyer.email, latencySeconds: buyer.email, slaMet: buyer.email }),
      stray({ name: 'worker.started', worker: 'w', planKeys: [buyer.name, 'fulfil@1', buyer] }),
    );
    expect(lines).toMatchObject([
      { jobId: '[address]', latencySeconds: '[left out]', slaMet: '[left out]' },
      { planKeys: ['[left out]', 'fulfil@1', '[left out]'] },
    ]);
  });

  it('is replaced in the text of an error and of its trace', async () => {
    const error = `Error: ${buyer.email} paid with ${buyer.card}, key sk_live_4eC39HqLyjWDarjtT1zdp7dc`;
    const lines = await written('info', {
      name: 'unexpected.error',
      during: `GET /links/${'aB3'.repeat(14)}cD`,
      error,
      stack: `    at charge (${error})\n    at run (/srv/dist/engine/execute.js:1:2)`,
    });
    expect(lines).toMatchObject([
      {
        during: 'GET /links/[token]',
        error: 'Error: [address] paid with [card], key [secret]',
        stack: expect.stringContaining('/srv/dist/engine/execute.js:1:2'),
      },
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/zaneta|4242|4eC39/);
  });

  it('has no line of a name that is not in the catalogue', async () => {
    expect(await written('debug', stray({ name: 'buyer.seen', email: buyer.email }))).toEqual([]);
  });

  it('is censored by the logger itself when the catalogue names it by mistake', () => {
    const names = Object.values(catalogue).flatMap(({ fields }) => Object.keys(fields));
    // The second layer must not hide what is meant to be there.
    for (const name of ['email', 'token', 'body', 'name', 'traceContext']) expect(names).not.toContain(name);
  });

  it('is not asked of any event: whatever stands in all of its fields, nothing personal comes out', () => {
    const texts = [buyer.name, buyer.email, buyer.card, `Bearer ${'x1'.repeat(20)}`];
    for (const name of Object.keys(catalogue) as EventName[])
      for (const text of texts) {
        const fields = Object.keys(catalogue[name].fields).map((field) => [field, text]);
        const shown = JSON.stringify(shownFields(stray({ ...Object.fromEntries(fields), name })));
        // A name in a text that is meant for words cannot be told from other words: who emits it must not put it there.
        if (text !== buyer.name) expect(shown, name).not.toContain(text);
        else expect(shown.replaceAll(/"(during|error|stack)":"[^"]*"/g, ''), name).not.toContain(text);
      }
  });
});
