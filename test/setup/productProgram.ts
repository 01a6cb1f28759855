import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** Two levels below the root, as the sources are: what they look for beside themselves is found. */
const builtDirectory = here('../../.built/drills');

/**
 * The product as drills start it by the hundred: one file, built once, because compiling and finding its modules would
 * take each process longer than the drill.
 */
export const productProgram = `${builtDirectory}/productProcess.js`;

export async function buildProductProgram(): Promise<void> {
  await rm(builtDirectory, { recursive: true, force: true });
  await build({
    entryPoints: {
      productProcess: here('../drills/world/productProcess.ts'),
      leaseThread: here('../../src/store/leases/leaseThread.ts'),
    },
    outdir: builtDirectory,
    bundle: true,
    splitting: true,
    // They read files that lie beside them.
    external: ['fontkit', 'pdfkit'],
    banner: { js: commonJsNames },
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });
}

/** What packages written as CommonJS expect to find. */
const commonJsNames = `
  import { createRequire as __requireFrom } from 'node:module';
  import { dirname as __directoryOf } from 'node:path';
  import { fileURLToPath as __pathOf } from 'node:url';
  const require = __requireFrom(import.meta.url);
  const __filename = __pathOf(import.meta.url);
  const __dirname = __directoryOf(__filename);`;

/** For vitest: before the drills. */
export const setup = buildProductProgram;
