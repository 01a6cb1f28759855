import { createHash } from 'node:crypto';
import type { Finding } from '../../cli/duties.ts';
import { findingsOf } from './check.ts';

/** The first eight hex digits of SHA-256: enough to tell two secrets apart, and nothing to sign with. */
export const fingerprintOf = (secret: string): string =>
  createHash('sha256').update(secret).digest('hex').slice(0, 8);

/** Which signing secrets are in use, so that one can see how far the rolling of one is. */
export function judgeSecrets(secrets: readonly string[]): Finding[] {
  const { ok, note, warning } = findingsOf('stripe webhook secrets');
  const fingerprints = secrets.map(fingerprintOf);
  const shown = fingerprints.join(', ');
  if (new Set(fingerprints).size < fingerprints.length)
    return [warning(`the same secret stands there twice: ${shown}`, 'Leave one of them out.')];
  if (secrets.length <= 1) return [ok(`one, with fingerprint ${shown}`)];
  return [
    note(`${secrets.length} with fingerprints ${shown}`, 'Remove the old one once Stripe has let it expire.'),
  ];
}
