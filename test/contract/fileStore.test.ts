import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { wireFiles } from '../../src/main/wireFiles.ts';
import { createLocalDiskStore } from '../../src/providers/localDisk/adapter.ts';
import { buildHttpServer } from '../builders/httpServer.ts';
import { createMemoryFileStore } from '../fakes/memoryFileStore.ts';
import { describeFileStore } from './fileStore.contract.ts';
import { describeSignedUrls } from './fileStore.signedUrls.ts';

describeFileStore('the store in memory', async () => ({
  store: createMemoryFileStore(),
  stop: async () => undefined,
}));

const signingKey = Buffer.from('k'.repeat(32));
const publicBaseUrl = 'https://shop.example';

async function onDisk() {
  const rootDirectory = await mkdtemp(path.join(os.tmpdir(), 'store-'));
  return {
    store: createLocalDiskStore({ rootDirectory, signingKey, publicBaseUrl }),
    stop: () => rm(rootDirectory, { recursive: true }),
  };
}

describeFileStore('the local disk', onDisk);

describeSignedUrls('the local disk', async () => {
  const { store, stop } = await onDisk();
  const nobody = () => Promise.reject(new Error('Nothing is made here.'));
  const { openSignedFile } = wireFiles({
    files: store,
    copies: { prepare: nobody, remake: nobody },
    shelf: { readStreamedCopy: async () => undefined },
    signingKey,
    clock: { now: () => new Date() },
  });
  const { server } = buildHttpServer({ openSignedFile, publicBaseUrl });
  return {
    store,
    fetch: async (url, headers) => {
      const answer = await server.inject({ url: url.replace(publicBaseUrl, ''), headers });
      const told = Object.entries(answer.headers).map(
        ([name, value]) => [name, String(value)] as [string, string],
      );
      return new Response(new Uint8Array(answer.rawPayload), { status: answer.statusCode, headers: told });
    },
    stop: async () => {
      await server.close();
      await stop();
    },
  };
});
