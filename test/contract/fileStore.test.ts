import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createLocalDiskStore } from '../../src/providers/localDisk/adapter.ts';
import { createMemoryFileStore } from '../fakes/memoryFileStore.ts';
import { describeFileStore } from './fileStore.contract.ts';

describeFileStore('the store in memory', async () => ({
  store: createMemoryFileStore(),
  stop: async () => undefined,
}));

describeFileStore('the local disk', async () => {
  const rootDirectory = await mkdtemp(path.join(os.tmpdir(), 'store-'));
  return {
    store: createLocalDiskStore({
      rootDirectory,
      signingKey: 'k'.repeat(32),
      publicBaseUrl: 'https://shop.example',
    }),
    stop: () => rm(rootDirectory, { recursive: true }),
  };
});
