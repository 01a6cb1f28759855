import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The folder that is installed beside Prometheus, Alertmanager and Grafana. */
export const monitoring = join(dirname(fileURLToPath(import.meta.url)), '../../monitoring');

const programs = ['prometheus', 'promtool', 'prometheus-alertmanager', 'amtool'];

const isThere = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

/** What a title says where Debian's packages are not installed; empty where they are. */
export const missing = programs.every(isThere) ? '' : ' (skipped: no Prometheus here)';

const run = promisify(execFile);

/** Runs a program to its end. Its output is in the error when it fails. */
export async function runTool(program: string, args: readonly string[], cwd = monitoring): Promise<string> {
  try {
    const { stdout, stderr } = await run(program, args, {
      cwd,
      timeout: 100_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout ?? ''}${stderr ?? ''}`.slice(0, 20_000), {
      cause: error,
    });
  }
}

/** A folder of one's own with some files in it, for as long as `use` takes. */
export async function withFiles<Result>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'monitoring-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
