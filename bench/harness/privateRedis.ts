import { execFile, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';

export interface PrivateRedis {
  port: number;
  pid: number;
  version: string;
  stop(): Promise<void>;
}

/** Starts a Redis of our own, its log synced every second, or says that the program is not there. */
export async function startPrivateRedis(
  program: string,
  directory: string,
): Promise<PrivateRedis | undefined> {
  const said = await promisify(execFile)(program, ['--version']).catch(() => undefined);
  if (!said) return undefined;
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--save', ''];
  const child = spawn(program, [...settings, '--appendonly', 'yes', '--appendfsync', 'everysec'], {
    stdio: 'ignore',
  });
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  await waitUntilReady(port);
  return {
    port,
    pid: child.pid ?? 0,
    version: /v=(\S+)/.exec(said.stdout)?.[1] ?? 'unknown',
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

async function waitUntilReady(port: number): Promise<void> {
  const redis = new Redis({ port, lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await redis.connect();
      break;
    } catch (error) {
      if (attempt === 100) throw error;
      await delay(50);
    }
  }
  redis.disconnect();
}
