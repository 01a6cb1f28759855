import { runIsolated } from '../../src/copies/isolated.ts';

/** A program of its own that has a child work for it, which tells its number in the file that is named. */
await runIsolated(
  {
    task: 'tellAndSpin',
    input: process.argv[2],
    limits: { memoryBytes: 512 * 1024 * 1024, cpuSeconds: 60, wallMs: 60_000 },
    program: new URL('./isolatedTasks.ts', import.meta.url),
  },
  new AbortController().signal,
);
