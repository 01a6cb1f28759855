import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sizes } from './sizes.ts';
import { until } from './until.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const parts = ['shop', 'api', 'inbox', 'identity', 'stripe', 'analytics', 'smtp', 'imap'];
let dataDirectory: string;

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'fulfillment-acceptance-'));
  await chmod(dataDirectory, 0o755);
  // The ports of a last start are taken again: so this one cannot meet another sandbox of this machine.
  const ports = await Promise.all(parts.map(async (part) => [part, await freePort()] as const));
  await writeFile(join(dataDirectory, 'ports.json'), JSON.stringify(Object.fromEntries(ports)));
});

afterAll(async () => {
  for (const pid of processesOf(dataDirectory)) process.kill(pid, 'SIGKILL');
  await rm(dataDirectory, { recursive: true, force: true });
});

/** A port that outgoing connections do not get, so that it is still free when the sandbox listens on it. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const port = randomInt(15_000, 32_000);
    const probe = createServer().once('error', () => resolve(freePort()));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(port)));
  });
}

/** Everything that runs with this directory on its command line. */
function processesOf(directory: string): number[] {
  const lines = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(directory)).map((line) => Number.parseInt(line, 10));
}

interface Run {
  child: ChildProcess;
  output(): string;
  /** What a terminal does at Ctrl-C: every process of the foreground gets the signal. */
  ctrlC(): Promise<{ code: number | null; signal: NodeJS.Signals | null; afterMs: number }>;
}

/** `npm start`, in a process group of its own as a shell would put it. */
function npmStart(): Run {
  const child = spawn('npm', ['start', '--', '--data-dir', dataDirectory], {
    cwd: repository,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return {
    child,
    output: () => output,
    async ctrlC() {
      const exited = once(child, 'exit');
      const beganMs = performance.now();
      process.kill(-(child.pid ?? 0), 'SIGINT');
      const [code, signal] = (await exited) as [number | null, NodeJS.Signals | null];
      return { code, signal, afterMs: performance.now() - beganMs };
    },
  };
}

const untilItSays = (run: Run, words: string) =>
  until(
    `"${words}" in what it says:\n${run.output()}`,
    async () => {
      if (run.child.exitCode !== null) throw new Error(`It has ended.\n${run.output()}`);
      return run.output().includes(words);
    },
    { withinMs: 30_000, everyMs: 50 },
  );

/** What a process that has not cleaned up would leave. */
async function whatIsLeft() {
  // npm may end a moment before what it has started.
  await until('all processes gone', async () => processesOf(dataDirectory).length === 0, {
    withinMs: 30_000,
  });
  const read = (name: string) => readFile(join(dataDirectory, 'postgres', name), 'utf8').catch(() => null);
  return { lock: await read('supervisor.json'), server: await read('cluster/postmaster.pid') };
}

const nothing = { lock: null, server: null };

/** The text of a mail, by its number in the inbox. */
async function mailText(number: number): Promise<string> {
  const ports = JSON.parse(await readFile(join(dataDirectory, 'ports.json'), 'utf8')) as { inbox: number };
  const answer = await fetch(`http://127.0.0.1:${ports.inbox}/api/v1/message/${number}`);
  return ((await answer.json()) as { Text: string }).Text;
}

const receiptNumber = (text: string) => Number(/R-\d{4}\/(\d+)/.exec(text)?.[1]);

describe('Ctrl-C at npm start', () => {
  it(
    'stops everything in order, and the next start goes on where this one was',
    { timeout: sizes.drillTimeoutMs },
    async () => {
      const first = npmStart();
      await untilItSays(first, 'Ctrl-C stops everything');
      const text = await mailText(1);
      const link = /https?:\S+\/d\/\S+/.exec(text)?.[0] ?? '';
      expect(receiptNumber(text)).toBe(1);
      expect((await fetch(link)).headers.get('content-type')).toBe('application/pdf');
      const ended = await first.ctrlC();
      // npm passes the exit code on, or ends by the same signal itself: both are what a shell expects.
      expect([ended.code, ended.signal].filter((value) => value !== null)).not.toContain(1);
      expect(first.output()).toContain('Stopping …');
      expect(await whatIsLeft()).toEqual(nothing);

      const second = npmStart();
      await untilItSays(second, 'Ctrl-C stops everything');
      expect((await fetch(link)).headers.get('content-type')).toBe('application/pdf');
      expect(second.output()).not.toContain('migrations applied');
      expect(receiptNumber(await mailText(2))).toBe(2);
      await second.ctrlC();
      expect(await whatIsLeft()).toEqual(nothing);
    },
  );

  it(
    'while it is still on its way up ends it as well, and leaves nothing behind',
    { timeout: sizes.drillTimeoutMs },
    async () => {
      const run = npmStart();
      await untilItSays(run, 'Starting Postgres');
      await run.ctrlC();
      expect(run.output()).not.toMatch(/could not|Error/);
      expect(await whatIsLeft()).toEqual(nothing);
    },
  );
});
