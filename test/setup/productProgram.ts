import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Tells the processes of one run where its program is: two runs side by side must not build over each other. */
const variable = 'DRILLED_PRODUCT';

/** The product as drills start it. */
export function productProgram(): string {
  const directory = process.env[variable];
  if (directory === undefined) throw new Error('The program of the drills has not been built.');
  return `${directory}/productProcess.js`;
}

/**
 * Builds the product as drills start it by the hundred: in one file, because compiling and finding its modules would
 * take each process longer than the drill. Resolves with how to remove it.
 */
export async function buildProductProgram(): Promise<() => Promise<void>> {
  // Two levels below the root, as the sources are: what they look for beside themselves is found.
  const builtDirectory = here(`../../.built/drills-${process.pid}`);
  process.env[variable] = builtDirectory;
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
  return () => rm(builtDirectory, { recursive: true, force: true });
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
