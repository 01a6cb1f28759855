import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { isAlive } from '../../src/sandbox/postgres/processes.ts';
import { startPostgres, type RunningPostgres } from '../../src/sandbox/postgres/startPostgres.ts';
import { SandboxError } from '../../src/sandbox/sandboxError.ts';

let parent: string;
let dataDir: string;
let running: RunningPostgres | undefined;

// One data directory for all: each test finds it as the one before has left it, and must cope.
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'start-postgres-test-'));
  dataDir = join(parent, 'data');
});

afterEach(async () => {
  await running?.stop();
});

afterAll(async () => {
  if (running) await rm(running.directory, { recursive: true });
  await rm(parent, { recursive: true, force: true });
});

async function start(options: { port?: number } = {}): Promise<RunningPostgres> {
  running = await startPostgres({ dataDir, ...options });
  return running;
}

async function ask(postgres: RunningPostgres, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: postgres.url() });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: unknown }>(sql);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

const COUNT = 'select count(*)::int as answer from kept';

const modulePath = fileURLToPath(new URL('../../src/sandbox/postgres/startPostgres.ts', import.meta.url));

/** Starts Postgres from another process and kills that one without a chance to clean up. Answers the server's pid. */
async function leaveOrphan(): Promise<number> {
  const script = `
    import { startPostgres } from ${JSON.stringify(modulePath)};
    const { pid } = await startPostgres({ dataDir: ${JSON.stringify(dataDir)} });
    process.stdout.write(String(pid));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGKILL');
  await once(child, 'exit');
  return Number(pid.toString());
}

describe('startPostgres', () => {
  it('makes a cluster of UTF-8 that sorts by code point and reaches the disk', async () => {
    const postgres = await start();
    expect(postgres.adopted).toBe(false);
    await ask(postgres, 'create table kept (n int)');
    await ask(postgres, 'insert into kept values (1)');
    expect(await ask(postgres, `select current_setting('server_encoding') as answer`)).toBe('UTF8');
    expect(await ask(postgres, `select current_setting('fsync') as answer`)).toBe('on');
    expect(await ask(postgres, `select upper('łódź') as answer`)).toBe('ŁÓDŹ');
    expect(await ask(postgres, `select 'b' > 'C' as answer`)).toBe(true);
  });

  it('finds the data and the port as they were', async () => {
    const port = running?.port;
    const postgres = await start();
    expect(await ask(postgres, COUNT)).toBe(1);
    expect(postgres.port).toBe(port);
  });

  it('lets nobody in without the password', async () => {
    const postgres = await start();
    const client = new Client({ connectionString: postgres.url().replace(postgres.password, 'guess') });
    await expect(client.connect()).rejects.toThrow('password authentication failed');
  });

  it('starts the server again when it is killed', async () => {
    const postgres = await start();
    const before = postgres.pid;
    process.kill(before, 'SIGKILL');
    await vi.waitFor(() => expect(postgres.pid).not.toBe(before), 10_000);
    expect(await ask(postgres, COUNT)).toBe(1);
  });

  it('adopts a server whose process was killed', async () => {
    const orphan = await leaveOrphan();
    const postgres = await start();
    expect(postgres).toMatchObject({ adopted: true, pid: orphan });
    expect(await ask(postgres, COUNT)).toBe(1);
    await postgres.stop();
    expect(isAlive(orphan)).toBe(false);
  });

  it('moves an adopted server to the port it is told', async () => {
    await leaveOrphan();
    const port = await freePort();
    expect(await start({ port })).toMatchObject({ adopted: false, port });
  });

  it('is not held up by a lock file whose process is dead, or is another program by now', async () => {
    const { directory } = await start();
    const lockFile = join(directory, 'cluster', 'postmaster.pid');
    const text = await readFile(lockFile, 'utf8');
    const other = spawn('sleep', ['60']);
    for (const pid of [999_999_999, other.pid]) {
      await running?.stop();
      await writeFile(lockFile, text.replace(/^\d+/, String(pid)));
      expect(await ask(await start(), COUNT)).toBe(1);
    }
    other.kill();
  });

  it('names the port it was told to use when that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(start({ port })).rejects.toThrow(`Port ${port} of 127.0.0.1, meant for Postgres, is taken`);
    await expect(start({ port })).rejects.toHaveProperty('remedy', expect.stringContaining('another port'));
    server.close();
  });

  it('refuses a data directory that another living process looks after', async () => {
    await start();
    await expect(startPostgres({ dataDir })).rejects.toThrow(`already in use by process ${process.pid}`);
  });

  it('says what to do where it cannot make the data directory', async () => {
    await writeFile(join(parent, 'file'), '');
    const error = await startPostgres({ dataDir: join(parent, 'file', 'data') }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(SandboxError);
    expect(String(error)).toContain(join(parent, 'file'));
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
