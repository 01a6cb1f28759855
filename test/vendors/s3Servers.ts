import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createTcpServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createEmulator } from 'emulate';
import S3rver from 's3rver';
import { quietPort } from '../../src/sandbox/quietPort.ts';

/** Somebody else's S3, with one empty bucket. */
export interface S3Server {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  bucket: string;
  stop(): Promise<void>;
}

const bucket = 'books';

/**
 * s3rver (npm): objects on disk. It knows neither checksums nor conditions: what it is sent under a taken key it
 * overwrites.
 */
export async function startS3rver(): Promise<S3Server> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 's3rver-'));
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  const { port } = await server.run();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    accessKeyId: 'S3RVER',
    secretAccessKey: 'S3RVER',
    bucket,
    stop: async () => {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Vercel's emulator of S3 (npm `emulate`): objects in memory, no checksums. */
export async function startEmulatedS3(): Promise<S3Server> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const emulator = await createEmulator({
    service: 'aws',
    port,
    baseUrl: endpoint,
    seed: { aws: { s3: { buckets: [{ name: bucket }] } } },
  });
  await listening(endpoint);
  return {
    endpoint,
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    bucket,
    stop: () => emulator.close(),
  };
}

async function listening(endpoint: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (
      await fetch(endpoint).then(
        () => true,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('The emulator of S3 does not listen.');
}

/** The emulator takes no 0 for a port, and a taken one would end the process. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = quietPort();
    const probe = createTcpServer();
    const free = await new Promise<boolean>((told) => {
      probe.once('error', () => told(false));
      probe.listen(port, () => told(true));
    });
    if (free) await new Promise((closed) => probe.close(closed));
    if (free) return port;
  }
}
