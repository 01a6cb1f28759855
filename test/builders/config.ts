import type { Config } from '../../src/main/config.ts';
import { readConfig } from '../../src/main/readConfig.ts';
import { variableNames, variables } from '../../src/main/variables.ts';

/** A configuration made of the examples of all variables, mail by SMTP alone, with other values where they are given. */
export function buildConfig(changes: Record<string, string | undefined> = {}): Config {
  const examples = Object.fromEntries(variableNames.map((name) => [name, variables[name].example]));
  const reading = readConfig(
    {
      env: { ...examples, MAIL_PROVIDERS: 'smtp', ...changes },
      readFile: () => '',
      now: new Date('2026-11-22T12:00:00Z'),
      processName: () => 'test',
    },
    'doctor',
  );
  if (!reading.ok) throw new Error(reading.problems.join('\n'));
  return reading.config;
}
