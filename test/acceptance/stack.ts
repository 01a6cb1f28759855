import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { z } from 'zod';
import { strangeLines } from '../builders/leaks.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const entry = fileURLToPath(new URL('stackProcess.ts', import.meta.url));

const placesSchema = z.object({
  urls: z.object({
    api: z.string(),
    shop: z.string(),
    inbox: z.string(),
    stripe: z.string(),
    identity: z.string(),
    analytics: z.string(),
  }),
  databaseUrl: z.string(),
  webhookSecret: z.string(),
  logFile: z.string(),
  storageDirectory: z.string(),
});

/** Where the parts of a running stack are. */
export type Places = z.infer<typeof placesSchema>;

/** What buyers and checks need to know of a running shop, whoever has started it. */
export interface ShopUnderTest {
  readonly places: Places;
  /** What the product's processes have written to standard error. */
  readonly stderr: string;
  /** Reads from the product's database; it cannot write. */
  sql<Row extends object>(text: string, params?: unknown[]): Promise<Row[]>;
}

export interface Stack extends ShopUnderTest {
  readonly dataDirectory: string;
  /** How long the last start took, in milliseconds. */
  readonly startedInMs: number;
  /** `kill -9` of our process; the embedded Postgres lives on, as it would. */
  kill(): Promise<void>;
  /** Asks it to stop; resolves with the exit code. */
  stop(signal?: 'SIGINT' | 'SIGTERM'): Promise<number | null>;
  /** Starts it again on the same directory. */
  start(): Promise<void>;
  /** The pid of the Postgres server of this stack. */
  postgresPid(): Promise<number>;
  /** Stops whatever runs and removes the directory. */
  remove(): Promise<void>;
}

/** Starts a sandbox in a child process, on free ports, in a new directory. */
export async function startStack(): Promise<Stack> {
  const dataDirectory = await makeDirectory();
  let child: ChildProcess | undefined;
  let places: Places | undefined;
  let startedInMs = 0;
  let stderr = '';
  let pool: pg.Pool | undefined;

  async function start(): Promise<void> {
    const beganMs = performance.now();
    const started = spawn(process.execPath, ['--import', 'tsx', entry, dataDirectory], {
      cwd: repository,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child = started;
    started.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    places = placesSchema.parse(JSON.parse(await firstLine(started, () => stderr)));
    startedInMs = performance.now() - beganMs;
    pool ??= openChecker(places.databaseUrl);
  }

  /** What the process died of, if nobody has told it to end. */
  function ownEnd(): string | undefined {
    if (!child || (child.exitCode === null && child.signalCode === null)) return undefined;
    return `The stack ended by itself with ${child.exitCode ?? child.signalCode}. ${stderr}`;
  }

  /** Every test of a stack is one of its log: nothing had to be taken out of it. */
  async function strangeLog(): Promise<string | undefined> {
    const log = places && (await readFile(places.logFile, 'utf8').catch(() => ''));
    const [line] = strangeLines(log ?? '');
    return line && `The log holds what it should not: ${line}`;
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    const trouble = ownEnd();
    const ending = child;
    child = undefined;
    if (trouble !== undefined) throw new Error(trouble);
    if (!ending) return null;
    const exited = once(ending, 'exit');
    ending.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }

  const stack: Stack = {
    dataDirectory,
    get places() {
      if (!places) throw new Error('The stack has not been started.');
      return places;
    },
    get startedInMs() {
      return startedInMs;
    },
    get stderr() {
      return stderr;
    },
    async sql<Row extends object>(text: string, params: unknown[] = []) {
      const asked = pool;
      if (!asked) throw new Error('The stack has not been started.');
      return patiently(async () => (await asked.query<Row>(text, params)).rows);
    },
    async kill() {
      await end('SIGKILL');
    },
    stop: (signal = 'SIGTERM') => end(signal),
    start,
    async postgresPid() {
      const [row] = await stack.sql<{ text: string }>(`select pg_read_file('postmaster.pid') as text`);
      return Number.parseInt(row?.text ?? '', 10);
    },
    async remove() {
      await pool?.end();
      const trouble = ownEnd();
      const logged = await strangeLog();
      if (trouble !== undefined) child = undefined;
      // A server that was left alone is adopted by the next start and stopped with it.
      if (!child && places) await start();
      await end('SIGTERM');
      await rm(dataDirectory, { recursive: true, force: true });
      if (trouble !== undefined || logged !== undefined) throw new Error(trouble ?? logged);
    },
  };
  try {
    await start();
  } catch (error) {
    await rm(dataDirectory, { recursive: true, force: true });
    throw error;
  }
  return stack;
}

/** Under /tmp and open to others, so that Postgres can live in it also when this is root. */
async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'fulfillment-acceptance-'));
  await chmod(directory, 0o755);
  return directory;
}

async function firstLine(child: ChildProcess, complaints: () => string): Promise<string> {
  if (!child.stdout) throw new Error('The child has no standard output.');
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The stack ended with ${String(code)} before it was up. ${complaints()}`);
  });
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  ended.catch(() => undefined);
  return line;
}

/** Drills stop the server: whoever asks meanwhile asks again until it is back. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const deadlineMs = performance.now() + 20_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const wrongStatement = error instanceof pg.DatabaseError && !/^(57P|08)/.test(error.code ?? '');
      if (wrongStatement || performance.now() > deadlineMs) throw error;
      await sleep(50);
    }
  }
}

/** For the tests' own look at a database, which it cannot change. */
export function openChecker(connectionString: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: 2,
    application_name: 'acceptance-checker',
    options: '-c default_transaction_read_only=on',
  });
  // Drills stop the server; the next query asks for a new connection.
  pool.on('error', () => undefined);
  return pool;
}
