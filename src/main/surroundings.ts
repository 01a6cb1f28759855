import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { parseEnv } from 'node:util';
import { CommandFailure } from '../cli/failure.ts';
import { exitCodes } from '../cli/exitCodes.ts';
import type { Surroundings } from './readConfig.ts';

/** The process's environment, and beneath it a file of variables if one is named. */
export function readSurroundings(envFile?: string): Surroundings {
  return {
    env: { ...(envFile === undefined ? {} : readEnvFile(envFile)), ...process.env },
    readFile: (path) => readFileSync(path, 'utf8'),
    now: new Date(),
    processName: () => `${hostname()}-${process.pid}-${randomBytes(2).toString('hex')}`,
  };
}

function readEnvFile(path: string): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new CommandFailure(`The file ${path} of --env cannot be read (${code}).`, {
      exitCode: exitCodes.usage,
      cause,
    });
  }
}
