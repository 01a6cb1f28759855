import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { z } from 'zod';
import { roster } from '../engines/roster.ts';
import { node22 } from './roleProcess.ts';

export interface Machine {
  cores: number;
  processor: string;
  memoryGb: number;
  kernel: string;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cores: all.length,
    processor: all[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: `${type()} ${release()}`,
  };
}

const packageSchema = z.object({ version: z.string() });

/** The versions of all that takes part, by name. */
export function readVersions(postgres: string, redis: string | undefined): Record<string, string> {
  const versions: Record<string, string> = {
    Node: process.versions.node,
    'Node for pg-boss 12': execFileSync(node22, ['--version'], { encoding: 'utf8' }).trim().slice(1),
    Postgres: postgres,
    pg: versionOf('pg'),
    ours: packageSchema.parse(
      JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')),
    ).version,
  };
  if (redis) versions['Redis'] = redis;
  for (const { name, packageName } of roster) if (packageName) versions[name] = versionOf(packageName);
  return versions;
}

function versionOf(packageName: string): string {
  const path = new URL(`../node_modules/${packageName}/package.json`, import.meta.url);
  return packageSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).version;
}
