import { writeFileSync } from 'node:fs';
import { serveIsolatedTask } from '../../src/copies/isolatedTask.ts';

/** Tasks that behave badly, for a child process of their own. */
await serveIsolatedTask({
  echo: () => Promise.resolve((input) => Promise.resolve({ input, environment: Object.keys(process.env) })),
  throw: () => Promise.resolve(() => Promise.reject(new TypeError('Chapter one: a secret.'))),
  exit: () => Promise.resolve(() => process.exit(0)),
  die: () =>
    Promise.resolve(() => {
      process.kill(process.pid, 'SIGKILL');
      return new Promise(() => undefined);
    }),
  spin: () =>
    Promise.resolve(() => {
      for (;;);
    }),
  /** Tells its number in a file, and computes on. */
  tellAndSpin: () =>
    Promise.resolve((file) => {
      writeFileSync(String(file), String(process.pid));
      for (;;);
    }),
  wait: () =>
    Promise.resolve(async () => {
      await new Promise((resolve) => setTimeout(resolve, 600_000));
    }),
  swell: () =>
    Promise.resolve(async () => {
      const held: Buffer[] = [];
      for (;;) {
        held.push(Buffer.alloc(4 * 1024 * 1024, held.length));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }),
  linger: () =>
    Promise.resolve(() => {
      setInterval(() => undefined, 1_000);
      return Promise.resolve('done');
    }),
});
