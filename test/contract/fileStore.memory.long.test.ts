import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** Puts 200 MB into a store and reads them back, in a process of its own that tells how much it grew. */
function transferred(store: string): Promise<{ grownMb: number; sha256: string; expected: string }> {
  const program = fileURLToPath(new URL('../builders/transferProcess.ts', import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', program, store], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('exit', (code) =>
      code === 0 ? resolve(JSON.parse(said) as never) : reject(new Error(`It ended with ${code}.`)),
    );
  });
}

describe('a file of 200 MB', () => {
  it.each(['localDisk', 's3', 'supabase'])(
    'goes through %s and back without being held in memory',
    async (store) => {
      const { grownMb, sha256, expected } = await transferred(store);
      expect(sha256).toBe(expected);
      expect(grownMb).toBeLessThan(64);
    },
  );
});
