import { createHash } from 'node:crypto';
import { configurationCheck } from '../../cli/doctor.ts';
import type { Finding } from '../../cli/duties.ts';
import type { ConfigReading } from '../readConfig.ts';
import { findingsOf } from './check.ts';

/** What the reading of the environment found. Secrets are shown by fingerprint alone. */
export function judgeConfiguration(reading: ConfigReading): Finding[] {
  const { ok, warning, failed } = findingsOf(configurationCheck);
  const warnings = reading.warnings.map((text) => warning(text));
  if (!reading.ok) return [...reading.problems.map((text) => failed(text)), ...warnings];
  const prints = Array.from(reading.secrets, ([name, text]) => `${name} ${fingerprint(text)}`);
  return [ok(`valid; fingerprints of secrets: ${prints.join(', ')}`), ...warnings];
}

/** Enough to tell two secrets apart, far too little to guess one. */
function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 4);
}
