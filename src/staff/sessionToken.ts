import { createHash } from 'node:crypto';
import type { Random } from '../ports/random.ts';

const form = /^[A-Za-z0-9_-]{43}$/;

/** What the browser holds: 32 random bytes. */
export const newSessionToken = (random: Pick<Random, 'bytes'>): string =>
  Buffer.from(random.bytes(32)).toString('base64url');

/** What we hold of it. Undefined for what cannot be a token of ours. */
export function hashOfSessionToken(token: string): Uint8Array | undefined {
  return form.test(token) ? createHash('sha256').update(token).digest() : undefined;
}
